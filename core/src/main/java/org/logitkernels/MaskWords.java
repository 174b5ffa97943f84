package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Masks of allowed tokens as engines have them, copied to words of 64 bits.
 *
 * <p>Every method fills all words: what lies behind the mask's end is not allowed.
 */
final class MaskWords {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MaskWords() {}

  /** Words for so many tokens. */
  static int count(int tokens) {
    return (int) ((tokens + (Long.SIZE - 1L)) / Long.SIZE);
  }

  static void copy(long[] mask, int from, int length, long[] words) {
    Objects.checkFromIndexSize(from, length, mask.length);
    int whole = Math.min(length, words.length);
    System.arraycopy(mask, from, words, 0, whole);
    Arrays.fill(words, whole, words.length, 0);
  }

  static void copy(int[] mask, int from, int length, long[] words) {
    Objects.checkFromIndexSize(from, length, mask.length);
    int whole = Math.min(length / 2, words.length);
    for (int i = 0; i < whole; i++) {
      words[i] = join(mask[from + 2 * i], mask[from + 2 * i + 1]);
    }
    Arrays.fill(words, whole, words.length, 0);
    if (whole < words.length && length % 2 == 1) {
      words[whole] = join(mask[from + length - 1], 0);
    }
  }

  private static long join(int low, int high) {
    return Integer.toUnsignedLong(low) | (long) high << Integer.SIZE;
  }

  static void copy(LongBuffer mask, long[] words) {
    int whole = Math.min(mask.remaining(), words.length);
    mask.get(mask.position(), words, 0, whole);
    Arrays.fill(words, whole, words.length, 0);
  }

  static void copy(IntBuffer mask, long[] words) {
    int from = mask.position();
    int length = mask.remaining();
    for (int i = 0; i < words.length; i++) {
      int low = 2 * i < length ? mask.get(from + 2 * i) : 0;
      int high = 2 * i + 1 < length ? mask.get(from + 2 * i + 1) : 0;
      words[i] = join(low, high);
    }
  }

  static void copy(MemorySegment mask, long offset, long bytes, long[] words) {
    Objects.checkFromIndexSize(offset, bytes, mask.byteSize());
    int whole = (int) Math.min(bytes / Long.BYTES, words.length);
    MemorySegment.copy(mask, LONG, offset, words, 0, whole);
    Arrays.fill(words, whole, words.length, 0);
    if (whole < words.length) {
      for (long i = (long) whole * Long.BYTES; i < bytes; i++) {
        words[whole] |= (mask.get(ValueLayout.JAVA_BYTE, offset + i) & 0xffL) << 8 * i;
      }
    }
  }
}
