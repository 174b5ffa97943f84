package org.logitkernels.adaptive;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/** Kernels over native memory that copy each row at first, and read it in place later. */
public final class AdaptiveNatives extends AdaptiveKernels<SegmentAddress, NativeKernels>
    implements NativeKernels {
  private final NativeKernels scalar;

  /** Begins with copies for everything. */
  public AdaptiveNatives(AdaptiveBackend backend) {
    super(new CopyingKernels(backend));
    scalar = new CopyingKernels(backend.scalar());
  }

  /**
   * Not the kernels that answer first. Behind their copies there may be vectors, which are nearly
   * as fast as those of native memory. Where times are noisy, they may seem faster.
   */
  @Override
  NativeKernels scalar() {
    return scalar;
  }

  @Override
  int count() {
    return Kernel.OF_ROWS;
  }

  @Override
  String nameOf(Kernel kernel) {
    return kernel.label + " from native memory";
  }

  @Override
  SegmentAddress place(float[] row) {
    MemorySegment segment = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row);
    SegmentAddress place = new SegmentAddress();
    place.at(segment, 0);
    return place;
  }

  @Override
  public @Nullable SharedRowKernels<SegmentAddress> parts() {
    return serving(Kernel.PARTS).parts();
  }

  @Override
  public void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    serving(Kernel.SOFTMAX, to - from).softmax(x, from, to, temperature, y, survivors);
  }

  @Override
  public void logSoftmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    serving(Kernel.LOG_SOFTMAX, to - from).logSoftmax(x, from, to, temperature, y, survivors);
  }
}
