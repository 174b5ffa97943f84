package org.logitkernels.adaptive;

import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/**
 * Kernels over native memory until a backend's own are warm, and those that these are compared
 * with: each row is copied to the heap.
 */
final class CopyingKernels extends ForwardingKernels<SegmentAddress, float[]>
    implements NativeKernels {
  private final Backend backend;

  /** With the kernels of a backend. */
  CopyingKernels(Backend backend) {
    this.backend = backend;
  }

  @Override
  RowKernels<float[]> serving(Kernel kernel, long length) {
    return backend;
  }

  @Override
  float[] row(SegmentAddress x, int to) {
    return x.onHeap(to);
  }

  @Override
  public void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    float[] row = row(x, to);
    backend.softmax(row, from, to, temperature, row, from);
    y.put(row, 0, 0, to);
  }

  @Override
  public void logSoftmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    float[] row = row(x, to);
    backend.logSoftmax(row, from, to, temperature, row, from);
    y.put(row, 0, 0, to);
  }
}
