package org.logitkernels.testkit;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * Draws have the frequencies that the definitions of the steps give, in double and from nothing of
 * the library: over vocabularies from 2 to 262,144, over neighbouring seeds, and jointly for two
 * tokens in a row.
 *
 * <p>Seeds are fixed. Of about 70 checks each fails for others once in {@code 1 / ChiSquare.ALARM}.
 * The profile {@code thorough} makes {@link #SCALE} times as many draws.
 */
public interface StatisticsContract extends KernelsUnderTest {
  /** How many times as many draws as usual. */
  int SCALE = Integer.getInteger("logitkernels.test.draws", 1);

  /** Draws of a kernel from rows of any length, their expectations in double-double. */
  @Example
  default void frequenciesAreThoseOfSoftmaxAtEveryLength() {
    for (int length : new int[] {2, 3, 17, 1000, 1025, 32_000, 262_144}) {
      for (TestRows.Distribution distribution :
          List.of(
              TestRows.Distribution.NORMAL,
              TestRows.Distribution.PEAKED,
              TestRows.Distribution.FLAT)) {
        TestRow row = TestRows.of(distribution, length, 5, length);
        int draws = SCALE * Math.clamp(7_500_000L / length, 500, 100_000);
        Workspace workspace = Workspace.of(length);
        SplittableRandom stream = new SplittableRandom(length);
        int[] counts = new int[length];
        for (int i = 0; i < draws; i++) {
          double u = (stream.nextLong() >>> 11) * 0x1p-53;
          counts[kernels().sample(row.array(), row.from(), row.to(), 1.3f, u, workspace)]++;
        }
        Oracle oracle = new Oracle(row.logits(), 1.3f);
        double[] weights = IntStream.range(0, length).mapToDouble(oracle::weight).toArray();
        ChiSquare.assertFits(row.toString(), weights, counts);
      }
    }
  }

  /** Two tokens in a row, the first accepted, from seeds 0, 1, 2 and so on. */
  @Example
  default void pairsHaveTheFrequenciesOfTheirSteps() {
    float[] row = {1.5f, -0.25f, 0.75f, 2, -1.5f, 0.5f, 1.25f, -3, 0.125f, 1.75f, -0.75f};
    int seeds = SCALE * 20_000;
    for (Expected expected : Expected.all()) {
      int[] counts = new int[row.length * row.length];
      for (long seed = 0; seed < seeds; seed++) {
        Sampler sampler = expected.chain().newSampler(row.length, seed, kernels());
        sampler.acceptPrompt(Expected.PROMPT);
        int first = expected.draw(sampler, row);
        sampler.accept(first);
        counts[first * row.length + expected.draw(sampler, row)]++;
      }
      double[] pairs = new double[counts.length];
      double[] firsts = expected.probabilities(row, -1);
      for (int i = 0; i < row.length; i++) {
        if (firsts[i] > 0) {
          double[] seconds = expected.probabilities(row, i);
          for (int j = 0; j < row.length; j++) {
            pairs[i * row.length + j] = firsts[i] * seconds[j];
          }
        }
      }
      ChiSquare.assertFits(expected.chain().toString(), pairs, counts);
    }
  }

  /** The same steps on 4,500 tokens: other kernels, blocks and survivors. */
  @Example
  default void longerRowsHaveTheFrequenciesOfTheirSteps() {
    float[] row = TestRows.of(TestRows.Distribution.NORMAL, 4500, 0, 64).logits();
    for (int id = 0; id < row.length; id += 450) {
      row[id] += 6; // a head that is there behind every filter
    }
    int draws = SCALE * 2_000;
    for (Expected expected : Expected.all()) {
      int[] counts = new int[row.length];
      Sampler sampler = expected.chain().newSampler(row.length, 8, kernels());
      sampler.acceptPrompt(Expected.PROMPT);
      for (int i = 0; i < draws; i++) {
        sampler.position(i); // so that steps may draw again with nothing accepted
        counts[expected.draw(sampler, row)]++;
      }
      ChiSquare.assertFits("long, " + expected.chain(), expected.probabilities(row, -1), counts);
    }
  }

  /** Ordered pairs without replacement from what a nucleus leaves, over neighbouring seeds. */
  @Example
  default void pairsWithoutReplacementHaveTheirFrequencies() {
    float[] row = {1.5f, -0.25f, 0.75f, 2, -1.5f, 0.5f, 1.25f, -3, 0.125f, 1.75f, -0.75f};
    SamplerChain chain = SamplerChain.of(Step.temperature(1.5f), Step.topP(0.93f));
    int[] counts = new int[row.length * row.length];
    int[] tokens = new int[2];
    for (long seed = 0; seed < SCALE * 60_000L; seed++) {
      chain
          .newSampler(row.length, seed, kernels())
          .sampleWithoutReplacement(row, 0, row.length, 2, tokens, new double[2]);
      counts[tokens[0] * row.length + tokens[1]]++;
    }
    double[] p = Expected.softmax(Expected.topP(Expected.scaled(row, 1.5f), 0.93f));
    double[] pairs = new double[counts.length];
    for (int i = 0; i < p.length; i++) {
      for (int j = 0; j < p.length; j++) {
        pairs[i * p.length + j] = i == j ? 0 : p[i] * p[j] / (1 - p[i]);
      }
    }
    ChiSquare.assertFits("without replacement", pairs, counts);
  }

  /**
   * A chain and its meaning: logits in double, with minus infinity for what is gone.
   *
   * @param chain the chain
   * @param meaning what its tokens' probabilities are
   */
  record Expected(SamplerChain chain, Meaning meaning) {
    static final int[] PROMPT = {3, 9, 3};
    private static final double GONE = Double.NEGATIVE_INFINITY;

    /** Probabilities from a row, given the token drawn before, or -1. */
    interface Meaning {
      double[] of(float[] row, int before);
    }

    double[] probabilities(float[] row, int before) {
      return meaning.of(row, before);
    }

    int draw(Sampler sampler, float[] row) {
      if (chain.steps().contains(Step.allowed())) {
        sampler.allow(new long[] {0b110_1101_0111});
      }
      return sampler.sample(row);
    }

    static List<Expected> all() {
      return List.of(
          of((x, b) -> softmax(scaled(x, 1.7f)), Step.temperature(1.7f)),
          of((x, b) -> softmax(topK(scaled(x, 1), 4)), Step.topK(4)),
          of((x, b) -> softmax(topP(topK(scaled(x, 1), 7), 0.8f)), Step.topK(7), Step.topP(0.8f)),
          of(
              (x, b) -> softmax(topP(scaled(x, 1.2f), 0.9f)),
              Step.temperature(1.2f),
              Step.topP(0.9f)),
          of((x, b) -> softmax(atLeast(scaled(x, 1), 0.1f * max(x))), Step.minP(0.1f)),
          of(
              (x, b) -> scaledAfter(atLeast(scaled(x, 1), 0.1f * max(x)), 2),
              Step.minP(0.1f),
              Step.temperature(2)),
          of((x, b) -> softmax(typical(scaled(x, 1), 0.7f)), Step.typical(0.7f)),
          of((x, b) -> softmax(topNSigma(scaled(x, 1), 1)), Step.topNSigma(1)),
          of(
              (x, b) -> mixed(0.4f, softmax(xtc(scaled(x, 1), 0.08f)), softmax(scaled(x, 1))),
              Step.xtc(0.4f, 0.08f)),
          of((x, b) -> softmax(atLeast(scaled(x, 1), 0.05f)), Step.epsilonCutoff(0.05f)),
          of((x, b) -> softmax(eta(scaled(x, 1), 0.1f)), Step.etaCutoff(0.1f)),
          of((x, b) -> softmax(topH(topK(scaled(x, 1), 8), 0.6f)), Step.topH(0.6f, 8)),
          of((x, b) -> softmax(pLess(scaled(x, 1.5f))), Step.temperature(1.5f), Step.pLess()),
          of(
              (x, b) -> softmax(dynamic(scaled(x, 1), 0.5f, 2, 1.5f)),
              Step.dynamicTemperature(0.5f, 2, 1.5f)),
          of((x, b) -> softmax(minKeep(x)), Step.minP(0.9f).minKeep(3)),
          of((x, b) -> mirostat1(x, b), Step.mirostatV1(2, 0.5f, 6)),
          of((x, b) -> mirostat2(x, b), Step.mirostatV2(1.5f, 0.5f)),
          of((x, b) -> adaptive(x, b), Step.adaptiveP(0.2f, 0.5f)),
          of(
              (x, b) -> penalised(x, b, (l, n) -> l > 0 ? l / 1.3f : l * 1.3f, true),
              Step.repetitionPenalty(1.3f)),
          of((x, b) -> penalised(x, b, (l, n) -> l - 0.6f * n, false), Step.frequencyPenalty(0.6f)),
          of((x, b) -> penalised(x, b, (l, n) -> l - 0.9f, false), Step.presencePenalty(0.9f)),
          of(
              (x, b) -> penalised(x, b, (l, n) -> l - 0.3f * n, true),
              Step.frequencyPenalty(0.3f, 64, true)),
          of(
              (x, b) -> changed(x, b == 9 ? -0.8f * 1.75f : -0.8f, repeating(b)),
              Step.dry(0.8f, 1.75f, 1, 64)),
          of((x, b) -> changed(x, GONE, repeating(b)), Step.noRepeatNgram(2)),
          of((x, b) -> changed(x, 1.25, 2), Step.logitBias(Map.of(2, 1.25f))),
          of(
              (x, b) -> b == 6 ? changed(x, GONE, 0) : changed(x, GONE),
              Step.banned(new int[] {6, 0})),
          of((x, b) -> b < 0 ? changed(x, GONE, 3) : changed(x, GONE), Step.minLength(1, 3)),
          of((x, b) -> softmax(allowed(x)), Step.allowed()));
    }

    private static Expected of(Meaning meaning, Step... steps) {
      return new Expected(SamplerChain.of(steps), meaning);
    }

    static double[] scaled(float[] row, double temperature) {
      return IntStream.range(0, row.length).mapToDouble(i -> row[i] / temperature).toArray();
    }

    private static double[] scaledAfter(double[] x, double temperature) {
      return softmax(Arrays.stream(x).map(l -> l / temperature).toArray());
    }

    static double[] softmax(double[] x) {
      double max = Arrays.stream(x).max().orElseThrow();
      double[] p = Arrays.stream(x).map(l -> StrictMath.exp(l - max)).toArray();
      double total = Arrays.stream(p).sum();
      return Arrays.stream(p).map(w -> w / total).toArray();
    }

    private static double max(float[] row) {
      return Arrays.stream(softmax(scaled(row, 1))).max().orElseThrow();
    }

    private static double entropy(double[] p) {
      return -Arrays.stream(p).filter(q -> q > 0).map(q -> q * StrictMath.log(q)).sum();
    }

    /** Ids by a key ascending, then by id. */
    private static int[] by(double[] key) {
      return IntStream.range(0, key.length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> key[i]))
          .mapToInt(Integer::intValue)
          .toArray();
    }

    private static int[] order(double[] x) {
      return by(Arrays.stream(x).map(l -> -l).toArray());
    }

    private static double[] first(double[] x, int[] order, int n) {
      double[] kept = new double[x.length];
      Arrays.fill(kept, GONE);
      for (int i = 0; i < Math.min(n, x.length); i++) {
        kept[order[i]] = x[order[i]];
      }
      return kept;
    }

    private static double[] topK(double[] x, int k) {
      return first(x, order(x), k);
    }

    private static double[] mass(double[] x, int[] order, double p) {
      double[] q = softmax(x);
      int n = 0;
      for (double sum = 0; sum < p && n < x.length; n++) {
        sum += q[order[n]];
      }
      return first(x, order, n);
    }

    static double[] topP(double[] x, double p) {
      return mass(x, order(x), p);
    }

    /** What has a probability of at least p, and the best in any case. */
    private static double[] atLeast(double[] x, double p) {
      double[] q = softmax(x);
      double least = Math.min(p, Arrays.stream(q).max().orElseThrow());
      return IntStream.range(0, x.length).mapToDouble(i -> q[i] >= least ? x[i] : GONE).toArray();
    }

    private static double[] typical(double[] x, double p) {
      double[] q = softmax(x);
      double entropy = entropy(q);
      return mass(x, by(Arrays.stream(q).map(w -> Math.abs(-Math.log(w) - entropy)).toArray()), p);
    }

    private static double[] topNSigma(double[] x, double n) {
      double mean = Arrays.stream(x).average().orElseThrow();
      double sigma =
          Math.sqrt(Arrays.stream(x).map(l -> (l - mean) * (l - mean)).average().orElseThrow());
      double least = Arrays.stream(x).max().orElseThrow() - n * sigma;
      return Arrays.stream(x).map(l -> l >= least ? l : GONE).toArray();
    }

    private static double[] xtc(double[] x, double threshold) {
      double[] q = softmax(x);
      int top = (int) Arrays.stream(q).filter(w -> w >= threshold).count();
      double[] left = x.clone();
      int[] order = order(x);
      for (int i = 0; i < top - 1; i++) {
        left[order[i]] = GONE;
      }
      return left;
    }

    private static double[] mixed(double share, double[] p, double[] q) {
      return IntStream.range(0, p.length)
          .mapToDouble(i -> share * p[i] + (1 - share) * q[i])
          .toArray();
    }

    private static double[] eta(double[] x, double epsilon) {
      return atLeast(
          x, Math.min(epsilon, Math.sqrt(epsilon) * StrictMath.exp(-entropy(softmax(x)))));
    }

    private static double[] pLess(double[] x) {
      return atLeast(x, Arrays.stream(softmax(x)).map(q -> q * q).sum());
    }

    private static double[] topH(double[] x, double h) {
      double[] q = softmax(x);
      double budget = h * entropy(q);
      int[] order = order(x);
      int n = 0;
      double spent = 0;
      while (q[order[n]] > 0 && spent - q[order[n]] * Math.log(q[order[n]]) <= budget) {
        spent -= q[order[n]] * Math.log(q[order[n]]);
        n++;
      }
      return first(x, order, Math.max(n, 1));
    }

    private static double[] dynamic(double[] x, double min, double max, double exponent) {
      double share = entropy(softmax(x)) / Math.log(x.length);
      double temperature = min + (max - min) * StrictMath.pow(share, exponent);
      return Arrays.stream(x).map(l -> l / temperature).toArray();
    }

    private static double[] minKeep(float[] row) {
      double[] x = scaled(row, 1);
      double[] q = softmax(x);
      long n = Arrays.stream(q).filter(w -> w >= 0.9f * max(row)).count();
      return topK(x, (int) Math.max(3, n));
    }

    private static double[] mirostat1(float[] row, int before) {
      double[] x = scaled(row, 1);
      int[] order = order(x);
      double products = 0;
      double squares = 0;
      for (int i = 0; i < 5; i++) {
        double t = Math.log((i + 2.0) / (i + 1));
        products += t * (x[order[i]] - x[order[i + 1]]);
        squares += t * t;
      }
      double s = products / squares;
      double mu = 4;
      double[] p = {};
      for (int call = 0; call <= (before < 0 ? 0 : 1); call++) {
        if (call == 1) {
          mu -= 0.5 * (-Math.log(p[before]) / Math.log(2) - 2);
        }
        double k = Math.pow((s - 1) * Math.pow(2, mu) / (1 - Math.pow(x.length, 1 - s)), 1 / s);
        p = softmax(topK(x, Double.isNaN(k) ? x.length : (int) Math.clamp(k, 1, x.length)));
      }
      return p;
    }

    private static double[] mirostat2(float[] row, int before) {
      double[] x = scaled(row, 1);
      double[] p = surprising(x, 3);
      return before < 0 ? p : surprising(x, 3 - 0.5 * (-Math.log(p[before]) / Math.log(2) - 1.5));
    }

    /** Not above mu bits. */
    private static double[] surprising(double[] x, double mu) {
      return softmax(atLeast(x, Math.pow(2, -mu)));
    }

    private static double[] adaptive(float[] row, int before) {
      double[] q = softmax(scaled(row, 1));
      double average = before < 0 ? 0.2f : (q[before] + 0.5 * 0.2f / 0.5) / (1 + 0.5 / 0.5);
      double goal = Math.clamp(2 * 0.2f - average, 0.0, 1.0);
      return softmax(
          Arrays.stream(q)
              .map(w -> Math.abs(w - goal) / 0.3)
              .map(d -> 5 - 10 * d * d / (1 + d))
              .toArray());
    }

    /** A logit after n occurrences. */
    private interface Penalty {
      double of(double logit, int n);
    }

    private static double[] penalised(float[] row, int before, Penalty penalty, boolean prompt) {
      double[] x = scaled(row, 1);
      for (int id = 0; id < x.length; id++) {
        int n = id == before ? 1 : 0;
        for (int token : PROMPT) {
          n += prompt && token == id ? 1 : 0;
        }
        x[id] = n > 0 ? penalty.of(x[id], n) : x[id];
      }
      return softmax(x);
    }

    /** What followed the last token before: behind 3 9 3 it is 9, behind 3 9 3 3 both 9 and 3. */
    private static int[] repeating(int before) {
      return switch (before) {
        case -1 -> new int[] {9};
        case 3 -> new int[] {9, 3};
        case 9 -> new int[] {3};
        default -> new int[] {};
      };
    }

    private static double[] changed(float[] row, double by, int... tokens) {
      double[] x = scaled(row, 1);
      for (int token : tokens) {
        x[token] += by;
      }
      return softmax(x);
    }

    private static double[] allowed(float[] row) {
      double[] x = scaled(row, 1);
      for (int id = 0; id < x.length; id++) {
        x[id] = id < 11 && (0b110_1101_0111 >>> id & 1) == 1 ? x[id] : GONE;
      }
      return x;
    }
  }
}
