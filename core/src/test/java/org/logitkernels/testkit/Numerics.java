package org.logitkernels.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.logitkernels.Step;

/**
 * The page docs/numerics.md written down a second time, section by section, from the page alone:
 * one row at one temperature, every sum and every sort in the plainest way.
 */
final class Numerics {
  private final float[] x;
  private final double temperature;

  // Section 2.
  private final double b;
  private final float s;
  private final float c;
  private final float max;

  Numerics(float[] x, double temperature) {
    this.x = x;
    this.temperature = temperature;
    b =
        0x1p-120 <= temperature && temperature <= 0x1p120
            ? 1
            : StrictMath.pow(2, -Math.getExponent(temperature) - 1);
    s = (float) (0x1.71547652b82fep0 / (temperature * b));
    float cut = (float) (-126 / (double) s);
    c = (double) cut * s < -126 ? Math.nextUp(cut) : cut;
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : x) {
      largest = Math.max(largest, logit);
    }
    max = largest == 0 ? 0 : largest;
  }

  private float difference(float logit, float from) {
    return b == 1 ? logit - from : (float) (((double) logit - from) * b);
  }

  float weight(float logit) {
    return weight(logit, max);
  }

  private float weight(float logit, float highest) {
    float d = difference(logit, highest);
    if (!(d >= c)) {
      return 0;
    }
    float m = Math.fma(d, s, 0x1.8p23f + 127);
    float r = Math.fma(d, s, (0x1.8p23f + 127) - m);
    float p = 0x1.3fa208p-13f;
    for (float coefficient :
        new float[] {
          0x1.5f0b82p-10f, 0x1.3b30ap-7f, 0x1.c6af76p-5f, 0x1.ebfbd8p-3f, 0x1.62e43p-1f, 1
        }) {
      p = Math.fma(p, r, coefficient);
    }
    return p * Float.intBitsToFloat(Float.floatToRawIntBits(m) << 23);
  }

  // Section 3.

  /** The running totals after each block, relative to the row's maximum. */
  double[] running() {
    double[] running = new double[(x.length + 1023) / 1024];
    double[] decay = new double[running.length];
    float highest = Float.NEGATIVE_INFINITY;
    double total = 0;
    for (int block = 0; block < running.length; block++) {
      float before = highest;
      for (int i = 1024 * block; i < x.length && i < 1024 * (block + 1); i++) {
        highest = Math.max(highest, x[i] + 0f);
      }
      decay[block] =
          highest > before ? StrictMath.exp(((double) before - highest) / temperature) : 1;
      if (highest > Float.NEGATIVE_INFINITY) {
        total = total * decay[block] + blockSum(block, highest);
      }
      running[block] = total;
    }
    double later = 1;
    for (int block = running.length - 1; block >= 0; block--) {
      running[block] *= later;
      later *= decay[block];
    }
    return running;
  }

  private float blockSum(int block, float highest) {
    float[] lane = new float[32];
    for (int i = 0; i < 1024 && 1024 * block + i < x.length; i++) {
      lane[i % 32] += weight(x[1024 * block + i], highest);
    }
    for (int h : new int[] {16, 8, 4, 2, 1}) {
      for (int l = 0; l < h; l++) {
        lane[l] = lane[l] + lane[l + h];
      }
    }
    return lane[0];
  }

  double total() {
    double[] running = running();
    return running[running.length - 1];
  }

  // Section 4.

  float[] softmax() {
    float[] y = new float[x.length];
    float factor = (float) (1 / total());
    for (int i = 0; i < x.length; i++) {
      y[i] = weight(x[i]) * factor;
    }
    return y;
  }

  float[] logSoftmax() {
    float[] y = new float[x.length];
    float h = temperature >= 1 ? 0.5f : 1;
    float factor = (float) (1 / (temperature * b)) / h;
    float logTotal = (float) StrictMath.log(total());
    for (int i = 0; i < x.length; i++) {
      y[i] = Math.fma(difference(x[i] * h, max * h), factor, -logTotal);
    }
    return y;
  }

  double[] logProbabilities() {
    double logTotal = StrictMath.log(total());
    return IntStream.range(0, x.length)
        .mapToDouble(i -> Math.min(0, ((double) x[i] - max) / temperature - logTotal) + 0.0)
        .toArray();
  }

  double logSumExp() {
    return max / temperature + StrictMath.log(total());
  }

  // Section 1.

  /** All unmasked tokens, best first. */
  List<Integer> order() {
    return new ArrayList<>(
        IntStream.range(0, x.length)
            .filter(id -> x[id] > Float.NEGATIVE_INFINITY)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(id -> -(x[id] + 0.0))
                    .thenComparing(Comparator.naturalOrder()))
            .toList());
  }

  // Section 5.

  /** The prefix of best-first tokens that holds the mass p of a total; the tokens' own if null. */
  List<Integer> nucleus(List<Integer> tokens, float p, boolean ofTokens) {
    double unit = 0x1p-44;
    for (long longest = 1L << 18; longest < x.length; longest *= 2) {
      unit *= 2;
    }
    long sum = 0;
    for (int id : tokens) {
      sum += mass(id, unit);
    }
    double total = ofTokens ? sum * unit : total();
    double need = Math.ceil((p * total - total * 0x1p-21) / unit);
    long mass = 0;
    for (int size = 1; size <= tokens.size(); size++) {
      mass += mass(tokens.get(size - 1), unit);
      if (mass >= need) {
        return tokens.subList(0, size);
      }
    }
    return tokens;
  }

  private long mass(int id, double unit) {
    return (long) Math.rint(weight(x[id]) / unit);
  }

  // Section 6.

  List<Integer> minP(List<Integer> tokens, float p) {
    float reach = p == 1 ? 0 : (float) (temperature * (StrictMath.log(p) - 0x1p-21));
    return tokens.stream().filter(id -> x[id] - max >= reach).toList();
  }

  // Section 7.

  static double uniform(long seed, long position) {
    long z = seed + (position + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    z = z ^ z >>> 31;
    return (z >>> 11) * 0x1p-53;
  }

  int drawFromRow(double u) {
    double[] running = running();
    double target = u * running[running.length - 1];
    int block = 0;
    while (!(running[block] > target)) {
      block++;
    }
    for (; ; block++) {
      double residue = block == 0 ? target : target - running[block - 1];
      int end = Math.min(x.length, 1024 * (block + 1));
      int token = draw(IntStream.range(1024 * block, end).boxed().toList(), residue);
      if (token >= 0) {
        return token;
      }
    }
  }

  double totalOf(List<Integer> survivors) {
    return survivors.stream().sorted().mapToDouble(id -> weight(x[id])).reduce(0, Double::sum);
  }

  int drawFromSurvivors(List<Integer> survivors, double u) {
    return draw(survivors.stream().sorted().toList(), u * totalOf(survivors));
  }

  private int draw(List<Integer> ascending, double residue) {
    double sum = 0;
    int last = -1;
    for (int id : ascending) {
      float weight = weight(x[id]);
      sum += weight;
      if (weight > 0) {
        last = id;
      }
      if (sum > residue && weight > 0) {
        return id;
      }
    }
    return last;
  }

  /**
   * What a chain leaves of a row.
   *
   * @param tokens the survivors, best first
   * @param probabilities theirs
   * @param token the one drawn
   * @param logProbability its
   */
  record Outcome(List<Integer> tokens, float[] probabilities, int token, double logProbability) {}

  /** A chain at work. */
  static Outcome sample(List<Step> steps, float[] x, double u) {
    double temperature = 1;
    boolean narrowed = false;
    List<Integer> tokens = new Numerics(x, 1).order();
    for (Step step : steps) {
      Numerics row = new Numerics(x, temperature);
      switch (step) {
        case Step.Temperature(float t) -> {
          if (t == 0) {
            tokens = tokens.subList(0, 1);
            narrowed = true;
          } else {
            temperature = Math.clamp(temperature * t, 0x1p-960, 0x1p960);
          }
        }
        case Step.TopK(int k) -> {
          tokens = tokens.subList(0, Math.min(k, tokens.size()));
          narrowed |= k < x.length;
        }
        case Step.TopP(float p) -> {
          if (p < 1) {
            tokens = row.nucleus(tokens, p, narrowed);
            narrowed = true;
          }
        }
        case Step.MinP(float p) -> {
          if (p > 0) {
            tokens = row.minP(tokens, p);
            narrowed = true;
          }
        }
        default -> throw new AssertionError(step);
      }
    }
    Numerics row = new Numerics(x, temperature);
    int token = narrowed ? row.drawFromSurvivors(tokens, u) : row.drawFromRow(u);
    double total = narrowed ? row.totalOf(tokens) : row.total();
    float[] probabilities = new float[tokens.size()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = row.weight(x[tokens.get(i)]) * (float) (1 / total);
    }
    return new Outcome(
        tokens,
        probabilities,
        token,
        ((double) x[token] - row.max) / temperature - StrictMath.log(total) + 0.0);
  }
}
