package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.internal.Backend;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.NativeFloats;
import org.logitkernels.internal.Survivors;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.testkit.Sweep;
import org.logitkernels.testkit.WeightErrors;

/**
 * Every float from -0 down to -Infinity, as a difference from the maximum, through every vector
 * loop that holds the exponential, at the temperatures of docs/accuracy.md: the bits are those of
 * the scalar reference.
 *
 * <p>Weights and probabilities are compared one by one. The loops that only sum are compared by the
 * sums of blocks, of 1,023 or 1,024 floats next to each other, which a wrong last bit of a single
 * weight may not reach; a wrong instruction does.
 */
class ExhaustiveBitsTest {
  private static final Backend SCALAR = new ScalarKernels();
  private static final Backend VECTOR = new VectorKernels(SCALAR);

  /** Few, as the loops may still be cold. */
  @Test
  void oneFloatIn40009() {
    sweep("1", 40_009);
  }

  @Test
  @Tag("exhaustive")
  void everyFloat() {
    for (String temperature : WeightErrors.TEMPERATURES) {
      sweep(temperature, 1);
    }
  }

  private static void sweep(String temperature, int step) {
    String label = VECTOR.vectorBits() + " bits, one float in " + step + " at T = " + temperature;
    Sweep.floats(label, step, () -> new Comparison(Float.parseFloat(temperature)));
  }

  /** One thread's scratch. */
  private static final class Comparison implements Sweep.Visitor {
    private static final int CAPACITY = (1 << 16) + 2 * Lanes.BLOCK;

    private final float temperature;
    private final Survivors expected = survivors();
    private final Survivors actual = survivors();
    private final float[] row = new float[CAPACITY];
    private final MemorySegment segment = Arena.ofAuto().allocate(4L * CAPACITY, 64);
    private final MemorySegment output = Arena.ofAuto().allocate(4L * CAPACITY, 64);
    private final NativeFloats x = new NativeFloats();
    private final NativeFloats y = new NativeFloats();
    private final float[] probabilities = new float[CAPACITY];

    Comparison(float temperature) {
      this.temperature = temperature;
      x.at(segment, 0);
      y.at(output, 0);
      // The first block holds the maximum and nothing else that weighs.
      Arrays.fill(row, 0, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
      row[7] = 0;
    }

    private static Survivors survivors() {
      Survivors survivors = new Survivors(CAPACITY);
      survivors.reserve(CAPACITY);
      return survivors;
    }

    @Override
    public void visit(float[] floats, int length) {
      weights(floats, length);
      if (Exponential.stretch(temperature) != 1) {
        return; // rows at such temperatures go to the scalar kernels
      }
      // Whole blocks, of which every weight counts unless one is below the cutoff.
      System.arraycopy(floats, 0, row, Lanes.BLOCK, length);
      row(Lanes.BLOCK + length);
      probabilities(length);

      // Blocks with a masked logit, and at the end a part of one.
      int to = Lanes.BLOCK;
      for (int at = 0; at < length; at += Lanes.BLOCK - 1) {
        row[to++] = Float.NEGATIVE_INFINITY;
        int part = Math.min(Lanes.BLOCK - 1, length - at);
        System.arraycopy(floats, at, row, to, part);
        to += part;
      }
      row(to);

      // Every float in a last block that the row's end cuts short.
      for (int at = 0; at < length; at += Lanes.BLOCK - 1) {
        int part = Math.min(Lanes.BLOCK - 1, length - at);
        System.arraycopy(floats, at, row, Lanes.BLOCK, part);
        MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_FLOAT, 0, Lanes.BLOCK + part);
        sums(Lanes.BLOCK + part);
      }
    }

    private void weights(float[] floats, int length) {
      for (Survivors survivors : new Survivors[] {expected, actual}) {
        System.arraycopy(floats, 0, survivors.values, 0, length);
        survivors.size = length;
        survivors.max = 0;
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
      if (!Arrays.equals(expected.sums, 0, blocks, actual.sums, 0, blocks)) {
        assertArrayEquals(
            Arrays.copyOf(expected.sums, blocks),
            Arrays.copyOf(actual.sums, blocks),
            "from " + row[Lanes.BLOCK + 1]);
      }
      assertEquals(expected.total, actual.total);
    }

    /** Of the row in {@link #segment}, whose weights and total the scalar kernels have left. */
    private void probabilities(int length) {
      int to = Lanes.BLOCK + length;
      float factor = (float) (1 / expected.total);
      VECTOR.softmax(row, 0, to, temperature, probabilities, 0);
      assertProbabilities(length, factor);
      VECTOR.natives().softmax(x, 0, to, temperature, y, actual);
      MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, probabilities, 0, to);
      assertProbabilities(length, factor);
    }

    private void assertProbabilities(int length, float factor) {
      for (int i = 0; i < length; i++) {
        float probability = expected.weights[i] * factor;
        if (Float.floatToRawIntBits(probabilities[Lanes.BLOCK + i])
            != Float.floatToRawIntBits(probability)) {
          assertEquals(
              probability,
              probabilities[Lanes.BLOCK + i],
              "probability of " + row[Lanes.BLOCK + i]);
        }
      }
    }
  }
}
