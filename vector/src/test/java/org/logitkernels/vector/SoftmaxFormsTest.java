package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.Kernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.testkit.EntryPoint;
import org.logitkernels.testkit.Inputs;
import org.logitkernels.testkit.TestRow;
import org.logitkernels.testkit.TestRows;

/**
 * The two forms of softmax, weights stored and scaled, or computed again; and the form of rows of a
 * block at most. All have the bits of the scalar kernel.
 */
class SoftmaxFormsTest implements Inputs {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }

  @Provide
  Arbitrary<TestRow> rowsOfSomeBlocks() {
    return TestRows.upTo(9000);
  }

  /** Temperatures at which logits are not stretched. */
  @Provide
  Arbitrary<Float> plainTemperatures() {
    return temperatures().filter(t -> t >= 0x1p-100 && t <= 0x1p100);
  }

  @Property
  void bothFormsHaveTheSameBits(
      @ForAll("rowsOfSomeBlocks") TestRow row, @ForAll("plainTemperatures") float temperature) {
    check(row.logits(), temperature);
  }

  /** Every length of a short row, and one behind. */
  @Test
  void shortRowsOfEveryLength() {
    SplittableRandom random = new SplittableRandom(5);
    for (int length = 1; length <= 1025; length++) {
      float[] row = new float[length];
      for (int i = 0; i < length; i++) {
        row[i] = (float) (20 * random.nextGaussian() - (random.nextInt(4) == 0 ? 80 : 0));
      }
      check(row, length % 3 == 0 ? 1e-4f : 1);
    }
  }

  /** Blocks that lie so far apart that stored weights or factors underflow. */
  @Property
  void formsAgreeWhereBlocksLieApart(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float temperature = (float) random.nextDouble(0.1, 3);
    float[] row = new float[1024 * random.nextInt(2, 6) + random.nextInt(100)];
    float base = 0;
    for (int i = 0; i < row.length; i++) {
      if (i % 1024 == 0) {
        base = (float) (random.nextDouble(-140, 140) * temperature);
        base += random.nextInt(8) == 0 ? Math.copySign(45_400 * temperature, base) : 0;
      }
      row[i] = (float) (base - random.nextDouble() * random.nextInt(1, 130) * temperature);
    }
    check(row, temperature);
  }

  /** A near row with a far block, though every weight counts by the N of the row. */
  @Property
  void formsAgreeWhereANearRowHasAFarBlock(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float temperature = (float) Math.exp(random.nextDouble(-10, 10));
    double border = -65536 * Math.log(2) * temperature;
    float[] row = new float[random.nextInt(1025, 4096)];
    for (int i = 0; i < row.length; i++) {
      double above = i < 1024 ? random.nextDouble(3) : -random.nextDouble(6);
      row[i] = (float) (border + above * temperature);
    }
    check(row, temperature);
  }

  private static void check(float[] row, float temperature) {
    int length = row.length;
    float[] expected = new float[length];
    Kernels.scalar().softmax(row, 0, length, temperature, expected, 0);
    float[] byDefault = row.clone(); // short rows have a form of their own
    Softmax.softmax(byDefault, 0, length, temperature, byDefault, 0);
    assertBits(expected, byDefault);
    try (Arena arena = Arena.ofConfined()) {
      SegmentAddress x = place(row, arena);
      float[] out = new float[length + 3];
      NativeSoftmax.softmax(x, 0, length, temperature, out, 0);
      assertBits(expected, Arrays.copyOf(out, length));
      for (boolean stores : new boolean[] {false, true}) {
        if (length < Species.FLOATS.length()) {
          break; // these forms are of rows at least a vector long
        }
        Softmax.softmax(row, 0, length, temperature, out, 3, stores);
        assertBits(expected, Arrays.copyOfRange(out, 3, length + 3));
        float[] inPlace = row.clone();
        Softmax.softmax(inPlace, 0, length, temperature, inPlace, 0, stores);
        assertBits(expected, inPlace);
        NativeSoftmax.softmax(x, 0, length, temperature, out, 0, stores);
        assertBits(expected, Arrays.copyOf(out, length));
      }
    }
  }

  private static void assertBits(float[] expected, float[] actual) {
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
  }

  private static SegmentAddress place(float[] row, Arena arena) {
    MemorySegment segment = arena.allocate(4L * row.length, 64);
    MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_FLOAT, 0, row.length);
    SegmentAddress x = new SegmentAddress();
    x.at(segment, 0);
    return x;
  }

  /** Prints the medians of both forms, by turns, at lengths that lie in either cache. */
  @Test
  @Tag("exhaustive")
  void times() {
    for (int length : new int[] {32_000, 128_256}) {
      SplittableRandom random = new SplittableRandom(length);
      float[][] rows = new float[16][length];
      SegmentAddress[] natives = new SegmentAddress[16];
      for (int r = 0; r < rows.length; r++) {
        for (int i = 0; i < length; i++) {
          rows[r][i] = (float) (random.nextGaussian() * 3);
        }
        natives[r] = place(rows[r], Arena.ofAuto());
      }
      float[] y = new float[length];
      long[][] times = new long[4][2000];
      for (int round = 0; round < 3 * 2000; round++) {
        float[] row = rows[round % 16];
        SegmentAddress x = natives[round % 16];
        for (int form = 0; form < 4; form++) {
          long start = System.nanoTime();
          if (form < 2) {
            Softmax.softmax(row, 0, length, 1, y, 0, form == 0);
          } else {
            NativeSoftmax.softmax(x, 0, length, 1, y, 0, form == 2);
          }
          times[form][round % 2000] = System.nanoTime() - start;
        }
      }
      for (long[] form : times) {
        Arrays.sort(form);
      }
      System.out.printf(
          Locale.ROOT,
          "softmax of %,d: arrays %.1f us stored, %.1f again; native %.1f stored, %.1f again%n",
          length,
          times[0][1000] * 1e-3,
          times[1][1000] * 1e-3,
          times[2][1000] * 1e-3,
          times[3][1000] * 1e-3);
    }
  }
}
