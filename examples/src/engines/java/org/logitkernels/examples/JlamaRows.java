package org.logitkernels.examples;

import com.github.tjake.jlama.tensor.AbstractTensor;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;

/** Rows of logits in tensors of Jlama, which keep them outside the heap. */
final class JlamaRows {
  private JlamaRows() {}

  /** Draws a token from a row of a tensor of shape [rows, vocabulary]. */
  // docs/engines.md: jlama
  static int sample(Sampler sampler, AbstractTensor<?, ?> logits, int row) {
    ElementType type =
        switch (logits.dType()) {
          case F32 -> ElementType.FLOAT32;
          case F16 -> ElementType.FLOAT16;
          case BF16 -> ElementType.BFLOAT16;
          default -> throw new IllegalArgumentException("no type of logits: " + logits.dType());
        };
    return sampler.sample(
        logits.getMemorySegment(),
        logits.getMemorySegmentOffset(logits.getOffset(row, 0)),
        logits.shape().last(),
        type);
  }
  // docs/engines.md: end
}
