package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.LSHL;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.spi.HotSpot;

/** The species of all vectors: the widest shape that the machine prefers, up to 512 bits. */
final class Species {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > 512
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /**
   * Whether the compiler is Graal. Kernels take the form that is fast there: the bits are equal.
   */
  static final boolean GRAAL = HotSpot.isGraal();

  /**
   * Whether an instruction or two can pack the lanes that a mask selects, and the compiler knows
   * them. Graal does not. Elsewhere that would allocate.
   */
  static final boolean COMPRESSES =
      FLOATS.length() >= 8 && System.getProperty("os.arch", "").matches("amd64|x86_64") && !GRAAL;

  /** Whether an instruction makes a vector's mask of a long. Elsewhere bits are tested. */
  static final boolean MASKS_OF_LONGS = COMPRESSES && FLOATS.length() == 16;

  /** In each lane its own number. */
  static final IntVector LANES = IntVector.zero(INTS).addIndex(1);

  /** In each lane its own bit. */
  static final IntVector BITS = IntVector.broadcast(INTS, 1).lanewise(LSHL, LANES);

  /** The byte order of native memory. */
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  // To the compiler, a vector that a loop carries has the type of all widths. It binds a call on
  // that vector by the type profile of the JDK's own method. Where the profile is empty, the call
  // stays a call for good, and every vector that it takes is an object. So loops call methods of
  // what they have just loaded or computed. What comes out of a loop is first an argument of one
  // of these constants.

  /** A maximum with it changes nothing. */
  static final IntVector LOWEST = IntVector.broadcast(INTS, Integer.MIN_VALUE);

  /** A minimum with it changes nothing. */
  static final IntVector HIGHEST = IntVector.broadcast(INTS, Integer.MAX_VALUE);

  private Species() {}
}
