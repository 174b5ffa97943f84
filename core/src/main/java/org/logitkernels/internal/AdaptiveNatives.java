package org.logitkernels.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Kernels over native memory that copy each row at first, and read it in place later. */
public final class AdaptiveNatives extends AdaptiveKernels<NativeFloats, NativeKernels>
    implements NativeKernels {
  /** Begins with copies for everything. */
  public AdaptiveNatives(Backend backend) {
    super(new CopyingKernels(backend));
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
  NativeFloats place(float[] row) {
    MemorySegment segment = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row);
    NativeFloats place = new NativeFloats();
    place.at(segment, 0);
    return place;
  }

  @Override
  public @Nullable PartKernels<NativeFloats> parts() {
    return serving(Kernel.PARTS).parts();
  }

  @Override
  public void softmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors) {
    serving(Kernel.SOFTMAX).softmax(x, from, to, temperature, y, survivors);
  }

  @Override
  public void logSoftmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors) {
    serving(Kernel.LOG_SOFTMAX).logSoftmax(x, from, to, temperature, y, survivors);
  }
}
