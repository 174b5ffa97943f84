package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.logitkernels.Kernels;

/**
 * The errors of the soft cap by one cap, over floats of both signs: against {@code StrictMath.tanh}
 * in double, whose own error is below 2^-51. On the way it is seen that the order never turns, and
 * that the function is odd.
 */
public final class SoftCapErrors implements Sweep.Visitor {
  /** Those of models, others, and those at which logits must be stretched first. */
  public static final List<String> CAPS =
      List.of(
          "30",
          "50",
          "15",
          "20",
          "1",
          "0.3",
          "7.7",
          "100",
          "0.001",
          "33000",
          "0x1p-120",
          "0x1.fffffep127");

  /** Columns of maxima: ULP of near logits, and of far ones, and all in units of 2^-24. */
  static final int[] MAXIMA = {2, 3, 4};

  private static final double UNIT = 0x1p-24;

  private final Kernels kernels;
  private final String label;
  private final float cap;
  private final float[] results = new float[1 << 16];
  private final float[] negatives = new float[1 << 16];
  private final float[] beside = new float[1];
  private long floats;
  private double near;
  private double far;
  private double units;

  private SoftCapErrors(Kernels kernels, String label) {
    this.kernels = kernels;
    this.label = label;
    this.cap = Float.parseFloat(label);
  }

  /** One float in so many. */
  public static SoftCapErrors at(Kernels kernels, String label, int step) {
    return Sweep.floats(
            "soft cap of one float in " + step + " at " + label,
            step,
            () -> new SoftCapErrors(kernels, label))
        .stream()
        .reduce(SoftCapErrors::plus)
        .orElseThrow();
  }

  private SoftCapErrors plus(SoftCapErrors other) {
    floats += other.floats;
    near = Math.max(near, other.near);
    far = Math.max(far, other.far);
    units = Math.max(units, other.units);
    return this;
  }

  /** A line of the page. */
  public String line() {
    return "| cap %s | %,d | %s | %s | %s |"
        .formatted(
            label,
            floats,
            AccuracyPage.up(near, 4),
            AccuracyPage.up(far, 4),
            AccuracyPage.up(units, 4));
  }

  /** Ascending magnitudes of one sign. */
  @Override
  public void visit(float[] x, int length) {
    kernels.softCap(x, 0, length, cap, results, 0);
    for (int i = 0; i < length; i++) {
      negatives[i] = -x[i];
    }
    kernels.softCap(negatives, 0, length, cap, negatives, 0);
    beside[0] = before(x[0]);
    kernels.softCap(beside, 0, 1, cap, beside, 0);
    float last = Math.abs(beside[0]);
    for (int i = 0; i < length; i++) {
      float result = results[i];
      if (Float.floatToRawIntBits(negatives[i]) != Float.floatToRawIntBits(-result)) {
        assertEquals(-result, negatives[i], "not odd at " + x[i]);
      }
      float magnitude = Math.abs(result);
      if (!(magnitude >= last) || magnitude > cap) {
        assertTrue(magnitude >= last && magnitude <= cap, "the order turns at " + x[i]);
      }
      last = magnitude;
      error(Math.abs((double) x[i]), magnitude);
    }
  }

  /** The float nearer to 0, or 0. */
  private static float before(float x) {
    float magnitude = Math.abs(x);
    return Math.copySign(magnitude == 0 ? 0 : Math.nextDown(magnitude), x);
  }

  private void error(double x, float result) {
    double exact = exact(x, cap);
    double error = Math.abs(result - exact);
    if (exact < Float.MIN_NORMAL) {
      assertTrue(error <= Float.MIN_VALUE, () -> "at " + x + " " + result);
      return;
    }
    floats++;
    double ulps = error / Math.scalb(1.0, Math.getExponent(exact) - 23);
    if (x < 0.625 * cap) {
      near = Math.max(near, ulps);
    } else {
      far = Math.max(far, ulps);
    }
    units = Math.max(units, error / exact / UNIT);
  }

  /** In double, for x of at least 0. */
  static double exact(double x, double cap) {
    double z = x / cap;
    if (z < 0x1p-14) {
      return x - x * z * z / 3; // and less than 2^-58 of it
    }
    return z > 20 ? cap : cap * StrictMath.tanh(z);
  }
}
