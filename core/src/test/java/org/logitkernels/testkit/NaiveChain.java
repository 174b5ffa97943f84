package org.logitkernels.testkit;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.logitkernels.Step;

/**
 * The meaning of the steps, as naively as it can be said: tokens sorted best first, weights in
 * double from {@link StrictMath#exp}. Every step leaves a prefix of what it finds.
 */
final class NaiveChain {
  private NaiveChain() {}

  /** The ids of all unmasked tokens, by logit descending and then by ascending id. */
  static int[] order(float[] x) {
    return IntStream.range(0, x.length)
        .filter(id -> x[id] > Float.NEGATIVE_INFINITY)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(id -> -(x[id] + 0.0))
                .thenComparing(Comparator.naturalOrder()))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * How many of the best-first tokens a step keeps at a temperature.
   *
   * @param slack added to the mass that top-p must reach, as a share of the total
   */
  static int kept(Step step, float[] x, int[] tokens, double temperature, double slack) {
    return switch (step) {
      case Step.Temperature(float t) -> t == 0 ? 1 : tokens.length;
      case Step.TopK(int k) -> Math.min(k, tokens.length);
      case Step.MinP(float p) -> p == 0 ? tokens.length : minP(p, x, tokens, temperature);
      case Step.TopP(float p) -> p == 1 ? tokens.length : topP(p, x, tokens, temperature, slack);
      default -> throw new AssertionError(step);
    };
  }

  /** The temperature after a step. */
  static double temperature(Step step, double temperature) {
    return step instanceof Step.Temperature(float t) && t > 0 ? temperature * t : temperature;
  }

  private static int minP(float p, float[] x, int[] tokens, double temperature) {
    float threshold = p == 1 ? 0 : (float) (temperature * (StrictMath.log(p) - 0x1p-21));
    int kept = 0;
    while (kept < tokens.length && x[tokens[kept]] - x[tokens[0]] >= threshold) {
      kept++;
    }
    return kept;
  }

  private static int topP(float p, float[] x, int[] tokens, double temperature, double slack) {
    double total = 0;
    for (double weight : weights(x, tokens, temperature)) {
      total += weight;
    }
    double need = p * total - total * 0x1p-21 + slack * total;
    double mass = 0;
    int kept = 0;
    do {
      mass += weight(x, tokens, kept, temperature);
      kept++;
    } while (mass < need && kept < tokens.length);
    return kept;
  }

  /** The weights of best-first tokens. */
  static double[] weights(float[] x, int[] tokens, double temperature) {
    return IntStream.range(0, tokens.length)
        .mapToDouble(i -> weight(x, tokens, i, temperature))
        .toArray();
  }

  private static double weight(float[] x, int[] tokens, int i, double temperature) {
    return StrictMath.exp(((double) x[tokens[i]] - x[tokens[0]]) / temperature);
  }
}
