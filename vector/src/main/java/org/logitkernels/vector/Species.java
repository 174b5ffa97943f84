package org.logitkernels.vector;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The vectors' shape: the widest that the machine prefers, up to 512 bits. */
final class Species {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /**
   * Whether lanes can be packed by a mask in an instruction or two. Elsewhere that would allocate.
   */
  static final boolean COMPRESSES =
      FLOATS.length() >= 8 && System.getProperty("os.arch", "").matches("amd64|x86_64");

  /** In which native memory is read and written. */
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Species() {}
}
