package org.logitkernels.testkit;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.logitkernels.Routing;

/**
 * A random routing, with rows for it, and routing by its definition: the choice in plain sorts, the
 * weights in double.
 */
public final class Routings {
  private static final int[] USUAL = {4, 8, 16, 32, 60, 64, 128, 160, 192, 256, 384, 512};

  final int experts;
  final int k;
  final Routing.Scoring scoring;
  final float[] bias;
  final boolean biased;
  final int groups;
  final int kept;
  final boolean two;
  final boolean renormalised;
  final float scale;

  /** The random one of a seed. */
  public Routings(Random random) {
    experts = random.nextBoolean() ? USUAL[random.nextInt(USUAL.length)] : 4 + random.nextInt(509);
    k = 1 + random.nextInt(Math.min(experts, random.nextBoolean() ? 8 : 32));
    scoring = Routing.Scoring.values()[random.nextInt(4)];
    biased = random.nextBoolean();
    bias = new float[experts];
    boolean coarse = random.nextBoolean();
    for (int i = 0; i < experts && biased; i++) {
      float b = (float) random.nextGaussian() * 0.1f;
      bias[i] = coarse ? Math.round(b * 8) / 8f : b;
    }
    int[] divisors = IntStream.rangeClosed(1, experts).filter(g -> experts % g == 0).toArray();
    groups = random.nextBoolean() ? 1 : divisors[random.nextInt(divisors.length)];
    int least = (k + experts / groups - 1) / (experts / groups);
    kept = least + random.nextInt(groups - least + 1);
    two = groups < experts && random.nextBoolean();
    renormalised = random.nextBoolean();
    scale = random.nextBoolean() ? 1 : 2.5f;
  }

  /** As the API has it. */
  public Routing routing() {
    Routing routing = Routing.of(experts, k, scoring);
    routing = biased ? routing.withBias(bias) : routing;
    return routing
        .withGroups(groups, kept, two ? Routing.GroupScore.BEST_TWO : Routing.GroupScore.BEST)
        .withRenormalisation(renormalised)
        .withScale(scale);
  }

  /**
   * Logits of a random kind: as they come, whole numbers, near to each other, any float, masked.
   */
  public static float[] logits(Random random, int length) {
    float[] x = new float[length];
    int kind = random.nextInt(7);
    for (int i = 0; i < length; i++) {
      float g = (float) random.nextGaussian();
      x[i] =
          switch (kind) {
            case 0 -> 2.5f * g;
            case 1 -> Math.round(2 * g);
            case 2 -> 5 + g * 1e-3f;
            case 3 -> -5 + g * 1e-6f;
            case 4 -> Float.intBitsToFloat(random.nextInt());
            case 5 -> 40 * g;
            default -> random.nextInt(3) == 0 ? Float.NEGATIVE_INFINITY : g;
          };
      if (!(x[i] < Float.POSITIVE_INFINITY)) {
        x[i] = -0f;
      }
    }
    return x;
  }

  /**
   * Logits of which most are masked, in runs: groups are left with two experts, one or none. The
   * others are small, or so large that sums of two are beyond the floats.
   */
  static float[] mostlyMasked(Random random, int length) {
    float[] x = new float[length];
    float share = random.nextFloat();
    float size = random.nextBoolean() ? 2 : 3e38f;
    for (int i = 0, left = 0; i < length; i++, left--) {
      if (left == 0) {
        left = 1 + random.nextInt(20);
        share = random.nextBoolean() ? random.nextFloat() : 1;
      }
      x[i] =
          random.nextFloat() < share
              ? Float.NEGATIVE_INFINITY
              : Math.clamp(size * (float) random.nextGaussian(), -Float.MAX_VALUE, size);
    }
    return x;
  }

  /** The scores of a row: -Infinity for what cannot be chosen. */
  double[] scores(float[] x, int at, float[] probabilities) {
    double[] scores = new double[experts];
    for (int i = 0; i < experts; i++) {
      double score = x[at + i];
      if (scoring == Routing.Scoring.SIGMOID) {
        score = (float) sigmoid(score);
      } else if (scoring == Routing.Scoring.SOFTMAX && (biased || two && kept < groups)) {
        score = probabilities[i];
      }
      scores[i] = x[at + i] == Float.NEGATIVE_INFINITY ? x[at + i] : (float) (score + bias[i]);
    }
    if (kept < groups) {
      int size = experts / groups;
      double[] best = new double[groups];
      for (int g = 0; g < groups; g++) {
        double[] left =
            Arrays.stream(scores, g * size, (g + 1) * size)
                .filter(score -> score > Double.NEGATIVE_INFINITY)
                .sorted()
                .toArray();
        double sum = 0; // of the best one or two: what is masked is none of them
        for (int i = Math.max(0, left.length - (two ? 2 : 1)); i < left.length; i++) {
          sum += left[i];
        }
        sum = (float) Math.max(sum, -Float.MAX_VALUE);
        best[g] = left.length == 0 ? Double.NEGATIVE_INFINITY : sum;
      }
      int[] order = bestFirst(best);
      for (int i = kept; i < groups; i++) {
        Arrays.fill(scores, order[i] * size, (order[i] + 1) * size, Double.NEGATIVE_INFINITY);
      }
    }
    return scores;
  }

  /** Places by value descending, then by place. */
  static int[] bestFirst(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> values[a] != values[b] ? Double.compare(values[b], values[a]) : a - b)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The weights of the chosen, in double. */
  double[] weights(float[] x, int at, int[] chosen) {
    double[] weights = new double[k];
    boolean sigmoid =
        scoring == Routing.Scoring.SIGMOID || scoring == Routing.Scoring.CHOSEN_SIGMOID;
    double max = Double.NEGATIVE_INFINITY;
    boolean all = scoring == Routing.Scoring.SOFTMAX && !renormalised;
    for (int i = 0; i < (all ? experts : k); i++) {
      max = Math.max(max, x[at + (all ? i : chosen[i])]);
    }
    double sum = sigmoid ? 1e-20 : 0;
    for (int i = 0; i < (all ? experts : k); i++) {
      double logit = x[at + (all ? i : chosen[i])];
      sum += sigmoid ? sigmoid(logit) : StrictMath.exp(logit - max);
    }
    for (int j = 0; j < k; j++) {
      double logit = x[at + chosen[j]];
      weights[j] = sigmoid ? sigmoid(logit) : StrictMath.exp(logit - max);
      weights[j] /= sigmoid && !renormalised ? 1 : sum;
      weights[j] *= scale;
    }
    return weights;
  }

  static double sigmoid(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }

  @Override
  public String toString() {
    return routing().toString();
  }
}
