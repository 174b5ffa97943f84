package org.logitkernels;

import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.NarrowFormat;

/** How the logits of a row are stored, each in the machine's byte order. */
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
