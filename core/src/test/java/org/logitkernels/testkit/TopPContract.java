package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.logitkernels.Candidates;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** The nucleus against the exact prefix of a full sort. */
public interface TopPContract extends Inputs {
  /**
   * The best-first prefix, of a size that the errors leave open, with the bits of softmax, and
   * nothing written behind it.
   */
  @Property
  default void topPIsAPrefixOfTheSort(
      @ForAll("rowsAtTemperatures") RowAt rowAt, @ForAll("masses") float p) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Nucleus nucleus = nucleus(row, temperature, p);
    Oracle oracle = new Oracle(row.logits(), temperature);
    int[] order = oracle.order();
    if (p == 1) {
      assertEquals(order.length, nucleus.size);
    } else {
      Oracle.Sizes legal = oracle.nucleus(p, Accuracy.TOTAL);
      assertTrue(legal.contains(nucleus.size), () -> nucleus.size + " is not in " + legal);
    }
    float[] softmax = new float[row.length()];
    kernels().softmax(row.array(), row.from(), row.to(), temperature, softmax, 0);
    for (int i = 0; i < nucleus.size; i++) {
      assertEquals(order[i], nucleus.ids[i]);
      assertEquals(softmax[order[i]], nucleus.probabilities[i]);
    }
    for (int i = nucleus.size; i < nucleus.ids.length; i++) {
      assertEquals(-7, nucleus.ids[i]);
      assertEquals(-7, nucleus.probabilities[i]);
    }
  }

  /**
   * The interval of legal sizes is a single one in at least 90 of 100 cases: the property above can
   * fail.
   */
  @Example
  default void topPIsExactOnUsualRows() {
    int single = 0;
    int all = 0;
    for (int length : new int[] {10, 100, 1000, 10_000}) {
      for (TestRows.Distribution distribution :
          new TestRows.Distribution[] {
            TestRows.Distribution.NORMAL, TestRows.Distribution.PEAKED
          }) {
        for (float p : new float[] {0.3f, 0.5f, 0.8f, 0.9f, 0.95f}) {
          TestRow row = TestRows.of(distribution, length, 1, length + all);
          Oracle.Sizes legal = new Oracle(row.logits(), 1).nucleus(p, Accuracy.USUAL_TOTAL);
          int size = nucleus(row, 1, p).size;
          assertTrue(legal.contains(size), () -> row + ": " + size + " is not in " + legal);
          single += legal.least() == legal.most() ? 1 : 0;
          all++;
        }
      }
    }
    assertTrue(single >= 0.9 * all, single + " of " + all);
  }

  /**
   * Rows longer than 2^18, whose units of mass are larger. Of equal logits the masses are integers
   * and the total is exact, so one size is right; of others those that the errors leave open.
   */
  @Example
  default void topPOfLongRows() {
    for (int length : new int[] {(1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 19, 700_001}) {
      TestRow row = TestRows.of(TestRows.Distribution.FLAT, length, 1, length);
      for (float p : new float[] {0.25f, 0.9f, Math.nextDown(1f)}) {
        Nucleus nucleus = nucleus(row, 1, p);
        assertEquals(
            Math.ceil((double) p * length - length * 0x1p-21), nucleus.size, row + " " + p);
        for (int i = 0; i < nucleus.size; i++) {
          assertEquals(i, nucleus.ids[i]);
        }
      }
    }
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, (1 << 18) + 3, 1, 4);
    Oracle oracle = new Oracle(row.logits(), 1);
    for (float p : new float[] {0.5f, 0.99f}) {
      Oracle.Sizes legal = oracle.nucleus(p, Accuracy.USUAL_TOTAL);
      int size = nucleus(row, 1, p).size;
      assertTrue(legal.contains(size), () -> row + ": " + size + " is not in " + legal);
    }
  }

  /**
   * Of equal logits as many as exact arithmetic says, whatever they are and however many. 32
   * additions in a row would keep 991 of 1,000 logits of 30.3906 for p = 0.99.
   */
  @Example
  default void topPOfEqualLogits() {
    assertEquals(990, nucleus(equal(1000, 30.3906f), 1, 0.99f).size);
    SplittableRandom random = new SplittableRandom(5);
    for (int n = 0; n < 500; n++) {
      int length = random.nextInt(1, n % 50 == 0 ? 100_000 : 5000);
      float logit = (float) (20 * random.nextGaussian());
      for (float p : new float[] {0.1f, 0.5f, 0.9f, 0.95f, 0.99f, random.nextFloat()}) {
        double need = (p - 0x1p-21) * length;
        double open = p * length * Accuracy.TOTAL + 1e-9;
        if (Math.ceil(need - open) == Math.ceil(need + open)) {
          TestRow row = equal(length, logit);
          assertEquals(Math.max(1, Math.ceil(need)), nucleus(row, 1, p).size, row + " " + p);
        }
      }
    }
  }

  private static TestRow equal(int length, float logit) {
    float[] x = new float[length];
    Arrays.fill(x, logit);
    return new TestRow(length + " times " + logit, x, 0, length);
  }

  /** A larger p keeps no fewer. */
  @Property
  default void topPGrowsWithP(
      @ForAll("rows") TestRow row, @ForAll("masses") float p, @ForAll("masses") float q) {
    assertTrue(nucleus(row, 1, Math.min(p, q)).size <= nucleus(row, 1, Math.max(p, q)).size);
  }

  /** p = 0 keeps the best, p = 1 all. */
  @Property
  default void topPAtItsEnds(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float temperature) {
    int[] order = Oracle.order(row.logits());
    Nucleus one = nucleus(row, temperature, 0);
    assertEquals(1, one.size);
    assertEquals(order[0], one.ids[0]);
    assertArrayEquals(order, Arrays.copyOf(nucleus(row, temperature, 1).ids, order.length));
  }

  /** A chain's top-p keeps the same set. */
  @Property
  default void topPIsThatOfAChain(
      @ForAll("rows") TestRow row,
      @ForAll("temperatures") float temperature,
      @ForAll("masses") float p) {
    Nucleus nucleus = nucleus(row, temperature, p);
    Sampler sampler =
        SamplerChain.of(Step.temperature(temperature), Step.topP(p))
            .newSampler(row.length(), 1, kernels());
    sampler.sample(row.array(), row.from(), row.to());
    Candidates candidates = sampler.candidates();
    assertEquals(nucleus.size, candidates.size());
    for (int i = 0; i < nucleus.size; i++) {
      assertEquals(nucleus.ids[i], candidates.id(i));
    }
  }

  /** After top-k it is the top-p of the row that has the others masked. */
  @Property
  default void topPAfterTopKIsThatOfTheRenormalisedRow(
      @ForAll("rows") TestRow row, @ForAll("ks") int k, @ForAll("masses") float p) {
    float[] kept = row.logits();
    Arrays.fill(kept, Float.NEGATIVE_INFINITY);
    int[] order = Oracle.order(row.logits());
    for (int i = 0; i < Math.min(k, order.length); i++) {
      kept[order[i]] = row.array()[row.from() + order[i]];
    }
    Sampler both =
        SamplerChain.of(Step.topK(k), Step.topP(p)).newSampler(row.length(), 1, kernels());
    Oracle.Sizes legal = new Oracle(kept, 1).nucleus(p, Accuracy.TOTAL);
    both.sample(row.array(), row.from(), row.to());
    int size = both.candidates().size();
    if (p == 1) {
      assertEquals(Math.min(k, order.length), size);
    } else {
      assertTrue(legal.contains(size), () -> size + " is not in " + legal);
    }
    for (int i = 0; i < size; i++) {
      assertEquals(order[i], both.candidates().id(i));
    }
  }

  /**
   * What the kernel left.
   *
   * @param size of the nucleus
   * @param ids all cells
   * @param probabilities all cells
   */
  record Nucleus(int size, int[] ids, float[] probabilities) {}

  private Nucleus nucleus(TestRow row, float temperature, float p) {
    int[] ids = new int[row.length() + 2];
    float[] probabilities = new float[row.length() + 2];
    Arrays.fill(ids, -7);
    Arrays.fill(probabilities, -7);
    int size = topP(row, temperature, p, ids, probabilities);
    return new Nucleus(size, ids, probabilities);
  }
}
