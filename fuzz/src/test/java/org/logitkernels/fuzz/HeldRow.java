package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.logitkernels.ElementType;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;

/**
 * The same logits as an array and in another place: of any type, at any alignment, with NaN before
 * and behind them.
 *
 * @param logits an array of these alone, widened
 * @param array holds them from an offset on
 * @param from the offset
 * @param segment holds them in the other place
 * @param offset in bytes, from where on
 * @param type how they are stored there
 * @param buffer the other place as a buffer, if it is one
 */
record HeldRow(
    float[] logits,
    float[] array,
    int from,
    MemorySegment segment,
    long offset,
    ElementType type,
    @Nullable FloatBuffer buffer) {

  /** Room for the longest row, anywhere in it: allocating anew would cost more than the kernels. */
  private static final MemorySegment NATIVE = Arena.global().allocate(1 << 16, 64);

  /** Puts a row somewhere. */
  static HeldRow of(float[] x, Cases cases) {
    ElementType type = type(cases);
    float[] logits = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      logits[i] = widened(x[i], type);
    }
    int from = cases.between(0, 20);
    float[] array = new float[from + x.length + cases.between(0, 20)];
    Arrays.fill(array, Float.NaN);
    System.arraycopy(logits, 0, array, from, x.length);

    int before = cases.between(0, 70);
    int after = cases.between(0, 70);
    int size = before + x.length * type.bytes() + after;
    MemorySegment memory =
        switch (cases.between(0, 5)) {
          case 0 -> MemorySegment.ofArray(new float[size / 4 + 1]);
          case 1 -> MemorySegment.ofArray(new byte[size]);
          case 2 -> MemorySegment.ofArray(new long[size / 8 + 1]);
          default -> NATIVE.asSlice(cases.between(0, 70), size);
        };
    memory.fill((byte) -1);
    for (int i = 0; i < x.length; i++) {
      put(memory, before, type, i, logits[i]);
    }
    FloatBuffer buffer = null;
    if (type == ElementType.FLOAT32 && cases.oneIn(3)) {
      buffer = buffer(memory, before, x.length, cases);
    }
    return new HeldRow(
        logits, array, from, cases.oneIn(8) ? memory.asReadOnly() : memory, before, type, buffer);
  }

  /** A direct buffer, or where the memory is no such, one of the array's kind. */
  private static FloatBuffer buffer(MemorySegment memory, int before, int length, Cases cases) {
    FloatBuffer whole;
    int first;
    if (memory.heapBase().isPresent()) {
      float[] floats = new float[length + before];
      Arrays.fill(floats, Float.NaN);
      MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, before, floats, before, length);
      whole = FloatBuffer.wrap(floats);
      first = before;
    } else {
      whole =
          memory.asSlice(before % 4).asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
      first = before / 4;
    }
    whole.position(first).limit(first + length);
    FloatBuffer buffer = cases.oneIn(2) ? whole.slice() : whole;
    return cases.oneIn(4) ? buffer.asReadOnlyBuffer() : buffer;
  }

  /** How numbers are stored, mostly as floats. */
  static ElementType type(Cases cases) {
    return switch (cases.between(0, 3)) {
      case 0 -> ElementType.FLOAT16;
      case 1 -> ElementType.BFLOAT16;
      default -> ElementType.FLOAT32;
    };
  }

  /** Stores a number that the type can hold. */
  static void put(MemorySegment memory, long offset, ElementType type, int index, float number) {
    long at = offset + (long) index * type.bytes();
    switch (type) {
      case FLOAT32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, number);
      case FLOAT16 ->
          memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(number));
      case BFLOAT16 ->
          memory.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at,
              (short) (Float.floatToRawIntBits(number) >>> 16));
    }
  }

  /** A number that is stored. */
  static float get(MemorySegment memory, ElementType type, int index) {
    long at = (long) index * type.bytes();
    return switch (type) {
      case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
      case FLOAT16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
      case BFLOAT16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) << 16);
    };
  }

  /** The nearest that the type can hold; of what is finite, finite. */
  static float widened(float x, ElementType type) {
    return switch (type) {
      case FLOAT32 -> x;
      case FLOAT16 ->
          Float.isFinite(x)
              ? Float.float16ToFloat(Float.floatToFloat16(Math.clamp(x, -65504f, 65504f)))
              : Float.float16ToFloat(Float.floatToFloat16(x));
      case BFLOAT16 -> Float.intBitsToFloat(Float.floatToRawIntBits(x) & 0xffff0000);
    };
  }

  int length() {
    return logits.length;
  }

  int to() {
    return from + logits.length;
  }

  /** Whether a kernel takes it: no NaN, no +Infinity, and not all masked. */
  boolean isValid() {
    return !hasIllegal() && !isMasked();
  }

  boolean hasIllegal() {
    return firstIllegal() >= 0;
  }

  int firstIllegal() {
    for (int i = 0; i < logits.length; i++) {
      if (!(logits[i] < Float.POSITIVE_INFINITY)) {
        return i;
      }
    }
    return -1;
  }

  boolean isMasked() {
    for (float x : logits) {
      if (x != Float.NEGATIVE_INFINITY) {
        return false;
      }
    }
    return true;
  }

  /** Where it lies: in the buffer, if there is one. */
  Logits held() {
    FloatBuffer held = buffer;
    return held != null ? Logits.of(held) : Logits.of(segment, offset, logits.length, type);
  }

  /** Draws from it where it lies. */
  int sample(Sampler sampler, double u) {
    FloatBuffer held = buffer;
    return held != null
        ? sampler.sample(held, u)
        : sampler.sample(segment, offset, logits.length, type, u);
  }

  /** Nothing was written, neither to the row nor around it. */
  void assertUntouched() {
    for (int i = 0; i < array.length; i++) {
      boolean inside = i >= from && i < to();
      int expected = Float.floatToRawIntBits(inside ? logits[i - from] : Float.NaN);
      assertEquals(expected, Float.floatToRawIntBits(array[i]), "the array");
    }
    for (int i = 0; i < logits.length; i++) {
      assertTrue(holds(i), "the segment");
    }
    assertAround(0, offset);
    assertAround(offset + (long) logits.length * type.bytes(), segment.byteSize());
    FloatBuffer held = buffer;
    if (held != null) {
      assertEquals(logits.length, held.remaining());
      for (int i = 0; i < logits.length; i++) {
        int bits = Float.floatToRawIntBits(held.get(held.position() + i));
        assertEquals(Float.floatToRawIntBits(logits[i]), bits, "the buffer");
      }
    }
  }

  private boolean holds(int i) {
    long at = offset + (long) i * type.bytes();
    return switch (type) {
      case FLOAT32 ->
          segment.get(ValueLayout.JAVA_INT_UNALIGNED, at) == Float.floatToRawIntBits(logits[i]);
      case FLOAT16 ->
          segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) == Float.floatToFloat16(logits[i]);
      case BFLOAT16 ->
          segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)
              == (short) (Float.floatToRawIntBits(logits[i]) >>> 16);
    };
  }

  private void assertAround(long begin, long end) {
    for (long i = begin; i < end; i++) {
      assertEquals(-1, segment.get(ValueLayout.JAVA_BYTE, i), "beside the row");
    }
  }
}
