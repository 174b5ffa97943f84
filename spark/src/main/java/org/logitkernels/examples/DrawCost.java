package org.logitkernels.examples;

import java.util.SplittableRandom;
import org.apache.spark.api.java.function.Function;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Draws tokens from rows of its own, and tells how long that took: a task that only samples. */
final class DrawCost implements Function<Integer, Long> {
  private static final long serialVersionUID = 1;

  private static final int VOCABULARY = 128_256;
  private static final int ROWS = 16; // in turn: more than a core's own cache holds

  private final SamplerChain chain;
  private final int tokens;
  private final ExecutorKernels kernels;

  DrawCost(SamplerChain chain, int tokens, ExecutorKernels kernels) {
    this.chain = chain;
    this.tokens = tokens;
    this.kernels = kernels;
  }

  /** The nanoseconds of all draws of a task, which has positions of its own. */
  @Override
  public Long call(Integer task) {
    Sampler sampler = chain.newSampler(VOCABULARY, 42, kernels.best());
    SplittableRandom random = new SplittableRandom(7);
    float[] rows = new float[ROWS * VOCABULARY];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian(0, 3);
    }
    long start = System.nanoTime();
    sampler.position((long) task * tokens);
    for (int i = 0; i < tokens; i++) {
      int row = i % ROWS * VOCABULARY;
      sampler.sample(rows, row, row + VOCABULARY);
    }
    return System.nanoTime() - start;
  }
}
