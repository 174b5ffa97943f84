package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.spi.Survivors;

/**
 * Steers towards a probability. The step remembers an average of the probabilities that accepted
 * tokens had before the step changed them. It gives new logits to what is left, highest where a
 * probability brings the average nearer to the target.
 */
public final class AdaptiveP extends Memory {
  private static final float PEAK = 5;
  private static final float SHARPNESS = 10;
  private static final float PER_WIDTH = 1 / 0.3f;

  /** In the place of a probability: the step has not seen the token. */
  private static final double UNKNOWN = -1;

  // What is learned: the weighted sum of probabilities, and the sum of weights.
  private static final int SUM = 0;
  private static final int WEIGHT = 1;

  private final double target;
  private final double decay;

  /** The probability, before the change, of the draw that waits. */
  private double probability = UNKNOWN;

  /** The tokens of the last row with their weights before the change, and the total of these. */
  private int[] ids = {};

  private float[] weights = {};
  private int size;
  private double total;

  /** Begins as if the target had been met for ever. */
  public AdaptiveP(double target, double decay) {
    super(new double[] {target / (1 - decay), 1 / (1 - decay)});
    this.target = target;
    this.decay = decay;
  }

  @Override
  public boolean dependsOnAccepted() {
    return true;
  }

  @Override
  public Memory fork() {
    AdaptiveP copy = new AdaptiveP(target, decay);
    copy.rememberAs(this);
    copy.probability = probability;
    return copy;
  }

  @Override
  void reset() {
    super.reset();
    size = 0;
  }

  @Override
  public void drawn(int token, double logProbability) {
    int i = Arrays.binarySearch(ids, 0, size, token);
    probability = i < 0 ? UNKNOWN : weights[i] / total;
  }

  @Override
  void learn() {
    if (probability >= 0) {
      learned[SUM] = probability + decay * learned[SUM];
      learned[WEIGHT] = 1 + decay * learned[WEIGHT];
    }
  }

  @Override
  public void apply(ChainState state) {
    state.narrow();
    state.weigh();
    adapt(state.survivors());
    state.resetTemperature();
  }

  /** Gives the survivors new logits. Their weights are known. */
  public void adapt(Survivors survivors) {
    if (ids.length < survivors.size) {
      int room = Room.of(ids.length, survivors.size);
      int[] moreIds = new int[room];
      weights = new float[room]; // both are there, or as they were
      ids = moreIds;
    }
    size = survivors.size;
    System.arraycopy(survivors.ids, 0, ids, 0, size);
    System.arraycopy(survivors.weights, 0, weights, 0, size);
    total = survivors.sum();
    float goal = (float) Math.clamp(2 * target - learned[SUM] / learned[WEIGHT], 0.0, 1.0);
    survivors.forgetWeights();
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
