package org.logitkernels.spi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What vector loops rely on of every format, and the scalar code. */
class NarrowFloatsTest {
  private static final float[] ROW = {1, 3, Float.NEGATIVE_INFINITY, 3, -0.5f, 2};

  private static NarrowFloats row(NarrowFormat format, float... values) {
    NarrowFloats x = new NarrowFloats();
    x.at(MemorySegment.ofArray(new byte[3 + format.bytes() * values.length]), 3, format);
    for (int i = 0; i < values.length; i++) {
      x.set(i, values[i]);
    }
    return x;
  }

  @ParameterizedTest
  @EnumSource
  void everyNumberComesBack(NarrowFormat format) {
    NarrowFloats x = row(format, 0);
    int half = 1 << format.bytes() * Byte.SIZE - 1;
    for (int bits = -half; bits < half; bits++) {
      float value = format.widen(bits);
      if (!Float.isNaN(value)) {
        assertEquals(
            bits,
            format.narrow(value) << -Byte.SIZE * format.bytes() >> -Byte.SIZE * format.bytes());
        x.set(0, value);
        assertEquals(bits, format.read(x.segment, x.base, 0), "its sign extended");
        assertEquals(Float.floatToRawIntBits(value), Float.floatToRawIntBits(x.get(0)));
      }
    }
  }

  /** NaN has the greatest bits of either sign. */
  @ParameterizedTest
  @EnumSource
  void bitsHaveTheOrderOfTheBitsOfFloats(NarrowFormat format) {
    int half = 1 << format.bytes() * Byte.SIZE - 1;
    for (int bits = -half + 1; bits < half; bits++) {
      int before = Float.floatToRawIntBits(format.widen(bits - 1));
      int its = Float.floatToRawIntBits(format.widen(bits));
      boolean bothNan = Float.isNaN(format.widen(bits - 1)) && Float.isNaN(format.widen(bits));
      assertTrue(bothNan || before < its, () -> format + " " + its);
    }
    assertEquals(0, Float.floatToRawIntBits(format.widen(0)));
    assertEquals(-0f, format.widen(-half));
  }

  @ParameterizedTest
  @EnumSource
  void rowsAreReadAsTheFloatsTheyAre(NarrowFormat format) {
    NarrowFloats x = row(format, ROW);
    assertEquals(ROW.length, x.length());
    float[] floats = {9, 9, 9, 9, 9};
    x.widen(3, 6, floats, 1);
    assertArrayEquals(new float[] {9, 3, -0.5f, 2, 9}, floats);
    assertEquals(1, x.argMax(ROW.length));
    assertEquals(0, x.argMax(1));
    assertEquals(1, x.first(0, 6, 3));
    assertEquals(3, x.first(2, 6, 3));
    assertEquals(4, x.first(2, 5, 7), "the last, if none has the value");
  }

  @ParameterizedTest
  @EnumSource
  void nanIsFound(NarrowFormat format) {
    NarrowFloats x = row(format, ROW);
    x.set(4, Float.NaN);
    assertEquals("logit 4 is NaN", x.invalid(ROW.length).getMessage());
    String message =
        assertThrows(IllegalArgumentException.class, () -> x.argMax(ROW.length)).getMessage();
    assertEquals("logit 4 is NaN", message);
    assertEquals(1, x.argMax(4));
  }

  @ParameterizedTest
  @EnumSource
  void infinitiesAreFoundWhereThereAreSome(NarrowFormat format) {
    NarrowFloats x = row(format, ROW);
    x.set(4, Float.POSITIVE_INFINITY);
    if (x.get(4) == Float.POSITIVE_INFINITY) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> x.argMax(ROW.length)).getMessage();
      assertEquals("logit 4 is Infinity", message);
    }
    NarrowFloats masked = row(format, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    if (masked.get(0) == Float.NEGATIVE_INFINITY) {
      assertThrows(IllegalStateException.class, () -> masked.argMax(2));
    }
  }
}
