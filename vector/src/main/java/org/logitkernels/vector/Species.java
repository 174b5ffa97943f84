package org.logitkernels.vector;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The species of all vectors: the widest shape that the machine prefers, up to 512 bits. */
final class Species {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /**
   * Whether an instruction or two can pack the lanes that a mask selects. Elsewhere that would
   * allocate.
   */
  static final boolean COMPRESSES =
      FLOATS.length() >= 8 && System.getProperty("os.arch", "").matches("amd64|x86_64");

  /** The byte order of native memory. */
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Species() {}
}
