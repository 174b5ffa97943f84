package org.logitkernels.vector;

import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.BackendProvider;
import org.logitkernels.spi.BackendUnavailableException;
import org.logitkernels.spi.HotSpot;
import org.logitkernels.spi.Launch;

/**
 * Offers the vector backend where the backend would be fast. Touches no incubator class before the
 * module is known to be there.
 */
public final class VectorProvider implements BackendProvider {
  /** For the service loader. */
  public VectorProvider() {}

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public void check() throws BackendUnavailableException {
    if (ModuleLayer.boot().findModule(Launch.INCUBATOR).isEmpty()) {
      throw Launch.withoutIncubator();
    }
    require(HotSpot.obviousObstacle());
  }

  @Override
  public Backend open(Backend scalar) throws BackendUnavailableException {
    check();
    require(HotSpot.obstacle());
    if (!HotSpot.hasFusedMultiplyAdd()) {
      throw new BackendUnavailableException(
          "this JVM has no hardware for fused multiply-adds (FMA)",
          "use a processor with FMA (x86 since 2013, every AArch64), and remove -XX:-UseFMA and -XX:UseAVX=0");
    }
    int bits = Species.FLOATS.vectorBitSize();
    if (bits < 128) {
      throw new BackendUnavailableException(
          "the widest vectors of this JVM have " + bits + " bits, where 128 are needed",
          "use a processor with 128-bit vectors, and remove -XX:MaxVectorSize below 16");
    }
    return new VectorKernels(scalar);
  }

  private static void require(@Nullable String obstacle) throws BackendUnavailableException {
    if (obstacle != null) {
      throw new BackendUnavailableException(
          "this JVM " + obstacle + ", so vectors are slower than scalars in it",
          HotSpot.remedy(obstacle));
    }
  }
}
