package org.logitkernels.internal;

import java.util.Arrays;

/**
 * What a step remembers of the tokens that were drawn: mirostat's mu, or adaptive-p's average and
 * the probabilities that it has changed.
 */
public final class Feedback {
  private static final double LN_2 = StrictMath.log(2);
  private static final float PEAK = 5;
  private static final float SHARPNESS = 10;
  private static final float PER_WIDTH = 1 / 0.3f;

  private final double start;
  private final double decay;

  /** Mirostat's mu, in bits; adaptive-p's weighted sum of probabilities. */
  private double value;

  /** Adaptive-p's sum of weights. */
  private double weight;

  private int[] ids = {};
  private float[] weights = {};
  private int size;
  private double total;

  private Feedback(double start, double decay, double weight) {
    this.start = start;
    this.decay = decay;
    this.value = start;
    this.weight = weight;
  }

  /** For mirostat: mu is twice tau. */
  public static Feedback mirostat(double tau) {
    return new Feedback(2 * tau, 0, 0);
  }

  /** For adaptive-p: as if the target had been met for ever. */
  public static Feedback adaptiveP(double target, double decay) {
    return new Feedback(target / (1 - decay), decay, 1 / (1 - decay));
  }

  /** The same, on its own from now on. */
  public Feedback copy() {
    Feedback copy = new Feedback(start, decay, weight);
    copy.value = value;
    return copy;
  }

  /** As at the start. */
  public void reset() {
    value = start;
    weight = 1 / (1 - decay);
    size = 0;
  }

  /** The least probability that mirostat 2 keeps. */
  public double leastProbability() {
    return Exponential.power(2, -value);
  }

  /** Mirostat's mu after a token of this log-probability, in nats. */
  public void observe(double logProbability, double tau, double eta) {
    value -= eta * (-logProbability / LN_2 - tau);
  }

  /** Mirostat 1's k, from the best survivors; {@code length} where the formula gives no number. */
  public int topK(Survivors survivors, double temperature, int m, int length) {
    long[] best = survivors.bestFirst();
    double products = 0;
    double squares = 0;
    for (int i = 0; i < Math.min(m, survivors.size) - 1; i++) {
      double t = StrictMath.log((i + 2.0) / (i + 1));
      double b = ((double) Order.value(best[i]) - Order.value(best[i + 1])) / temperature;
      products += t * b;
      squares += t * t;
    }
    double s = products / squares;
    double ratio = (s - 1) * Exponential.power(2, value) / (1 - Exponential.power(length, 1 - s));
    double k = Exponential.power(ratio, 1 / s);
    return Double.isNaN(k) ? length : (int) Math.clamp(k, 1, length);
  }

  /** Adaptive-p: gives the survivors, whose weights are needed, their new logits. */
  public void adapt(Survivors survivors, double target) {
    if (ids.length < survivors.size) {
      int[] moreIds = new int[survivors.ids.length];
      weights = new float[survivors.ids.length]; // both are there, or as they were
      ids = moreIds;
    }
    size = survivors.size;
    System.arraycopy(survivors.ids, 0, ids, 0, size);
    System.arraycopy(survivors.weights, 0, weights, 0, size);
    total = survivors.sum();
    float goal = (float) Math.clamp(2 * target - value / weight, 0.0, 1.0);
    adapt(weights, size, (float) (1 / total), goal, survivors.values);
    survivors.renewMax();
  }

  /** In float, and without a call: a loop that the compiler makes vectors of. */
  private static void adapt(float[] weights, int size, float factor, float goal, float[] values) {
    for (int i = 0; i < size; i++) {
      float distance = Math.abs(weights[i] * factor - goal) * PER_WIDTH;
      values[i] = PEAK - SHARPNESS * distance * distance / (1 + distance);
    }
  }

  /** Adaptive-p's average after a token. */
  public void observe(int token) {
    int i = Arrays.binarySearch(ids, 0, size, token);
    if (i >= 0) {
      value = weights[i] / total + decay * value;
      weight = 1 + decay * weight;
    }
  }
}
