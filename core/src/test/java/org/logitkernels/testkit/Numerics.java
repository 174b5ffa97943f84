package org.logitkernels.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.logitkernels.Step;

/**
 * The page docs/numerics.md written down a second time, section by section, from the page alone:
 * one row at one temperature, every sum and every sort in the plainest way.
 */
final class Numerics {
  // Section 2: the magic number that rounds to an integer.
  private static final float M = 0x1.8p23f;

  private final float[] x;
  private final double temperature;

  // Section 2: the stretch, the scale, its head and its tail.
  private final float b;
  private final double s;
  private final float s1;
  private final float s2;

  /** The reference of the row; null where all of it is masked. */
  private final Reference row;

  Numerics(float[] x, double temperature) {
    this.x = x;
    this.temperature = temperature;
    double clamped = Math.min(Math.max(temperature, 0x1p-164), 0x1p164);
    b = clamped < 0x1p-100 ? 0x1p64f : clamped > 0x1p100 ? 0x1p-64f : 1;
    s = 0x1.71547652b82fep0 / (clamped * b);
    float head = (float) s;
    if ((Float.floatToRawIntBits(head) & 1) == 0) {
      head = s >= head ? Math.nextUp(head) : Math.nextDown(head);
    }
    s1 = head;
    s2 = (float) (s - s1);
    row = reference(IntStream.range(0, x.length).boxed().toList());
  }

  /**
   * What weights are relative to.
   *
   * @param max the largest logit, never -0
   * @param near whether it is a near reference
   * @param n the integer exponent
   * @param origin the logit from which others are counted
   */
  private record Reference(float max, boolean near, int n, float origin) {}

  private double exponent(float logit) {
    return (double) (logit * b) * s;
  }

  /** The reference of the largest of these logits; null where all are masked. */
  private Reference reference(List<Integer> ids) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int id : ids) {
      largest = Math.max(largest, x[id]);
    }
    if (largest == Float.NEGATIVE_INFINITY) {
      return null;
    }
    float max = largest == 0 ? 0 : largest;
    double e = exponent(max);
    return Math.abs(e) < 65536
        ? new Reference(max, true, (int) Math.ceil(e), 0)
        : new Reference(max, false, 0, max);
  }

  /**
   * A power of two before it is one float: {@code p * 2^exponent}.
   *
   * @param v the logit, from the reference's origin and stretched
   * @param isTerm whether the exponent is at least -126
   */
  private record Power(float v, boolean isTerm, float p, int exponent) {}

  private Power power(float logit, Reference reference) {
    float v = (logit - reference.origin) * b;
    float t = Math.fma(v, s1, M - reference.n);
    float n = t - (M - reference.n);
    float r = Math.fma(v, s2, Math.fma(v, s1, -n));
    float p = 0x1.3fa208p-13f;
    for (float coefficient :
        new float[] {
          0x1.5f0b82p-10f, 0x1.3b30ap-7f, 0x1.c6af76p-5f, 0x1.ebfbd8p-3f, 0x1.62e43p-1f, 1
        }) {
      p = Math.fma(p, r, coefficient);
    }
    return new Power(v, t >= M - 126, p, (int) n - reference.n);
  }

  private float weight(float logit, Reference reference) {
    Power power = power(logit, reference);
    if (!power.isTerm || power.exponent == -126 && power.p < 1) {
      return 0;
    }
    return power.p * Math.scalb(1f, power.exponent);
  }

  /** By the row's reference. */
  float weight(float logit) {
    return weight(logit, row);
  }

  // Section 3.

  private int blocks() {
    return (x.length + 1023) / 1024;
  }

  private List<Integer> block(int block) {
    return IntStream.range(1024 * block, Math.min(x.length, 1024 * (block + 1))).boxed().toList();
  }

  /** The sum of a block, or of its weights times their distances from its largest logit. */
  private double blockSum(int block, Reference reference, boolean byDistance) {
    double[] lane = new double[32];
    for (int l = 0; l < 32; l++) {
      float[] q = new float[8];
      for (int g = 0; g < 8; g++) {
        for (int j = 0; j < 4; j++) {
          int id = 1024 * block + 128 * g + 32 * j + l;
          if (id < x.length) {
            q[g] = add(q[g], power(x[id], reference), reference, byDistance);
          }
        }
      }
      lane[l] = ((q[0] + q[1]) + (q[2] + q[3])) + ((q[4] + q[5]) + (q[6] + q[7]));
    }
    for (int h : new int[] {16, 8, 4, 2, 1}) {
      for (int l = 0; l < h; l++) {
        lane[l] = lane[l] + lane[l + h];
      }
    }
    return lane[0];
  }

  private float add(float q, Power power, Reference reference, boolean byDistance) {
    if (!power.isTerm) {
      return q;
    }
    float scale = Math.scalb(1f, power.exponent);
    if (!byDistance) {
      return Math.fma(power.p, scale, q);
    }
    float d = reference.near ? reference.max * b - power.v : -power.v;
    return Math.fma(power.p * scale, d, q);
  }

  private double factor(Reference block) {
    double e;
    if (block.near && row.near) {
      e = block.n - row.n;
    } else if (!block.near && !row.near) {
      e = ((double) block.max - row.max) * b * s;
    } else if (row.near) {
      e = exponent(block.max) - row.n;
    } else {
      e = block.n - exponent(row.max);
    }
    if (e < -125) {
      return 0;
    }
    return block.near && row.near
        ? Math.scalb(1.0, (int) e)
        : StrictMath.exp(e * 0x1.62e42fefa39efp-1);
  }

  /** The running totals after each block. */
  double[] running() {
    double[] running = new double[blocks()];
    double total = 0;
    for (int block = 0; block < running.length; block++) {
      Reference reference = reference(block(block));
      if (reference != null) {
        total = total + blockSum(block, reference, false) * factor(reference);
      }
      running[block] = total;
    }
    return running;
  }

  double total() {
    return running()[blocks() - 1];
  }

  private double inWeightsOfTheMaximum(double total) {
    return total / weight(row.max);
  }

  // Section 4.

  private static float probability(float weight, double total) {
    double inverse = 1 / total;
    float f1 = (float) inverse;
    float f2 = (float) (inverse - f1);
    return Math.fma(weight, f1, weight * f2);
  }

  float[] softmax() {
    float[] y = new float[x.length];
    double total = total();
    for (int i = 0; i < x.length; i++) {
      y[i] = probability(weight(x[i]), total);
    }
    return y;
  }

  float[] logSoftmax() {
    float[] y = new float[x.length];
    float h = temperature >= 1 ? 0.5f : 1;
    float factor = (float) (1 / (temperature * b)) / h;
    float logZ = (float) StrictMath.log(inWeightsOfTheMaximum(total()));
    for (int i = 0; i < x.length; i++) {
      float d = (x[i] * h - row.max * h) * b;
      y[i] = Math.fma(d, factor, -logZ);
    }
    return y;
  }

  double[] logProbabilities() {
    double total = total();
    return IntStream.range(0, x.length).mapToDouble(i -> logProbability(x[i], total)).toArray();
  }

  private double logProbability(float logit, double total) {
    double logZ = StrictMath.log(inWeightsOfTheMaximum(total));
    return Math.min(0, ((double) logit - row.max) / temperature - logZ) + 0.0;
  }

  double logSumExp() {
    return row.max / temperature + StrictMath.log(inWeightsOfTheMaximum(total()));
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

  /** The prefix of best-first tokens that holds the mass p of a total; the tokens' own if asked. */
  List<Integer> nucleus(List<Integer> tokens, float p, boolean ofTokens) {
    double unit = 0x1p-44;
    for (long longest = 1L << 18; longest < x.length; longest *= 2) {
      unit *= 2;
    }
    Reference reference = ofTokens ? reference(tokens) : row;
    long sum = 0;
    for (int id : tokens) {
      sum += mass(id, reference, unit);
    }
    double total = ofTokens ? sum * unit : total();
    double need = Math.ceil((p * total - total * 0x1p-21) / unit);
    long mass = 0;
    for (int size = 1; size <= tokens.size(); size++) {
      mass += mass(tokens.get(size - 1), reference, unit);
      if (mass >= need) {
        return tokens.subList(0, size);
      }
    }
    return tokens;
  }

  private long mass(int id, Reference reference, double unit) {
    return (long) Math.rint(weight(x[id], reference) / unit);
  }

  // Section 6. These steps keep the best token, so the row's maximum is the survivors'.

  List<Integer> minP(List<Integer> tokens, float p) {
    return cut(tokens, p == 1 ? 0 : (float) (temperature * (StrictMath.log(p) - 0x1p-21)));
  }

  List<Integer> epsilonCutoff(List<Integer> tokens, double epsilon, boolean ofTokens) {
    double z = inWeightsOfTheMaximum(ofTokens ? totalOf(tokens) : total());
    float reach = (float) (temperature * (StrictMath.log(epsilon * z) - 0x1p-21));
    return cut(tokens, Math.min(0, reach));
  }

  List<Integer> etaCutoff(List<Integer> tokens, float epsilon, boolean ofTokens) {
    double entropy = ofTokens ? entropyOf(tokens) : entropy();
    double eta = Math.min(epsilon, Math.sqrt(epsilon) * StrictMath.exp(-entropy));
    return epsilonCutoff(tokens, eta, ofTokens);
  }

  List<Integer> pLess(List<Integer> tokens, boolean ofTokens) {
    Numerics half = new Numerics(x, temperature / 2);
    double z2 = half.inWeightsOfTheMaximum(ofTokens ? half.totalOf(tokens) : half.total());
    double z = inWeightsOfTheMaximum(ofTokens ? totalOf(tokens) : total());
    double logarithm = Math.min(0, StrictMath.log(z2 / z));
    return cut(tokens, (float) (temperature * (logarithm - 0x1p-21)));
  }

  private List<Integer> cut(List<Integer> tokens, float reach) {
    return tokens.stream().filter(id -> x[id] - row.max >= reach).toList();
  }

  double entropy() {
    double r = 0;
    for (int block = 0; block < blocks(); block++) {
      Reference reference = reference(block(block));
      double factor = reference == null ? 0 : factor(reference);
      if (factor > 0) {
        double sum = blockSum(block, reference, false);
        double q = blockSum(block, reference, true);
        r += factor * (q + ((double) row.max - reference.max) * b * sum);
      }
    }
    double total = total();
    double logZ = StrictMath.log(inWeightsOfTheMaximum(total));
    return Math.max(0, logZ + r / (total * temperature * b));
  }

  private double entropyOf(List<Integer> survivors) {
    double total = totalOf(survivors);
    double logZ = StrictMath.log(inWeightsOfTheMaximum(total));
    double sum = 0;
    for (int id : survivors.stream().sorted().toList()) {
      float weight = weight(x[id]);
      if (weight > 0) {
        sum += weight * (logZ - ((double) x[id] - row.max) / temperature);
      }
    }
    return Math.max(0, sum / total);
  }

  /** The divergence of this row from another, both at temperature 1. */
  double divergence(Numerics y) {
    double r = 0;
    float n = y.row.max;
    for (int block = 0; block < blocks(); block++) {
      Reference reference = reference(block(block));
      double factor = reference == null ? 0 : factor(reference);
      if (factor == 0) {
        continue;
      }
      Reference other = y.reference(block(block));
      float top = other == null ? 0 : other.max;
      boolean huge = Math.abs(reference.max) >= 0x1p100f || Math.abs(top) >= 0x1p100f;
      float h = huge ? 0x1p-12f : 1;
      float c = reference.max * h - top * h;
      double[] lane = new double[32];
      for (int l = 0; l < 32; l++) {
        float[] z = new float[8];
        for (int i = l; i < 1024 && 1024 * block + i < x.length; i += 32) {
          int id = 1024 * block + i;
          Power power = power(x[id], reference);
          if (power.isTerm) {
            float d = (x[id] * h - y.x[id] * h) - c;
            z[i / 128] = Math.fma(power.p * Math.scalb(1f, power.exponent), d, z[i / 128]);
          }
        }
        lane[l] = ((z[0] + z[1]) + (z[2] + z[3])) + ((z[4] + z[5]) + (z[6] + z[7]));
      }
      for (int half : new int[] {16, 8, 4, 2, 1}) {
        for (int l = 0; l < half; l++) {
          lane[l] = lane[l] + lane[l + half];
        }
      }
      double sum = blockSum(block, reference, false);
      r += factor * (lane[0] / h + ((double) c / h - ((double) row.max - n)) * sum);
    }
    double total = total();
    double logZ = StrictMath.log(inWeightsOfTheMaximum(total));
    double otherLogZ = StrictMath.log(y.inWeightsOfTheMaximum(y.total()));
    return Math.max(0, r / total + (otherLogZ - logZ));
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
    return draw(block(block), block == 0 ? target : target - running[block - 1]);
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

  /** Section 6: the soft cap of a logit. */
  static float softCap(float x, float cap) {
    if (Float.isNaN(x) || Float.isInfinite(x)) {
      return x;
    }
    float bound = 0.625f * cap;
    if (Math.abs(x) < bound) {
      return nearCap(x, cap);
    }
    float b = capStretch(cap);
    float k = (float) (2 * 0x1.71547652b82fep0 / ((double) cap * b));
    float end = (float) Math.min(16.0 * cap, Float.MAX_VALUE);
    float v = Math.min(Math.abs(x), end) * b;
    float n = Math.fma(v, k, M) - M;
    float r = Math.fma(v, k, -n);
    float[] c = {
      0x1.3fa208p-13f,
      0x1.5f0b82p-10f,
      0x1.3b30ap-7f,
      0x1.c6af76p-5f,
      0x1.ebfbd8p-3f,
      0x1.62e43p-1f,
      1
    };
    float p = c[0];
    for (int i = 1; i < c.length; i++) {
      p = Math.fma(p, r, c[i]);
    }
    float d = (float) ((double) Math.scalb(p, (int) n) + 1); // exact in double
    float y = Math.fma(-cap, 2 / d, cap);
    float floor = nearCap(Math.nextDown(bound), cap);
    y = y < floor ? floor : y;
    return x < 0 ? -y : y;
  }

  private static float capStretch(float cap) {
    return cap < 0x1p-100f ? 0x1p64f : cap > 0x1p100f ? 0x1p-64f : 1;
  }

  private static float nearCap(float x, float cap) {
    if (x == 0) {
      return x;
    }
    float b = capStretch(cap);
    float z = x * b * (float) (1 / ((double) cap * b));
    float s = z * z;
    float[] c = {-0x1.75e1ccp-8f, 0x1.52269cp-6f, -0x1.b83c5ap-5f, 0x1.110726p-3f, -0x1.555532p-2f};
    float q = c[0];
    for (int i = 1; i < c.length; i++) {
      q = Math.fma(q, s, c[i]);
    }
    return Math.fma(x, s * q, x);
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

  /** A chain at work. Its steps keep the best token. */
  static Outcome sample(List<Step> steps, float[] given, double u) {
    float[] x = given;
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
        case Step.EpsilonCutoff(float epsilon) -> {
          if (epsilon > 0) {
            tokens = row.epsilonCutoff(tokens, epsilon, narrowed);
            narrowed = true;
          }
        }
        case Step.EtaCutoff(float epsilon) -> {
          if (epsilon > 0) {
            tokens = row.etaCutoff(tokens, epsilon, narrowed);
            narrowed = true;
          }
        }
        case Step.PLess p -> {
          tokens = row.pLess(tokens, narrowed);
          narrowed = true;
        }
        case Step.SoftCap(float cap) -> {
          double scaled = Math.min(Math.max(cap * temperature, 0x1p-149), Float.MAX_VALUE);
          float[] capped = new float[x.length];
          for (int i = 0; i < capped.length; i++) {
            capped[i] = softCap(x[i], (float) scaled);
          }
          Set<Integer> left = new HashSet<>(tokens);
          x = capped;
          tokens = new Numerics(x, 1).order().stream().filter(left::contains).toList();
        }
        default -> throw new AssertionError(step);
      }
    }
    Numerics row = new Numerics(x, temperature);
    int token = narrowed ? row.drawFromSurvivors(tokens, u) : row.drawFromRow(u);
    double total = narrowed ? row.totalOf(tokens) : row.total();
    float[] probabilities = new float[tokens.size()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = probability(row.weight(x[tokens.get(i)]), total);
    }
    return new Outcome(tokens, probabilities, token, row.logProbability(x[token], total));
  }
}
