package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Chains of any steps on rows in any place, token after token: the same bits from every backend and
 * place, and from each step what it is meant to leave.
 */
public final class SamplerTarget {
  private static final int LONGEST = 2100;

  private SamplerTarget() {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    int vocabulary = cases.length(LONGEST);
    List<Step> steps = cases.steps(5, vocabulary);
    SamplerChain chain = SamplerChain.of(steps.toArray(new Step[0]));
    boolean masks = steps.stream().anyMatch(SamplerTarget::masks);
    boolean allows = steps.contains(Step.allowed());
    Sampler[] samplers = {
      chain.newSampler(vocabulary, 7, Kernels.scalar()),
      chain.newSampler(vocabulary, 7, Kernels.named("vector")),
      chain.newSampler(vocabulary, 7, Kernels.scalar()),
      chain.newSampler(vocabulary, 7, Kernels.named("vector"))
    };
    int[] prompt = cases.tokens(8, vocabulary);
    int[] text = cases.tokens(8, vocabulary);
    List<Integer> history = new ArrayList<>();
    for (Sampler sampler : samplers) {
      sampler.acceptPrompt(prompt);
      Arrays.stream(text).forEach(sampler::accept);
    }
    Arrays.stream(prompt).forEach(history::add);
    Arrays.stream(text).forEach(history::add);

    int length = cases.oneIn(8) ? cases.length(LONGEST) : vocabulary;
    float[] x = cases.row(length);
    for (int round = cases.between(1, 3); round > 0; round--) {
      HeldRow row = HeldRow.of(x, cases);
      double u = cases.orAny(cases.draw());
      long[] mask = cases.mask(vocabulary);
      if (allows && !cases.oneIn(10)) {
        Arrays.stream(samplers).forEach(sampler -> sampler.allow(mask));
      }
      int n = cases.oneIn(4) ? cases.between(1, 8) : 0;

      Outcome array = array(samplers[0], row, u, n);
      boolean valid = u >= 0 && u < 1 && length <= vocabulary;
      boolean lacks = length < vocabulary && steps.stream().anyMatch(s -> highest(s) >= length);
      if (!valid || row.hasIllegal() && !allows) {
        array.assertFailed(IllegalArgumentException.class);
      } else if (row.hasIllegal()) {
        // A mask may forbid the token, which is then not looked at.
      } else if (lacks) {
        assertTrue(array.failed(), "a token that the row lacks");
      } else if (row.isMasked()) {
        array.assertFailed(IllegalStateException.class);
      } else if (!masks) {
        array.assertSucceeded();
      }
      array.assertSame(array(samplers[1], row, u, n), "vector");
      if (n == 0) {
        array.assertSame(elsewhere(samplers[2], row, u), "elsewhere");
        array.assertSame(elsewhere(samplers[3], row, u), "vector, elsewhere");
      } else {
        array.assertSame(array(samplers[2], row, u, n), "again");
        array.assertSame(array(samplers[3], row, u, n), "vector, again");
      }
      row.assertUntouched();
      if (array.failed()) {
        return;
      }
      int token = array.first();
      Promises.ofSampler(samplers[0], row.logits(), token);
      if (n > 0) {
        assertFirst(samplers[3].fork(), row, u, mask, allows, token);
      } else if (history.size() == prompt.length + text.length && !steps.isEmpty()) {
        assertStep(steps, samplers[0], row, u, mask, prompt, text);
      }
      int next = cases.oneIn(4) ? cases.between(0, vocabulary - 1) : token;
      Arrays.stream(samplers).forEach(sampler -> sampler.accept(next));
      history.add(next);
      x = cases.oneIn(2) ? cases.row(length) : x;
    }
  }

  /** The highest id that a step biases or bans, or -1. */
  private static int highest(Step step) {
    List<Integer> ids =
        switch (step) {
          case Step.Banned(List<List<Integer>> sequences) ->
              sequences.stream().flatMap(List::stream).toList();
          case Step.MinLength(int n, List<Integer> ends) -> ends;
          case Step.LogitBias(SortedMap<Integer, Float> biases) -> List.copyOf(biases.keySet());
          default -> List.of();
        };
    return ids.stream().mapToInt(id -> id).max().orElse(-1);
  }

  private static boolean masks(Step step) {
    return switch (step) {
      case Step.Allowed a -> true;
      case Step.Banned b -> true;
      case Step.MinLength m -> true;
      case Step.NoRepeatNgram n -> true;
      case Step.LogitBias b -> b.biases().containsValue(Float.NEGATIVE_INFINITY);
      default -> false;
    };
  }

  private static Outcome array(Sampler sampler, HeldRow row, double u, int n) {
    int[] tokens = new int[n + 1];
    double[] perturbed = new double[n + 1];
    return Outcome.of(
        notes -> {
          if (n == 0) {
            notes.add(sampler.sample(row.array(), row.from(), row.to(), u));
          } else {
            Arrays.fill(tokens, -7);
            int drawn =
                sampler.sampleWithoutReplacement(
                    row.array(), row.from(), row.to(), u, n, tokens, perturbed);
            notes.add(tokens[0]);
            notes.add(drawn);
            notes.add(tokens);
            notes.add(perturbed);
            assertDistinct(row, n, drawn, tokens, perturbed);
          }
          readOut(sampler, row.length(), notes);
        });
  }

  private static void assertDistinct(
      HeldRow row, int n, int drawn, int[] tokens, double[] perturbed) {
    assertTrue(drawn >= 1 && drawn <= n);
    for (int i = 0; i < drawn; i++) {
      int token = tokens[i];
      assertTrue(row.logits()[token] > Float.NEGATIVE_INFINITY, "a masked token");
      assertTrue(i == 0 || perturbed[i] <= perturbed[i - 1], "not descending");
      for (int j = 0; j < i; j++) {
        assertTrue(tokens[j] != token, "a token drawn twice");
      }
    }
    assertEquals(-7, tokens[drawn]);
  }

  private static Outcome elsewhere(Sampler sampler, HeldRow row, double u) {
    return Outcome.of(
        notes -> {
          notes.add(row.sample(sampler, u));
          readOut(sampler, row.length(), notes);
        });
  }

  /** All that can be read out of a sampler. */
  private static void readOut(Sampler sampler, int length, Outcome.Notes notes) {
    float[] row = new float[length + 2];
    notes.add(sampler.probability());
    notes.add(sampler.logProbability());
    sampler.maskedLogits(row, 1);
    notes.add(row);
    sampler.probabilities(row, 1);
    notes.add(row);
    for (int i = 0; i < sampler.candidates().size(); i++) {
      notes.add(sampler.candidates().id(i));
      notes.add(sampler.candidates().probability(i));
    }
  }

  /** The first of several tokens is the one that is drawn alone. */
  private static void assertFirst(
      Sampler sampler, HeldRow row, double u, long[] mask, boolean allows, int token) {
    if (allows) {
      sampler.allow(mask);
    }
    assertEquals(token, sampler.sample(row.array(), row.from(), row.to(), u));
  }

  private static void assertStep(
      List<Step> steps,
      Sampler after,
      HeldRow row,
      double u,
      long[] mask,
      int[] prompt,
      int[] text) {
    Step last = steps.getLast();
    SamplerChain shorter = SamplerChain.of(steps.subList(0, steps.size() - 1).toArray(new Step[0]));
    Sampler before = shorter.newSampler(after.vocabularySize(), 7, Kernels.scalar());
    before.acceptPrompt(prompt);
    Arrays.stream(text).forEach(before::accept);
    if (shorter.steps().contains(Step.allowed())) {
      before.allow(mask);
    }
    before.sample(row.array(), row.from(), row.to(), u);
    float[] y = new float[row.length()];
    float[] z = new float[row.length()];
    before.maskedLogits(y, 0);
    after.maskedLogits(z, 0);
    List<Integer> history = new ArrayList<>();
    Arrays.stream(prompt).forEach(history::add);
    Arrays.stream(text).forEach(history::add);
    Promises.ofStep(last, before, y, z, history, mask);
  }
}
