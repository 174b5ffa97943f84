package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.Chains;
import org.logitkernels.testkit.Failures;
import org.logitkernels.testkit.FaultsContract;
import org.logitkernels.testkit.TestRows;

/**
 * Something happens at a sampler's n-th call of a kernel, for every n: the kernel runs out of
 * memory, or the row changes before it. What threads do by chance in {@link FaultsContract} is here
 * done at every place between two kernels.
 */
class FailingKernelsTest {
  private static final int LENGTH = 1_500;
  private static final long[] ALL = new long[LENGTH / 64 + 1];

  static {
    Arrays.fill(ALL, -1);
  }

  private static List<SamplerChain> chains() {
    Step[][] more = {
      {Step.allowed(), Step.topP(0.9f)},
      {Step.topK(1000), Step.temperature(1e-36f)},
      {Step.topP(0.999f), Step.topK(7)},
      {Step.topP(0.3f).minKeep(50)},
      {Step.typical(0.5f).minKeep(9), Step.topNSigma(1)},
      {Step.xtc(1, 1e-6f)},
      {Step.pLess().minKeep(9), Step.pLess()},
      {Step.topH(0.5f, Integer.MAX_VALUE)},
      {Step.frequencyPenalty(0.5f), Step.presencePenalty(0.5f), Step.topP(0.9f)},
      {Step.dry(0.8f, 1.75f, 1, 64), Step.noRepeatNgram(3)}
    };
    List<SamplerChain> chains = new ArrayList<>(List.of(FaultsContract.chains()));
    for (Step[] steps : more) {
      chains.add(SamplerChain.of(steps));
    }
    return chains;
  }

  /** Scalar kernels, and something before the n-th call. */
  private static final class Disturbed {
    int calls;
    private int at;
    private Runnable event = () -> {};
    final Kernels kernels = new Kernels(proxy());

    private Backend proxy() {
      Backend scalar = Kernels.scalar().rows;
      return (Backend)
          Proxy.newProxyInstance(
              Backend.class.getClassLoader(),
              new Class<?>[] {Backend.class},
              (self, method, arguments) -> {
                if (calls++ == at) {
                  event.run();
                }
                try {
                  return method.invoke(scalar, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    void at(int call, Runnable event) {
      calls = 0;
      at = call;
      this.event = event;
    }
  }

  private static Sampler sampler(SamplerChain chain, Kernels kernels) {
    Sampler sampler = chain.newSampler(LENGTH, 6, kernels);
    sampler.acceptPrompt(1, 2, 3, 1, 2);
    return sampler;
  }

  private static void allow(Sampler sampler) {
    if (sampler.chain().steps().contains(Step.allowed())) {
      sampler.allow(ALL);
    }
  }

  /** One token, or the first of six. */
  private static int sample(Sampler sampler, float[] row, int count) {
    if (count == 1) {
      return sampler.sample(row);
    }
    int[] tokens = new int[count];
    sampler.sampleWithoutReplacement(row, 0, row.length, count, tokens, new double[count]);
    return tokens[0];
  }

  /** A call that fails has sampled nothing and used nothing, and can be made again. */
  @Test
  void kernelsMayFailAtAnyCall() {
    float[] row = TestRows.of(TestRows.Distribution.NORMAL, LENGTH, 0, 3).logits();
    int failures = 0;
    for (SamplerChain chain : chains()) {
      for (int count : new int[] {1, 6}) {
        Sampler expected = sampler(chain, Kernels.scalar());
        allow(expected);
        int token = sample(expected, row, count);
        Disturbed disturbed = new Disturbed();
        boolean failed = true;
        for (int call = 0; failed; call++) {
          Sampler sampler = sampler(chain, disturbed.kernels);
          allow(sampler);
          disturbed.at(
              call,
              () -> {
                throw new OutOfMemoryError("injected");
              });
          try {
            sample(sampler, row, count);
            failed = false;
          } catch (OutOfMemoryError e) {
            failures++;
            assertEquals(0, sampler.position());
            Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::probability);
            Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::candidates);
            assertEquals(token, sample(sampler, row, count), chain::toString); // the mask is there
          }
          assertEquals(1, sampler.position());
          disturbed.at(-1, () -> {}); // read-outs may read the row again
          assertEquals(expected.probability(), sampler.probability(), chain::toString);
          assertArrayEquals(Chains.ids(expected.candidates()), Chains.ids(sampler.candidates()));
        }
      }
    }
    assertTrue(failures > 100, () -> "too few kernels failed");
  }

  /** A call in the middle of another, as another thread would make it, is an error that says so. */
  @Test
  void aSamplerThatIsInUseSaysSo() {
    float[] row = TestRows.of(TestRows.Distribution.NORMAL, LENGTH, 0, 3).logits();
    String message =
        "another thread uses this sampler, workspace or search at the same time: take one sampler"
            + " per sequence, one workspace per thread, and one Beams per search";
    Disturbed disturbed = new Disturbed();
    Sampler sampler = sampler(SamplerChain.of(Step.topK(3)), disturbed.kernels);
    List<Executable> calls =
        List.of(
            () -> sampler.sample(row),
            () -> sampler.sample(row, 0, LENGTH, 0.5),
            () -> sampler.next(row),
            () -> sampler.apply(row),
            () -> sampler.accept(1),
            () -> sampler.acceptPrompt(1),
            () -> sampler.rollback(0),
            () -> sampler.probabilities(new float[LENGTH], 0),
            sampler::fork,
            sampler::reset);
    for (Executable call : calls) {
      boolean[] made = {false};
      disturbed.at(
          0,
          () -> {
            made[0] = true;
            Failures.illegalState(message, call);
          });
      long position = sampler.position();
      sampler.sample(row);
      assertTrue(made[0]);
      assertEquals(position + 1, sampler.position());
      assertEquals(3, sampler.candidates().size());
    }
    Beams beams = Beams.of(1, LENGTH, 2, disturbed.kernels);
    int[] parents = new int[2];
    int[] tokens = new int[2];
    double[] scores = new double[1];
    double[] newScores = new double[2];
    Executable step = () -> beams.step(row, 0, LENGTH, scores, 1, parents, tokens, newScores);
    boolean[] made = {false};
    disturbed.at(
        0,
        () -> {
          made[0] = true;
          Failures.illegalState(message, step);
        });
    assertEquals(2, beams.step(row, 0, LENGTH, scores, 1, parents, tokens, newScores));
    assertTrue(made[0]);
  }

  /** The token is in range, or the error says that the row was wrong. */
  @Test
  void rowsMayChangeBeforeAnyCall() {
    float[] row = TestRows.of(TestRows.Distribution.NORMAL, LENGTH, 0, 3).logits();
    float[] values = {
      Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -1e4f, 50
    };
    int tokens = 0;
    int errors = 0;
    for (SamplerChain chain : chains()) {
      for (int count : new int[] {1, 6}) {
        Disturbed disturbed = new Disturbed();
        for (float value : values) {
          for (int step : new int[] {1, 7}) { // the whole row, or a part of it
            int call = 0;
            do {
              float[] changing = row.clone();
              Sampler sampler = sampler(chain, disturbed.kernels);
              allow(sampler);
              disturbed.at(
                  call,
                  () -> {
                    for (int i = 0; i < LENGTH; i += step) {
                      changing[i] = value;
                    }
                  });
              try {
                int token = sample(sampler, changing, count);
                assertTrue(token >= 0 && token < LENGTH, chain::toString);
                assertEquals(1, sampler.position());
                tokens++;
              } catch (IllegalArgumentException | IllegalStateException e) {
                assertEquals(0, sampler.position());
                errors++;
                assertThrows(IllegalStateException.class, sampler::probability);
              }
              call++;
            } while (disturbed.calls >= call);
          }
        }
      }
    }
    int both = Math.min(tokens, errors);
    assertTrue(both > 100, "too few rows changed");
  }
}
