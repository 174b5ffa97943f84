package org.logitkernels.spi;

/** Kernels over native memory for a backend without any: each row is copied to the heap first. */
public final class CopyingKernels implements NativeKernels {
  private final Backend backend;

  /** With the kernels of a backend. */
  public CopyingKernels(Backend backend) {
    this.backend = backend;
  }

  @Override
  public int argMax(SegmentAddress x, int from, int to) {
    return backend.argMax(x.onHeap(to), from, to);
  }

  @Override
  public double logSumExp(SegmentAddress x, int from, int to, double temperature) {
    return backend.logSumExp(x.onHeap(to), from, to, temperature);
  }

  @Override
  public void softmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    backend.softmax(x.onHeap(to), from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    backend.logSoftmax(x.onHeap(to), from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(SegmentAddress x, int from, int to, int k, Survivors survivors) {
    backend.topK(x.onHeap(to), from, to, k, survivors);
  }

  @Override
  public void topP(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      float p,
      boolean summed,
      Survivors survivors) {
    backend.topP(x.onHeap(to), from, to, temperature, p, summed, survivors);
  }

  @Override
  public void minP(SegmentAddress x, int from, int to, float threshold, Survivors survivors) {
    backend.minP(x.onHeap(to), from, to, threshold, survivors);
  }

  @Override
  public void sums(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    backend.sums(x.onHeap(to), from, to, temperature, survivors);
  }

  @Override
  public void entropy(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    backend.entropy(x.onHeap(to), from, to, temperature, survivors);
  }

  @Override
  public void moments(SegmentAddress x, int from, int to, Survivors survivors) {
    backend.moments(x.onHeap(to), from, to, survivors);
  }

  @Override
  public void collect(SegmentAddress x, int from, int to, float threshold, Survivors survivors) {
    backend.collect(x.onHeap(to), from, to, threshold, survivors);
  }

  @Override
  public void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    float[] onHeap = x.onHeap(to);
    backend.softmax(onHeap, from, to, temperature, onHeap, from);
    y.put(onHeap, 0, 0, to);
  }

  @Override
  public void logSoftmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    float[] onHeap = x.onHeap(to);
    backend.logSoftmax(onHeap, from, to, temperature, onHeap, from);
    y.put(onHeap, 0, 0, to);
  }
}
