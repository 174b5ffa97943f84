package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * The bits are those that docs/numerics.md defines: every kernel and every chain agrees to the last
 * bit with a plain transcription of that page.
 */
public interface NumericsContract extends Inputs {
  /** Softmax, log-softmax, log-sum-exp and log-probabilities: sections 2 to 4. */
  @Property
  default void probabilitiesHaveTheBitsOfThePage(@ForAll("rowsAtTemperatures") RowAt rowAt) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Numerics page = new Numerics(row.logits(), temperature);
    float[] actual = new float[row.length()];
    kernels().softmax(row.array(), row.from(), row.to(), temperature, actual, 0);
    float[] softmax = page.softmax();
    assertBits(softmax, actual);
    actual = row.logits();
    kernels().softmax(actual, 0, actual.length, temperature, actual, 0);
    assertBits(softmax, actual);
    kernels().logSoftmax(row.array(), row.from(), row.to(), temperature, actual, 0);
    assertBits(page.logSoftmax(), actual);
    assertEquals(
        page.logSumExp(), kernels().logSumExp(row.array(), row.from(), row.to(), temperature));
    double[] logs = page.logProbabilities();
    for (int id = 0; id < logs.length; id += 1 + logs.length / 3) {
      assertEquals(
          logs[id], kernels().logProbability(row.array(), row.from(), row.to(), temperature, id));
    }
  }

  /** Every fraction that the exponential may meet, a quarter of a million to each binade. */
  @Example
  default void exponentialsHaveTheBitsOfThePage() {
    float[] row = new float[3 << 18];
    for (int id = 0; id < row.length; id++) {
      row[id] = -id * 0x1p-18f;
    }
    float[] actual = new float[row.length];
    float temperature = 0x1.715476p0f; // log2(e), nearly: a unit of a logit is a binade
    kernels().softmax(row, 0, row.length, temperature, actual, 0);
    assertBits(new Numerics(row, temperature).softmax(), actual);
  }

  /** Top-p: section 5. */
  @Property
  default void theNucleusIsThatOfThePage(
      @ForAll("rowsAtTemperatures") RowAt rowAt, @ForAll("masses") float p) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Numerics page = new Numerics(row.logits(), temperature);
    List<Integer> order = page.order();
    List<Integer> expected = p == 1 ? order : page.nucleus(order, p, false);
    int[] ids = new int[row.length()];
    float[] probabilities = new float[row.length()];
    int size = topP(row, temperature, p, ids, probabilities);
    assertEquals(expected.size(), size);
    float[] softmax = page.softmax();
    for (int i = 0; i < size; i++) {
      assertEquals(expected.get(i), ids[i]);
      assertBits(softmax[ids[i]], probabilities[i]);
    }
  }

  /** The draw from a whole row: section 7. */
  @Property
  default void theDrawIsThatOfThePage(
      @ForAll("rowsAtTemperatures") RowAt rowAt, @ForAll("draws") double u) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    assertEquals(
        new Numerics(row.logits(), temperature).drawFromRow(u),
        kernels()
            .sample(row.array(), row.from(), row.to(), temperature, u, Workspace.of(row.length())));
  }

  /** Chains: all sections. */
  @Property
  default void chainsDoWhatThePageSays(
      @ForAll("rowsAtTemperatures") RowAt rowAt,
      @ForAll("steps") List<Step> following,
      @ForAll boolean atTemperature,
      @ForAll long seed,
      @ForAll("positions") long position) {
    TestRow row = rowAt.row();
    List<Step> steps = new ArrayList<>(following);
    if (atTemperature) {
      steps.addFirst(Step.temperature(rowAt.temperature()));
    }
    Sampler sampler =
        SamplerChain.of(steps.toArray(new Step[0])).newSampler(row.length(), seed, kernels());
    sampler.position(position);
    int token = sampler.sample(row.array(), row.from(), row.to());
    Numerics.Outcome expected =
        Numerics.sample(steps, row.logits(), Numerics.uniform(seed, position));
    assertEquals(expected.token(), token);
    assertEquals(expected.logProbability(), sampler.logProbability());
    assertEquals(expected.tokens().size(), sampler.candidates().size());
    for (int i = 0; i < expected.tokens().size(); i++) {
      int id = sampler.candidates().id(i);
      assertEquals(expected.tokens().get(i), id);
      assertBits(expected.probabilities()[i], sampler.candidates().probability(i));
      if (id == token) {
        assertBits(expected.probabilities()[i], sampler.probability());
      }
    }
  }

  private static void assertBits(float[] expected, float[] actual) {
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
  }

  private static void assertBits(float expected, float actual) {
    assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(actual));
  }

  /** Steps in any order. */
  @Provide
  default Arbitrary<List<Step>> steps() {
    return Chains.pageSteps();
  }

  /** Positions in the stream. */
  @Provide
  default Arbitrary<Long> positions() {
    return Arbitraries.longs().between(0, Long.MAX_VALUE - 1);
  }
}
