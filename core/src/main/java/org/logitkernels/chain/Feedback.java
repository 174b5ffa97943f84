package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Survivors;

/**
 * What a step remembers of the tokens that were drawn: mirostat's mu, or adaptive-p's average and
 * the probabilities that it has changed.
 */
public final class Feedback {
  private static final double LN_2 = StrictMath.log(2);
  private static final float PEAK = 5;
  private static final float SHARPNESS = 10;
  private static final float PER_WIDTH = 1 / 0.3f;

  private static final double[] NONE = {};

  private final boolean adaptiveP;
  private final double start;
  private final double startWeight;
  private final double decay;
  private final double tau;
  private final double eta;

  /** Mirostat's mu, in bits; adaptive-p's weighted sum of probabilities. */
  private double value;

  /** Adaptive-p's sum of weights. */
  private double weight;

  /**
   * What the draw that waits would add, once it is accepted: its surprisal in bits, or for
   * adaptive-p its probability before the change.
   */
  private double waiting;

  /** The value and the weight before each token that was accepted, so that it can be taken back. */
  private double[] past = NONE;

  private int accepted;

  private int[] ids = {};
  private float[] weights = {};
  private int size;
  private double total;

  private Feedback(
      boolean adaptiveP, double start, double startWeight, double decay, double tau, double eta) {
    this.adaptiveP = adaptiveP;
    this.start = start;
    this.startWeight = startWeight;
    this.decay = decay;
    this.tau = tau;
    this.eta = eta;
    reset();
  }

  /** For mirostat: mu is twice tau. */
  public static Feedback mirostat(double tau, double eta) {
    return new Feedback(false, 2 * tau, 0, 0, tau, eta);
  }

  /** For adaptive-p: as if the target had been met for ever. */
  public static Feedback adaptiveP(double target, double decay) {
    return new Feedback(true, target / (1 - decay), 1 / (1 - decay), decay, 0, 0);
  }

  /** The same, on its own from now on. */
  public Feedback copy() {
    Feedback copy = new Feedback(adaptiveP, start, startWeight, decay, tau, eta);
    copy.value = value;
    copy.weight = weight;
    copy.waiting = waiting;
    copy.past = Arrays.copyOf(past, 2 * accepted);
    copy.accepted = accepted;
    return copy;
  }

  /** As at the start. */
  public void reset() {
    value = start;
    weight = startWeight;
    accepted = 0;
    size = 0;
  }

  /** Whether tokens that are accepted change anything. */
  public boolean learns() {
    return adaptiveP || eta != 0;
  }

  /** A token was drawn, with this log-probability in nats: it waits to be accepted. */
  public void drawn(int token, double logProbability) {
    if (adaptiveP) {
      int i = Arrays.binarySearch(ids, 0, size, token);
      waiting = i < 0 ? Double.NaN : weights[i] / total; // no row was changed: nothing to learn
    } else {
      waiting = -logProbability / LN_2;
    }
  }

  /** Makes room to remember one more token that is accepted. */
  public void reserve() {
    past = History.grown(past, 2 * accepted, 2);
  }

  /** A token is accepted: the draw that waited, or another, which teaches nothing. */
  public void accepted(boolean waited) {
    past[2 * accepted] = value;
    past[2 * accepted + 1] = weight;
    accepted++;
    if (!waited || Double.isNaN(waiting)) {
      return;
    }
    if (adaptiveP) {
      value = waiting + decay * value;
      weight = 1 + decay * weight;
    } else {
      value -= eta * (waiting - tau);
    }
  }

  /** Takes back the last tokens that were accepted. */
  public void removeLast(int count) {
    if (count > 0) {
      accepted -= count;
      value = past[2 * accepted];
      weight = past[2 * accepted + 1];
    }
  }

  /** What was accepted so far cannot be taken back any more. */
  public void settle() {
    accepted = 0;
  }

  /** The least probability that mirostat 2 keeps. */
  public double leastProbability() {
    return Exponential.power(2, -value);
  }

  /** Mirostat 1's k, from the best survivors; {@code length} where the formula gives no number. */
  public int topK(Survivors survivors, double temperature, int m, int length) {
    long[] best = survivors.bestFirst();
    double products = 0;
    double squares = 0;
    for (int i = 0; i < Math.min(m, survivors.size) - 1; i++) {
      double t = StrictMath.log((i + 2.0) / (i + 1));
      double b = ((double) TokenOrder.value(best[i]) - TokenOrder.value(best[i + 1])) / temperature;
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
}
