package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;

/** Where a row lies, and what is said of places that are none. */
class LogitsTest {
  private static final float[] ROW = {1, 5, 3, 2};

  private static FloatBuffer direct(float... values) {
    return ByteBuffer.allocateDirect(4 * values.length)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(0, values);
  }

  /** The example of the Javadoc. */
  @Test
  void oneHandleForARowAfterAnother() {
    Sampler sampler = SamplerChain.greedy().newSampler(4, 1, Kernels.scalar());
    MemorySegment memory = MemorySegment.ofArray(new short[8]);
    for (int i = 0; i < 8; i++) {
      memory.set(ValueLayout.JAVA_SHORT, 2L * i, Float.floatToFloat16(i == 2 || i == 7 ? 1 : 0));
    }
    int vocabulary = 4;
    int bytesOfARow = 8;
    Logits row = Logits.of(memory, 0, vocabulary, ElementType.FLOAT16);
    int token = sampler.next(row);
    assertEquals(2, token);
    token = sampler.next(row.at(memory, bytesOfARow, vocabulary, ElementType.FLOAT16));
    assertEquals(3, token);
  }

  /** The example of the kernels. */
  @Test
  void kernelsTakeIt() {
    Kernels kernels = Kernels.scalar();
    Workspace workspace = Workspace.of(4);
    FloatBuffer buffer = direct(ROW);
    Logits row = Logits.of(buffer);
    int best = kernels.argMax(row, workspace);
    double logProbability = kernels.logProbability(row, 1, best, workspace);
    assertEquals(1, best);
    assertEquals(kernels.logProbability(ROW, 0, 4, 1, 1), logProbability);
  }

  @Test
  void rowsAreReadAsTheyThenAre() {
    float[] x = ROW.clone();
    Logits row = Logits.of(x, 1, 3);
    assertEquals(2, row.length());
    assertEquals(ElementType.FLOAT32, row.type());
    assertEquals(5, row.get(0));
    x[1] = 7;
    assertEquals(7, row.get(0));
    FloatBuffer buffer = direct(ROW).position(1);
    row.at(buffer);
    buffer.position(0).limit(1);
    assertEquals(3, row.length(), "the buffer's own position no longer matters");
    assertEquals(2, row.get(2));
    buffer.put(0, 9).clear();
    assertEquals(9, row.at(buffer).get(0));
    Failures.expect(
        IndexOutOfBoundsException.class, "Index 4 out of bounds for length 4", () -> row.get(4));
    Failures.expect(
        IndexOutOfBoundsException.class, "Index -1 out of bounds for length 4", () -> row.get(-1));
  }

  @Test
  void buffersOfOnePositionAndLimitAreToldApart() {
    Logits row = Logits.of(direct(1, 2));
    assertEquals(3, row.at(direct(3, 4)).get(0));
  }

  @Test
  void itIsPointedAgainAndAgain() {
    Logits row = Logits.of(ROW);
    assertSame(row, row.at(ROW, 1, 2));
    assertEquals(1, row.length());
    assertSame(row, row.at(direct(2, 4, 8)));
    assertEquals(8, row.get(2));
    assertSame(row, row.at(MemorySegment.ofArray(new short[2]), 0, 2, ElementType.FLOAT16));
    assertEquals(0, row.get(1));
    assertSame(row, row.at(ROW));
    assertEquals(Logits.of(ROW), row);
  }

  /** A sampler keeps the place, and not the handle. */
  @Test
  void aHandleIsFreeOnceTheCallHasEnded() {
    Sampler sampler = SamplerChain.of().newSampler(4, 1, Kernels.scalar());
    Logits row = Logits.of(ROW.clone());
    sampler.sample(row);
    String before = sampler.candidates().toString();
    Sampler other = SamplerChain.of().newSampler(4, 1, Kernels.scalar());
    other.sample(row);
    row.at(new float[] {9, 0, 0, 0});
    assertEquals(before, other.candidates().toString());
  }

  @Test
  void onesThatPointAtOnePlaceAreEqual() {
    float[] x = new float[10];
    MemorySegment heap = MemorySegment.ofArray(x);
    List<Logits> same =
        List.of(
            Logits.of(x, 2, 6),
            Logits.of(FloatBuffer.wrap(x, 2, 4)),
            Logits.of(heap, 8, 4, ElementType.FLOAT32),
            Logits.of(heap.asSlice(4), 4, 4, ElementType.FLOAT32));
    for (Logits one : same) {
      assertEquals(same.getFirst(), one);
      assertEquals(same.getFirst().hashCode(), one.hashCode());
    }
    assertNotEquals(Logits.of(x, 2, 6), Logits.of(x, 2, 5));
    assertNotEquals(Logits.of(x, 2, 6), Logits.of(x, 3, 7));
    assertNotEquals(Logits.of(x, 2, 6), Logits.of(x.clone(), 2, 6));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(40, 4);
      Logits one = Logits.of(memory, 4, 3, ElementType.FLOAT16);
      Logits other = Logits.of(memory.asSlice(2), 2, 3, ElementType.FLOAT16);
      assertEquals(one, other);
      assertEquals(one.hashCode(), other.hashCode());
      assertNotEquals(one, Logits.of(memory, 4, 3, ElementType.FLOAT32));
      assertNotEquals(one, Logits.of(memory, 2, 3, ElementType.FLOAT16));
      assertNotEquals(one, Logits.of(x));
    }
  }

  @Test
  void printedForm() {
    assertEquals(
        "Logits[length=2, type=FLOAT32, in=array, from=1]", Logits.of(ROW, 1, 3).toString());
    assertEquals(
        "Logits[length=3, type=FLOAT32, in=native memory, byteOffset=4]",
        Logits.of(direct(ROW).position(1)).toString());
    assertEquals(
        "Logits[length=1, type=FLOAT16, in=heap memory, byteOffset=2]",
        Logits.of(MemorySegment.ofArray(new short[2]), 2, 1, ElementType.FLOAT16).toString());
  }

  /** A place that is none is told at once, and the handle stays where it was. */
  @Test
  void badPlaces() {
    Logits row = Logits.of(ROW);
    Failures.illegalArgument("the range is empty: from = to = 0", () -> row.at(new float[0]));
    Failures.illegalArgument("the range is empty: from = to = 2", () -> row.at(ROW, 2, 2));
    Failures.expect(
        IndexOutOfBoundsException.class,
        "Range [2, 5) out of bounds for length 4",
        () -> row.at(ROW, 2, 5));
    Failures.illegalArgument(
        "the buffer has no logits between position and limit",
        () -> row.at(FloatBuffer.allocate(0)));
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    ByteOrder foreign = little ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    Failures.illegalArgument(
        "the buffer is " + foreign + ", but the machine is " + ByteOrder.nativeOrder(),
        () -> row.at(ByteBuffer.allocateDirect(8).order(foreign).asFloatBuffer()));
    MemorySegment memory = MemorySegment.ofArray(new byte[10]);
    Failures.illegalArgument(
        "length must be >= 1, but was 0", () -> row.at(memory, 0, 0, ElementType.FLOAT16));
    Failures.expect(
        IndexOutOfBoundsException.class,
        "Range [4, 4 + 8) out of bounds for length 10",
        () -> row.at(memory, 4, 4, ElementType.FLOAT16));
    Failures.expect(
        IndexOutOfBoundsException.class,
        "Range [-2, -2 + 8) out of bounds for length 10",
        () -> row.at(memory, -2, 4, ElementType.FLOAT16));
    assertEquals(Logits.of(ROW), row);
    assertEquals(5, row.get(1));
    assertThrows(NullPointerException.class, () -> Logits.of((float[]) null));
  }

  @Test
  void releasedMemoryIsToldByWhoReadsIt() {
    Logits row;
    try (Arena arena = Arena.ofConfined()) {
      row = Logits.of(arena.allocate(16, 4), 0, 4, ElementType.FLOAT32);
    }
    assertThrows(IllegalStateException.class, () -> row.get(0));
    assertThrows(IllegalStateException.class, () -> Kernels.scalar().argMax(row, Workspace.of(4)));
  }
}
