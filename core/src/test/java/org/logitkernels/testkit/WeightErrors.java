package org.logitkernels.testkit;

import java.util.List;
import java.util.Locale;
import org.logitkernels.internal.Backend;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Survivors;

/**
 * How far weights are from {@code exp(x / T)}, the maximum being 0: in ULP, which are those of the
 * exact value, and fractions of them.
 *
 * <p>The exact value is {@link StrictMath#exp} in double, which with the rounding of {@code x / T}
 * is within 2^-22 ULP of a float of it. Where that leaves open how it rounds to a float, {@link
 * DoubleDouble} tells.
 */
public final class WeightErrors implements Sweep.Visitor {
  /** Of all floats, apart from powers of two, the one with the most rounding in log2(e) / T. */
  public static final String WORST = "1.4424632";

  /**
   * The temperatures of docs/accuracy.md, floats. At {@link #WORST} the scale is rounded the most;
   * beyond 2^-120 and 2^120 differences are stretched.
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
          WORST,
          "0x1p-149",
          "0x1p-130",
          "0x1p-120",
          "0x1p120",
          "0x1p125",
          "0x1.fffffep127");

  /** Which columns of a line are maxima. */
  static final int[] MAXIMA = {2, 3, 4, 5, 10, 11};

  /** Maxima are told apart by distance from the maximum in units of T: up to these, and all. */
  private static final double[] REACHES = {1, 8, 32, Double.POSITIVE_INFINITY};

  /** Nearer to the maximum than this the weight rounds to 1: too many floats to count in a mean. */
  private static final double NEAR = 0x1p-25;

  /** In ULP: more than the reference is off. */
  private static final double GUARD = 0x1p-21;

  private static final double LN_2 = 0x1.62e42fefa39efp-1;

  private final Backend backend;
  private final String label;
  private final float temperature;
  private final Survivors survivors = new Survivors(1 << 16);
  private final double roundingOfScale;

  private long weights;
  private long zeros;
  private long far;
  private long correct;
  private long doubtful;
  private long sum; // in 2^-20 ULP: adds up to the same whatever the order
  private final double[] most = new double[REACHES.length];
  private float at;
  private double ofBound;
  private double apartFromScale;

  /** Of a backend at a temperature as {@link #TEMPERATURES} writes it. */
  public WeightErrors(Backend backend, String label) {
    this.backend = backend;
    this.label = label;
    this.temperature = Float.parseFloat(label);
    this.roundingOfScale = roundingOfScale(temperature);
    survivors.reserve(survivors.capacity());
  }

  /** By how much, relative, {@code log2(e) / T} is rounded to a float. */
  public static double roundingOfScale(float temperature) {
    double exact = 0x1.71547652b82fep0 / (temperature * Exponential.stretch(temperature));
    return (Exponential.scale(temperature) - exact) / exact;
  }

  /** Measures a slice of differences. */
  @Override
  public void visit(float[] floats, int length) {
    System.arraycopy(floats, 0, survivors.values, 0, length);
    survivors.size = length;
    survivors.max = 0;
    backend.weights(survivors, temperature);
    for (int i = 0; i < length; i++) {
      add(floats[i], survivors.weights[i]);
    }
  }

  private void add(float x, float weight) {
    double power = x / (double) temperature;
    if (weight == 0) {
      // Above the least weight only within the error of a weight: the cutoff is a float.
      if (power > -126 * LN_2 * (1 - 0x1p-22) || Float.floatToRawIntBits(weight) != 0) {
        throw new AssertionError("T = " + label + ", x = " + x + ": " + weight);
      }
      zeros++;
      return;
    }
    weights++;
    double exact = power > -0x1p-28 ? 1 + power : StrictMath.exp(power);
    int exponent = Math.max(Math.getExponent(exact), Float.MIN_EXPONENT);
    double perUlp = Double.longBitsToDouble((long) (1023 + 23 - exponent) << 52);
    double ulps = Math.abs(weight - exact) * perUlp;
    for (int i = 0; i < REACHES.length; i++) {
      if (ulps > most[i] && -power <= REACHES[i]) {
        most[i] = ulps;
        if (i == REACHES.length - 1) {
          at = x;
        }
      }
    }
    ofBound = Math.max(ofBound, Math.abs(weight / exact - 1) / Accuracy.weight(-power));
    double shift = power * roundingOfScale;
    double ofScaled = weight / (exact * (1 + shift * (1 + shift / 2))) - 1;
    apartFromScale = Math.max(apartFromScale, Math.abs(ofScaled) / Accuracy.UNIT);
    if (-power < NEAR) {
      if (weight != 1) {
        throw new AssertionError("T = " + label + ", x = " + x + ": " + weight);
      }
      return;
    }
    far++;
    sum += Math.round(ulps * 0x1p20);
    float rounded = (float) exact;
    double inUlps = exact * perUlp;
    if (Math.abs(inUlps - Math.floor(inUlps) - 0.5) < GUARD) {
      doubtful++;
      rounded = round(new DoubleDouble(x, 0).dividedBy(temperature).exp(), rounded);
    }
    correct += weight == rounded ? 1 : 0;
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

  /** Takes in what another thread measured at the same temperature. */
  public WeightErrors plus(WeightErrors that) {
    int last = REACHES.length - 1;
    if (that.most[last] > most[last] || that.most[last] == most[last] && that.at > at) {
      at = that.at;
    }
    for (int i = 0; i <= last; i++) {
      most[i] = Math.max(most[i], that.most[i]);
    }
    weights += that.weights;
    zeros += that.zeros;
    far += that.far;
    correct += that.correct;
    doubtful += that.doubtful;
    sum += that.sum;
    ofBound = Math.max(ofBound, that.ofBound);
    apartFromScale = Math.max(apartFromScale, that.apartFromScale);
    return this;
  }

  /** How many floats it has seen. */
  public long count() {
    return weights + zeros;
  }

  /** The line of docs/accuracy.md; maxima are rounded up. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %s | %s | %s | %s | %s | %.4f | %.2f %% | %d | %s | %s |",
        label,
        weights,
        AccuracyPage.up(most[0], 4),
        AccuracyPage.up(most[1], 3),
        AccuracyPage.up(most[2], 2),
        AccuracyPage.up(most[3], 2),
        at,
        sum * 0x1p-20 / Math.max(1, far),
        100.0 * correct / Math.max(1, far),
        doubtful,
        AccuracyPage.up(ofBound, 3),
        AccuracyPage.up(apartFromScale, 3));
  }
}
