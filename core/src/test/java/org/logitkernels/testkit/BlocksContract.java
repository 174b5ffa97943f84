package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A block's sum is a function of the block alone, and another reference is another exponent of a
 * weight and no other bit: what all freedom in the order of work rests on.
 */
public interface BlocksContract extends Inputs {
  /** What stands around a block: nothing unmasked, far and near maxima, and ordinary logits. */
  float[] AROUND = {Float.NEGATIVE_INFINITY, -3e38f, -1e6f, -100, 0, 30, 1e4f, 1e6f, 3e38f};

  /** The backend to test. */
  Backend backend();

  /** Rows of a block or less. */
  @Provide
  default Arbitrary<TestRow> blocks() {
    return TestRows.upTo(1024);
  }

  /** Alone, and as the last or the third block of a row, whatever the others hold. */
  @Property
  default void aBlocksSumIsItsOwn(
      @ForAll("blocks") TestRow row, @ForAll("temperatures") float temperature, @ForAll long seed) {
    float[] block = row.logits();
    Survivors alone = new Survivors(5000);
    backend().sums(block, 0, block.length, temperature, alone);
    for (float around : AROUND) {
      SplittableRandom random = new SplittableRandom(seed);
      for (int before : new int[] {0, 1, 2}) {
        int at = 3 + 1024 * before;
        boolean last = block.length < 1024 || random.nextBoolean();
        float[] x = new float[at + block.length + (last ? 0 : 1500)];
        for (int i = 0; i < x.length; i++) {
          x[i] = around * (random.nextFloat() + 0.1f);
        }
        System.arraycopy(block, 0, x, at, block.length);
        Survivors actual = new Survivors(5000);
        backend().sums(x, 3, x.length, temperature, actual);
        assertEquals(alone.row.sums[0], actual.row.sums[before], () -> "beside " + around);
        assertEquals(alone.row.tops[0], actual.row.tops[before], () -> "beside " + around);
      }
    }
  }

  /** Multiples of a sixteenth, and any floats, by maxima whose N is even, and odd. */
  @Property
  default void anotherReferenceIsAnotherExponent(
      @ForAll("temperatures") float temperature, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (float t : new float[] {1.442695f, temperature}) {
      assertSameBits(t, random, random.nextDouble(-60_000, 60_000), true);
      assertSameBits(t, random, 0, true);
      assertSameBits(t, random, random.nextDouble(-60_000, 60_000), false);
    }
  }

  /** The logit that a head of 1 would leave half-way between two integers. */
  @Example
  default void aHeadIsOdd() {
    Survivors survivors = new Survivors(16);
    survivors.size = 1;
    survivors.values[0] = -242.5f;
    float[] weights = new float[2];
    for (int i = 0; i < 2; i++) {
      survivors.max = -239.5f + i; // N is -239, and -238
      backend().weights(survivors, 1.442695f);
      weights[i] = survivors.weights[0] * (1 << i);
    }
    assertEquals(weights[0], weights[1]);
  }

  private void assertSameBits(
      float temperature, SplittableRandom random, double power, boolean sixteenths) {
    double unit = temperature * Math.log(2);
    double middle = power * unit;
    if (!(Math.abs(middle) + 300 * unit < Float.MAX_VALUE)) {
      return;
    }
    int size = 200;
    Survivors survivors = new Survivors(size);
    for (int i = 0; i < size; i++) {
      double x = middle - random.nextDouble(60) * unit;
      survivors.values[i] = (float) (sixteenths ? Math.rint(x * 16) / 16 : x);
    }
    survivors.size = size;
    float[] first = null;
    int n = 0;
    for (int above = 1; above < 30; above++) {
      survivors.max = (float) (middle + above * unit);
      backend().weights(survivors, temperature);
      if (first == null) {
        first = Arrays.copyOf(survivors.weights, size);
        n = exponent(survivors.max, temperature);
      }
      for (int i = 0; i < size; i++) {
        float x = survivors.values[i];
        float scaled = Math.scalb(survivors.weights[i], exponent(survivors.max, temperature) - n);
        if (x <= middle && x > middle - 61 * unit) { // it may have been rounded far away
          assertEquals(first[i], scaled, () -> x + " at " + temperature);
        }
      }
    }
  }

  private static int exponent(float max, float temperature) {
    float stretch = temperature < 0x1p-100f ? 0x1p64f : temperature > 0x1p100f ? 0x1p-64f : 1;
    double scale = 0x1.71547652b82fep0 / (temperature * (double) stretch);
    return (int) Math.ceil((double) (max * stretch) * scale);
  }
}
