package org.logitkernels;

import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.NarrowFormat;

/**
 * How the logits of a row are stored, each in the machine's byte order.
 *
 * {@snippet lang=java :
 * short[] halves = {Float.floatToFloat16(1.5f), Float.floatToFloat16(2.5f)};
 * MemorySegment row = MemorySegment.ofArray(halves);
 * Sampler sampler = SamplerChain.greedy().newSampler(2, 42);
 * System.out.println(sampler.next(row, 0, 2, ElementType.FLOAT16));
 * // 1
 * System.out.println(2 * ElementType.FLOAT16.bytes());
 * // 4
 * }
 */
public enum ElementType {
  /** IEEE 754 binary32, a {@code float}. */
  FLOAT32(Float.BYTES),

  /** IEEE 754 binary16; widened exactly. */
  FLOAT16(Short.BYTES),

  /** The upper half of a binary32; widened exactly. */
  BFLOAT16(Short.BYTES);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** {@return the size of a logit in bytes} */
  public int bytes() {
    return bytes;
  }

  /** The format of numbers that are widened; null for floats, which are read as they are. */
  @Nullable NarrowFormat narrow() {
    return switch (this) {
      case FLOAT32 -> null;
      case FLOAT16 -> NarrowFormat.BINARY16;
      case BFLOAT16 -> NarrowFormat.BFLOAT16;
    };
  }
}
