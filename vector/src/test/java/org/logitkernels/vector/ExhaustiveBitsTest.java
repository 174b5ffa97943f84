package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;
import org.logitkernels.testkit.SoftCapErrors;
import org.logitkernels.testkit.Sweep;
import org.logitkernels.testkit.WeightErrors;

/**
 * Every float through every vector loop that holds the exponential: the bits are those of the
 * scalar reference.
 *
 * <p>Blocks are of floats next to each other: as they are, below a maximum so far above them that
 * some of them have no weight, as differences from a maximum of 0, with a masked one among them,
 * and cut short by the row's end. Weights and probabilities are compared one by one. The loops that
 * only sum are compared by the sums of blocks, which a wrong last bit of a single weight may not
 * reach; a wrong instruction does.
 */
class ExhaustiveBitsTest {
  private static final Backend SCALAR = new ScalarKernels();
  private static final Backend VECTOR = new VectorKernels(SCALAR);

  /**
   * An ordinary one, 1, the one with the largest tail, and the last that vectors serve: beyond,
   * rows go to the scalar kernels.
   */
  private static final List<String> TEMPERATURES =
      List.of("0.7", "1", WeightErrors.WORST_TAIL, "0x1p-100", "0x1p100");

  /** Few, as the loops may still be cold. */
  @Test
  void oneFloatIn200003() {
    sweep("1", 200_003);
  }

  @Test
  @Tag("exhaustive")
  void everyFloat() {
    for (String temperature : TEMPERATURES) {
      sweep(temperature, 1);
    }
  }

  /** Few, as the loops may still be cold. */
  @Test
  void softCapsOfOneFloatIn50021() {
    for (String cap : SoftCapErrors.CAPS) {
      softCaps(cap, 50_021);
    }
  }

  @Test
  @Tag("exhaustive")
  void softCapsOfEveryFloat() {
    for (String cap : SoftCapErrors.CAPS) {
      softCaps(cap, 1);
    }
  }

  private static void softCaps(String label, int step) {
    float cap = Float.parseFloat(label);
    Sweep.floats(
        VECTOR.vectorBits() + " bits, soft cap of one float in " + step + " at " + label,
        step,
        () -> {
          float[] expected = new float[1 << 16];
          float[] actual = new float[1 << 16];
          return (floats, length) -> {
            SCALAR.softCap(floats, 0, length, cap, expected, 0);
            VECTOR.softCap(floats, 0, length, cap, actual, 0);
            int at = Arrays.mismatch(expected, 0, length, actual, 0, length);
            if (at >= 0) {
              assertEquals(expected[at], actual[at], "soft cap of " + floats[at]);
            }
          };
        });
  }

  private static void sweep(String temperature, int step) {
    String label = VECTOR.vectorBits() + " bits, one float in " + step + " at T = " + temperature;
    Sweep.floats(label, step, () -> new Comparison(Float.parseFloat(temperature)));
  }

  /** One thread's scratch. */
  private static final class Comparison implements Sweep.Visitor {
    private static final int CAPACITY = (1 << 16) + 2 * Lanes.BLOCK;

    /** Nearer to 0 than this all weights of a block are equal. */
    private static final double FLAT = 0x1p-25;

    /** Farther from 0 than this blocks are far ones, and their weights those of few differences. */
    private static final double FAR = 0x1p16 + 128;

    /** Of slices that are all flat or all far one in so many is tried. */
    private static final int TRIED = 61;

    /** So many binades below a block's maximum are the first weights of 0. */
    private static final double CUT = 126;

    private final float temperature;
    private final double power;
    private final Survivors expected = survivors();
    private final Survivors actual = survivors();
    private final float[] row = new float[CAPACITY];
    private final MemorySegment segment = Arena.ofAuto().allocate(4L * CAPACITY, 64);
    private final MemorySegment output = Arena.ofAuto().allocate(4L * CAPACITY, 64);
    private final SegmentAddress x = new SegmentAddress();
    private final SegmentAddress y = new SegmentAddress();
    private final float[] reference = new float[CAPACITY];
    private final float[] probabilities = new float[CAPACITY];

    Comparison(float temperature) {
      this.temperature = temperature;
      this.power = 1 / (Math.log(2) * temperature);
      x.at(segment, 0);
      y.at(output, 0);
    }

    private static Survivors survivors() {
      Survivors survivors = new Survivors(CAPACITY);
      survivors.reserve(CAPACITY);
      return survivors;
    }

    @Override
    public void visit(float[] floats, int length) {
      if (isLeftOut(floats, length)) {
        return;
      }
      float best = Math.max(floats[0], floats[length - 1]) + 0f;
      float above = (float) Math.min(best + CUT / power, Float.MAX_VALUE);
      weights(floats, length, best);
      weights(floats, length, above);
      if (best <= 0) {
        weights(floats, length, 0);
      }
      System.arraycopy(floats, 0, row, 0, length);
      row(length);
      probabilities(length);

      int to = fillBlocks(floats, length, above);
      row(to);
      probabilities(to);
      if (best <= 0) {
        to = fillBlocks(floats, length, 0);
        row(to);
        probabilities(to);
      }
      row(fillBlocks(floats, length, Float.NEGATIVE_INFINITY));

      // Every float in a last block that the row's end cuts short.
      Arrays.fill(row, 0, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
      row[7] = above;
      for (int at = 0; at < length; at += Lanes.BLOCK - 1) {
        int part = Math.min(Lanes.BLOCK - 1, length - at);
        System.arraycopy(floats, at, row, Lanes.BLOCK, part);
        MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_FLOAT, 0, Lanes.BLOCK + part);
        sums(Lanes.BLOCK + part);
      }
    }

    /** All of them flat, or far, and not one of the slices that are tried. */
    private boolean isLeftOut(float[] floats, int length) {
      int slice = Float.floatToRawIntBits(floats[0]) >>> 16;
      return (Math.abs(floats[length - 1]) * power < FLAT || Math.abs(floats[0]) * power > FAR)
          && slice % TRIED != 0;
    }

    /** Blocks of one logit and, in the places behind it, of the floats. */
    private int fillBlocks(float[] floats, int length, float first) {
      int to = 0;
      for (int at = 0; at < length; at += Lanes.BLOCK - 1) {
        row[to++] = first;
        int part = Math.min(Lanes.BLOCK - 1, length - at);
        System.arraycopy(floats, at, row, to, part);
        to += part;
      }
      return to;
    }

    private void weights(float[] floats, int length, float max) {
      for (Survivors survivors : new Survivors[] {expected, actual}) {
        System.arraycopy(floats, 0, survivors.values, 0, length);
        survivors.size = length;
        survivors.max = max;
      }
      SCALAR.weights(expected, temperature);
      VECTOR.weights(actual, temperature);
      int at = Arrays.mismatch(expected.weights, 0, length, actual.weights, 0, length);
      if (at >= 0) {
        assertEquals(expected.weights[at], actual.weights[at], "weight of " + floats[at]);
      }
    }

    private void row(int to) {
      MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_FLOAT, 0, to);
      sums(to);
      SCALAR.entropy(row, 0, to, temperature, expected);
      VECTOR.entropy(row, 0, to, temperature, actual);
      assertSameEntropy();
      VECTOR.natives().entropy(x, 0, to, temperature, actual);
      assertSameEntropy();
    }

    private void assertSameEntropy() {
      assertEquals(expected.total, actual.total);
      assertEquals(expected.entropy, actual.entropy);
      assertEquals(expected.unmasked, actual.unmasked);
    }

    private void sums(int to) {
      SCALAR.sums(row, 0, to, temperature, expected);
      VECTOR.sums(row, 0, to, temperature, actual);
      assertSameSums(to);
      VECTOR.natives().sums(x, 0, to, temperature, actual);
      assertSameSums(to);
    }

    private void assertSameSums(int to) {
      int blocks = Lanes.blocks(to);
      if (!Arrays.equals(expected.row.sums, 0, blocks, actual.row.sums, 0, blocks)) {
        assertArrayEquals(
            Arrays.copyOf(expected.row.sums, blocks),
            Arrays.copyOf(actual.row.sums, blocks),
            "from " + row[0] + ", " + row[1]);
      }
      assertEquals(expected.total, actual.total);
    }

    /** Of the row in {@link #segment}, in both forms of softmax, and in place. */
    private void probabilities(int to) {
      SCALAR.softmax(row, 0, to, temperature, reference, 0);
      for (boolean stores : new boolean[] {false, true}) {
        Softmax.softmax(row, 0, to, temperature, probabilities, 0, stores);
        assertProbabilities(to);
      }
      System.arraycopy(row, 0, probabilities, 0, to);
      VECTOR.softmax(probabilities, 0, to, temperature, probabilities, 0);
      assertProbabilities(to);
      VECTOR.natives().softmax(x, 0, to, temperature, y, actual);
      MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, probabilities, 0, to);
      assertProbabilities(to);
    }

    private void assertProbabilities(int to) {
      int at = Arrays.mismatch(reference, 0, to, probabilities, 0, to);
      if (at >= 0) {
        assertEquals(reference[at], probabilities[at], "probability of " + row[at]);
      }
    }
  }
}
