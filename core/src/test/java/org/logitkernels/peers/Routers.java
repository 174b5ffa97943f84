package org.logitkernels.peers;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Routers of models, in double arithmetic, written from the sources that {@code Routing} names. An
 * expert that is not chosen has the weight NaN.
 */
final class Routers {
  private Routers() {}

  /** DeepSeek-V3: sigmoids, a bias, the best groups by two, renormalised and scaled. */
  static double[] deepSeekV3(
      double[] logits, int k, int groups, int kept, float[] bias, boolean norm, double scale) {
    double[] scores = Arrays.stream(logits).map(x -> 1 / (1 + Math.exp(-x))).toArray();
    double[] forChoice = new double[scores.length];
    Arrays.setAll(forChoice, i -> scores[i] + bias[i]);
    int size = scores.length / groups;
    double[] groupScores = new double[groups];
    for (int g = 0; g < groups; g++) {
      double[] group = Arrays.copyOfRange(forChoice, g * size, (g + 1) * size);
      groupScores[g] = Arrays.stream(best(group, 2)).mapToDouble(i -> group[i]).sum();
    }
    boolean[] keeps = new boolean[groups];
    for (int g : best(groupScores, kept)) {
      keeps[g] = true;
    }
    for (int i = 0; i < forChoice.length; i++) {
      forChoice[i] = keeps[i / size] ? forChoice[i] : 0; // as there
    }
    return pick(scores, best(forChoice, k), norm ? 1e-20 : Double.NaN, scale);
  }

  /** Softmax over all experts, the best of them, perhaps renormalised: Mixtral, Qwen3-MoE. */
  static double[] softmax(double[] logits, int k, boolean norm) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double[] p = Arrays.stream(logits).map(x -> Math.exp(x - max)).toArray();
    double sum = Arrays.stream(p).sum();
    double[] shares = Arrays.stream(p).map(w -> w / sum).toArray();
    return pick(shares, best(shares, k), norm ? 0 : Double.NaN, 1);
  }

  /** The best logits, then softmax over these: gpt-oss. */
  static double[] gptOss(double[] logits, int k) {
    int[] chosen = best(logits, k);
    double[] weights = new double[logits.length];
    Arrays.setAll(weights, i -> Math.exp(logits[i] - logits[chosen[0]]));
    return pick(weights, chosen, 0, 1);
  }

  /** The best logits, the others -Infinity, then sigmoids: Llama 4. */
  static double[] llama4(double[] logits, int k) {
    double[] scores = Arrays.stream(logits).map(x -> 1 / (1 + Math.exp(-x))).toArray();
    return pick(scores, best(logits, k), Double.NaN, 1);
  }

  private static int[] best(double[] values, int k) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.<Integer>comparingDouble(i -> -values[i]))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The weights of the chosen, divided by their sum and an epsilon unless that is NaN. */
  private static double[] pick(double[] weights, int[] chosen, double epsilon, double scale) {
    double sum = Double.isNaN(epsilon) ? 1 : epsilon;
    for (int i : chosen) {
      sum += Double.isNaN(epsilon) ? 0 : weights[i];
    }
    double[] result = new double[weights.length];
    Arrays.fill(result, Double.NaN);
    for (int i : chosen) {
      result[i] = weights[i] / sum * scale;
    }
    return result;
  }
}
