package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Survivors;

/**
 * Selection by mass: the smallest best-first prefix of the survivors that holds a mass.
 *
 * <p>The prefix ends at a logit. Two bars bracket this logit: the tokens that reach the lower bar
 * have enough mass, those that reach the upper bar do not. Masses are integers, so nothing here is
 * approximate. The few tokens between the bars are then looked at one by one. Equal logits at the
 * end are counted off by ascending id.
 */
final class Nucleus {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /** So few tokens need no bars. */
  private static final int FEW = 256;

  private Nucleus() {}

  /**
   * Keeps the prefix. The survivors have their weights, and their mass is at least the one that is
   * needed.
   *
   * @param mass the mass of all survivors
   * @param guess a logit near the end of the prefix
   */
  static void keep(
      Survivors survivors, double temperature, long mass, long need, double quantum, float guess) {
    if (survivors.size <= FEW) {
      survivors.keepMass(need, quantum);
      return;
    }
    float low = Maxima.min(Maxima.scan(survivors.values, 0, survivors.size));
    float high = Math.nextUp(survivors.max);
    int padded = survivors.pad(F.length());
    float[] values = survivors.values;
    float[] weights = survivors.weights;
    // What reaches `low` has the mass `all`, which is enough; what reaches `high` has `above`.
    long all = mass;
    long above = 0;
    float step = (float) (temperature / 32);
    float bar = guess;
    for (int round = 0; Math.nextUp(low) < high; round++) {
      double lightest = survivors.weight(low, temperature) * quantum;
      if (all - above <= FEW * lightest) {
        break;
      }
      bar = Math.min(Math.max(bar, Math.nextUp(low)), Math.nextDown(high));
      long reached = Mass.atLeast(values, weights, padded, bar, quantum);
      boolean enough = reached >= need;
      if (enough) {
        low = bar;
        all = reached;
      } else {
        high = bar;
        above = reached;
      }
      if (round < 3) {
        // The guess is good, so the end is near: small steps, each twice the last.
        bar = enough ? bar + step : bar - step;
        step *= 2;
      } else if (round % 4 == 3) {
        bar = Threshold.between(low, high);
      } else {
        double part = (double) (all - need) / (all - above);
        bar = (float) (low + ((double) high - low) * Math.clamp(part, 0.03, 0.97));
      }
    }
    long last =
        Math.nextUp(low) < high
            ? lastOf(survivors, low, high, need - above, quantum)
            : lastTie(survivors, padded, low, need - above, quantum);
    keepThrough(survivors, padded, last);
  }

  /** The last key of a prefix: of the tokens in {@code [low, high)}, as many as hold the mass. */
  private static long lastOf(
      Survivors survivors, float low, float high, long need, double quantum) {
    survivors.startKeys();
    for (int i = 0; i < survivors.size; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, survivors.values, i);
      long hits = v.compare(GE, low).and(v.compare(LT, high)).toLong();
      for (; hits != 0; hits &= hits - 1) {
        survivors.addKey(i + Long.numberOfTrailingZeros(hits), quantum);
      }
    }
    return survivors.lastKey(need);
  }

  /** The last key of a prefix: of the tokens with one logit, as many as hold the mass. */
  private static long lastTie(
      Survivors survivors, int padded, float logit, long need, double quantum) {
    for (int i = 0; i < padded; i += F.length()) {
      VectorMask<Float> ties = FloatVector.fromArray(F, survivors.values, i).compare(EQ, logit);
      if (ties.trueCount() > 0) {
        long each = (long) Math.rint(survivors.weights[i + ties.firstTrue()] * quantum);
        each = Math.max(1, each); // 0 only if another thread has changed the row
        long count = Math.max(1, (need + each - 1) / each); // a mass of 0 keeps the best
        return tie(survivors, padded, logit, count);
      }
    }
    return Long.MAX_VALUE; // another thread has changed the row
  }

  /**
   * The key of the n-th survivor with a logit, n at least 1; above every key if so many have it
   * not.
   */
  static long tie(Survivors survivors, int padded, float logit, long n) {
    for (int i = 0; i < padded; i += F.length()) {
      VectorMask<Float> ties = FloatVector.fromArray(F, survivors.values, i).compare(EQ, logit);
      int here = ties.trueCount();
      if (n <= here) {
        long hits = ties.toLong();
        for (; n > 1; n--) {
          hits &= hits - 1;
        }
        return TokenOrder.key(logit, survivors.ids[i + Long.numberOfTrailingZeros(hits)]);
      }
      n -= here;
    }
    return Long.MAX_VALUE;
  }

  /** Drops the survivors behind a key. */
  static void keepThrough(Survivors survivors, int padded, long last) {
    if (!Species.COMPRESSES || last == Long.MAX_VALUE) { // the key of no token
      survivors.keepThrough(last);
      return;
    }
    float bar = TokenOrder.value(last);
    int lastId = TokenOrder.id(last);
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    float[] weights = survivors.weights;
    assert padded >= 0 && padded % F.length() == 0 : padded + " in vectors of " + F.length();
    assert padded <= ids.length && padded <= values.length : padded + " of " + ids.length;
    assert padded <= weights.length : padded + " weights of " + weights.length;
    int kept = 0;
    for (int i = 0; i < padded; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, values, i);
      IntVector id = IntVector.fromArray(I, ids, i);
      VectorMask<Float> before = id.compare(LE, lastId).cast(F);
      VectorMask<Float> keep = v.compare(GT, bar).or(v.compare(EQ, bar).and(before));
      FloatVector w = FloatVector.fromArray(F, weights, i);
      v.compress(keep).intoArray(values, kept);
      w.compress(keep).intoArray(weights, kept);
      id.compress(keep.cast(I)).intoArray(ids, kept);
      kept += keep.trueCount();
    }
    survivors.size = kept;
  }
}
