package org.logitkernels.testkit;

import java.util.List;
import java.util.Locale;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * How far weights are from {@code 2^(x log2(e) / T - N)}: in ULP, which are those of the exact
 * value, and relative. N is of the maximum, and only an exponent: it cannot touch the error, which
 * is of x and T alone. So every float that can have a weight is measured once, whatever rows there
 * are; that it has the same bits by other maxima is tried beside it.
 *
 * <p>The exact value is {@code 2^r} by {@link StrictMath#exp}, r what is left of x log2(e) / T
 * without its nearest integer, in double-double until then: within 2^-27 ULP of a float. Where that
 * leaves open how it rounds to a float, {@link DoubleDouble} tells.
 *
 * <p>Left out are the floats with {@code |x s| < 2^-25}, s = log2(e) / T, which are most of all:
 * there n is 0 and |r| below 2^-24.9, so the polynomial's last step adds less than ln 2 * 2^-24.9 <
 * 2^-25 to 1 and rounds to 1. The weight is 2^-N exactly, right to 0.35 * 2^-24. And of differences
 * from a maximum of 0 those with {@code x s < -128}: {@code fma(x, s1, M)} rises with x, so all of
 * them stay below the cut, and their weight is +0. Of both some are tried.
 */
public final class WeightErrors {
  /** The float temperature whose log2(e) / T one float alone would round the most. */
  public static final String WORST_HEAD = "1.4424632";

  /** The float temperature with the largest tail of log2(e) / T beside its odd head. */
  public static final String WORST_TAIL = "1.4425578";

  /** The float temperature of which most is lost behind head and tail. */
  public static final String WORST_REST = "1.4426886";

  /**
   * The float temperature nearest to log2(e): s rounded to a float is 1, and with that head every
   * half-integer x would be a tie.
   */
  public static final String WOULD_TIE = "1.442695";

  /**
   * The temperatures of docs/accuracy.md, floats: ordinary ones; the worst, but for their products
   * with powers of two; the last at which logits are taken as they are, and the first at which they
   * are stretched; the least and the largest.
   */
  public static final List<String> TEMPERATURES =
      List.of(
          "0.01",
          "0.25",
          "0.7",
          "0.8",
          "1",
          "1.5",
          "3",
          "100",
          WORST_HEAD,
          WORST_TAIL,
          WORST_REST,
          WOULD_TIE,
          "0x1p-149",
          "0x1p-130",
          "0x1.fffffep-101",
          "0x1p-100",
          "0x1p100",
          "0x1.000002p100",
          "0x1p125",
          "0x1.fffffep127");

  /** Which columns of a line are maxima. */
  static final int[] MAXIMA = {2, 3, 4, 5, 6};

  /** Maxima are told apart by |x s|: up to these. Differences with a weight have up to 126. */
  private static final double[] REACHES = {1, 126, Double.POSITIVE_INFINITY};

  /** Blocks whose maximum has |max s| below this are near ones. */
  private static final double NEAR = 0x1p16;

  /** A weight below 2^-126 is 0. */
  private static final int LOWEST = -126;

  /** Below this |x s| the weight is 2^-N. */
  private static final double FLAT = 0x1p-25;

  /** One in so many of the floats that are left out is tried. */
  private static final int TRIED = 1009;

  /** So many floats are weighed by one maximum at most, and so many binades of weights. */
  private static final int SLICE = 1 << 13;

  private static final int SPAN = 64;

  /** So many times a far maximum is doubled: beyond, its neighbours have no weight. */
  private static final int DOUBLINGS = 16;

  /** In ULP: more than the reference is off. */
  private static final double GUARD = 0x1p-24;

  private static final int SIGN = 0x80000000;
  private static final int INFINITY = 0x7f800000;
  private static final DoubleDouble LOG2_E =
      new DoubleDouble(0x1.71547652b82fep0, 0x1.777d0ffda0d24p-56);

  private final Backend backend;
  private final String label;
  private final float temperature;
  private final DoubleDouble power; // log2(e) / T
  private final float stretch; // b of the definition
  private final double scale; // s of the definition
  private final float largestNear;
  private final Survivors survivors = new Survivors(SLICE);
  private final float[] floats = new float[SLICE];
  private final float[] weights = new float[SLICE];

  private long count;
  private long zeros;
  private long correct;
  private long doubtful;
  private long sum; // in 2^-20 ULP: adds up to the same whatever the order
  private final double[] most = new double[REACHES.length];
  private double relative;
  private float at;

  private WeightErrors(Backend backend, String label) {
    this.backend = backend;
    this.label = label;
    this.temperature = Float.parseFloat(label);
    this.power = LOG2_E.dividedBy(temperature);
    this.stretch = temperature < 0x1p-100 ? 0x1p64f : temperature > 0x1p100 ? 0x1p-64f : 1;
    this.scale = 0x1.71547652b82fep0 / (temperature * (double) stretch);
    this.largestNear = below(NEAR);
    survivors.reserve(SLICE);
  }

  /** Measures every float that can occur at a temperature, or one in {@code step} of them. */
  public static WeightErrors at(Backend backend, String temperature, int step) {
    WeightErrors range = new WeightErrors(backend, temperature);
    int first = Float.floatToRawIntBits(range.below(FLAT)) + 1;
    int positives = slices(first, Float.floatToRawIntBits(range.largestNear), step);
    int negatives = slices(first, Float.floatToRawIntBits(range.below(NEAR - LOWEST + 1)), step);
    WeightErrors errors =
        Sweep.run(
                "accuracy of one float in " + step + " at T = " + temperature,
                positives + negatives,
                () -> new WeightErrors(backend, temperature),
                (thread, slice) -> {
                  boolean negative = slice >= positives;
                  int from = first + (negative ? slice - positives : slice) * (SLICE * step);
                  float end = range.below(negative ? NEAR - LOWEST + 1 : NEAR);
                  thread.measure(negative ? SIGN : 0, from, Float.floatToRawIntBits(end), step);
                })
            .stream()
            .reduce(WeightErrors::plus)
            .orElseThrow();
    errors.tryRest(first, step);
    errors.tryFarMaxima();
    return errors;
  }

  private static int slices(int first, int last, int step) {
    int count = last < first ? 0 : (last - first) / step + 1;
    return (count + SLICE - 1) / SLICE;
  }

  /** The largest finite float with {@code x s < bound}. */
  private float below(double bound) {
    float x = (float) Math.min(bound / power.hi(), Float.MAX_VALUE);
    while (x * power.hi() >= bound) {
      x = Math.nextDown(x);
    }
    return x;
  }

  /** N of a maximum. */
  private int exponent(float max) {
    return (int) Math.ceil((double) (max * stretch) * scale);
  }

  private void measure(int sign, int firstBits, int lastBits, int step) {
    int length = 0;
    for (int bits = firstBits; bits <= lastBits && length < SLICE; bits += step) {
      floats[length++] = Float.intBitsToFloat(sign | bits);
    }
    int end;
    for (int start = 0; start < length; start = end) {
      double limit = Math.abs(floats[start]) + SPAN / power.hi();
      end = start + 1;
      while (end < length && Math.abs(floats[end]) <= limit) {
        end++;
      }
      measureRun(start, end);
    }
  }

  /** Weighs neighbouring floats of one sign by the largest of them, and tries other maxima. */
  private void measureRun(int start, int end) {
    float best = Math.max(floats[start], floats[end - 1]);
    float max = Math.max(best, -largestNear);
    weigh(start, end, max);
    System.arraycopy(survivors.weights, 0, weights, 0, end - start);
    int n = exponent(max);
    for (int i = start; i < end; i++) {
      add(floats[i], weights[i - start], n);
    }
    float other = (float) ((n + SPAN / 2 + 0.5) / power.hi()); // an odd number of binades above
    if (Math.abs(other) <= largestNear) {
      tryMaximum(start, end, n, other);
    }
    if (best < 0 && best * power.hi() > LOWEST - 2) {
      tryMaximum(start, end, n, 0);
      for (int i = start; i < end; i++) {
        zeros += survivors.weights[i - start] == 0 && floats[i] * power.hi() > LOWEST - 2 ? 1 : 0;
      }
    }
  }

  private void weigh(int start, int end, float max) {
    System.arraycopy(floats, start, survivors.values, 0, end - start);
    survivors.size = end - start;
    survivors.max = max;
    backend.weights(survivors, temperature);
  }

  /** By a larger maximum weights have other exponents, or are cut, and nothing else changes. */
  private void tryMaximum(int start, int end, int n, float max) {
    weigh(start, end, max);
    double shift = Math.scalb(1.0, n - exponent(max));
    for (int i = start; i < end; i++) {
      double expected = weights[i - start] * shift;
      float actual = survivors.weights[i - start];
      require(actual == (expected < 0x1p-126 ? 0 : expected), floats[i], actual);
    }
  }

  private void add(float x, float weight, int n) {
    double high = x * power.hi();
    double low = Math.fma((double) x, power.hi(), -high) + x * power.lo();
    double whole = Math.rint(high);
    int exponent = (int) whole;
    double exact = StrictMath.exp(((high - whole) + low) * 0x1.62e42fefa39efp-1);
    count++;
    if (weight == 0) {
      double bound = Math.scalb(1 + Accuracy.WEIGHT, LOWEST + n - exponent);
      require(exact < bound && Float.floatToRawIntBits(weight) == 0, x, weight);
      return;
    }
    require(weight >= Float.MIN_NORMAL, x, weight);
    double significand = weight * Double.longBitsToDouble((long) (1023 + n - exponent) << 52);
    double perUlp = exact < 1 ? 0x1p24 : 0x1p23;
    double error = Math.abs(significand - exact);
    double ulps = error * perUlp;
    for (int i = 0; i < REACHES.length; i++) {
      if (ulps > most[i] && Math.abs(high) <= REACHES[i]) {
        most[i] = ulps;
      }
    }
    double ofExact = error / exact;
    if (ofExact > relative || ofExact == relative && x > at) {
      relative = ofExact;
      at = x;
    }
    sum += Math.round(ulps * 0x1p20);
    float rounded = (float) exact;
    double inUlps = exact * perUlp;
    if (Math.abs(inUlps - Math.floor(inUlps) - 0.5) < GUARD) {
      doubtful++;
      DoubleDouble rest = power.times(x).minus(new DoubleDouble(whole, 0));
      rounded = round(rest.times(DoubleDouble.LN_2).exp(), rounded);
    }
    correct += significand == rounded ? 1 : 0;
  }

  /** The float nearest to a number of which a neighbour is known. */
  private static float round(DoubleDouble exact, float near) {
    float best = near;
    for (float other : new float[] {Math.nextDown(near), Math.nextUp(near)}) {
      DoubleDouble middle = new DoubleDouble(((double) best + other) / 2, 0);
      double beyond = exact.minus(middle).hi();
      if (other > best ? beyond > 0 : beyond < 0) {
        best = other;
      }
    }
    return best;
  }

  /** Some of the floats that are left out, and counts those whose weight is 0. */
  private void tryRest(int first, int step) {
    int lastFlat = first - 1;
    for (int bits = 0; bits <= lastFlat; bits = next(bits, step, lastFlat)) {
      tryWeight(Float.intBitsToFloat(bits), Float.intBitsToFloat(lastFlat));
      tryWeight(Float.intBitsToFloat(SIGN | bits), 0);
    }
    int deep = Float.floatToRawIntBits(below(2 - LOWEST)) + 1;
    zeros += INFINITY - deep + 1;
    for (int bits = deep; bits <= INFINITY; bits = next(bits, step, INFINITY)) {
      floats[0] = Float.intBitsToFloat(SIGN | bits);
      weigh(0, 1, 0);
      require(Float.floatToRawIntBits(survivors.weights[0]) == 0, floats[0], survivors.weights[0]);
    }
  }

  /** By a far maximum weights are those of the differences, which are exact, by a maximum of 0. */
  private void tryFarMaxima() {
    float far = Math.nextUp(largestNear);
    for (int i = 0;
        i < DOUBLINGS && far + SLICE * Math.ulp(far) <= Float.MAX_VALUE;
        i++, far *= 2) {
      for (float max : new float[] {far, -far}) {
        tryFarMaximum(max);
      }
    }
  }

  private void tryFarMaximum(float max) {
    float ulp = Math.ulp(max);
    for (int i = 0; i < SLICE; i++) {
      floats[i] = max - i * ulp;
    }
    weigh(0, SLICE, max);
    System.arraycopy(survivors.weights, 0, weights, 0, SLICE);
    for (int i = 0; i < SLICE; i++) {
      floats[i] -= max;
    }
    weigh(0, SLICE, 0);
    for (int i = 0; i < SLICE; i++) {
      require(survivors.weights[i] == weights[i], floats[i], survivors.weights[i]);
    }
  }

  private static int next(int bits, int step, int last) {
    long next = bits + (long) TRIED * step;
    return bits < last ? (int) Math.min(next, last) : last + 1;
  }

  private void tryWeight(float x, float max) {
    floats[0] = x;
    weigh(0, 1, max);
    require(survivors.weights[0] == Math.scalb(1f, -exponent(max)), x, survivors.weights[0]);
  }

  private void require(boolean condition, float x, float weight) {
    if (!condition) {
      throw new AssertionError("T = " + label + ", x = " + x + ": " + weight);
    }
  }

  /** Takes in what another thread measured at the same temperature. */
  private WeightErrors plus(WeightErrors that) {
    for (int i = 0; i < most.length; i++) {
      most[i] = Math.max(most[i], that.most[i]);
    }
    if (that.relative > relative || that.relative == relative && that.at > at) {
      relative = that.relative;
      at = that.at;
    }
    count += that.count;
    zeros += that.zeros;
    correct += that.correct;
    doubtful += that.doubtful;
    sum += that.sum;
    return this;
  }

  /** The line of docs/accuracy.md; maxima are rounded up. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %s | %s | %s | %s | %s | %s | %.4f | %.2f %% | %d | %,d |",
        label,
        count,
        AccuracyPage.up(most[0], 4),
        AccuracyPage.up(most[1], 4),
        AccuracyPage.up(most[2], 4),
        AccuracyPage.up(relative / Accuracy.UNIT, 4),
        AccuracyPage.up(relative / Accuracy.WEIGHT, 4),
        at,
        sum * 0x1p-20 / Math.max(1, count),
        100.0 * correct / Math.max(1, count),
        doubtful,
        zeros);
  }
}
