package org.logitkernels.chain;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Survivors;

/**
 * Steps by surprisal, {@code -ln p_i = ln(total / w(max)) - (x_i - max) / T}, and by its mean, the
 * entropy.
 *
 * <p>In double and in the order of ids, one code for every backend: so the bits agree. All need the
 * survivors' weights at the temperature. Tokens of no weight have no part in an entropy.
 */
public final class Surprisal {
  /** How much of an entropy is let pass for rounding. */
  private static final double SLACK = 0x1p-21;

  private Surprisal() {}

  /**
   * The entropy of the survivors, whose total is known: {@code -sum(p_i ln p_i)}, in nats; 0 for a
   * single one.
   */
  public static double entropy(Survivors survivors, double temperature) {
    double logPartition = survivors.logPartition(temperature);
    double sum = 0;
    for (int i = 0; i < survivors.size; i++) {
      float weight = survivors.weights[i];
      if (weight > 0) {
        sum += weight * of(survivors.values[i], survivors.max, temperature, logPartition);
      }
    }
    return Math.max(0, sum / survivors.total);
  }

  private static double of(float value, float max, double temperature, double logPartition) {
    return logPartition - ((double) value - max) / temperature;
  }

  /**
   * Keeps the most typical survivors that hold a mass, and at least {@code minKeep}, given the
   * total and the entropy that they are measured by. The best need not be among them.
   */
  public static void typical(
      Survivors survivors, double temperature, long need, double quantum, int minKeep) {
    double logPartition = survivors.logPartition(temperature);
    double entropy = survivors.entropy;
    int size = survivors.size;
    survivors.startKeys();
    for (int i = 0; i < size; i++) {
      long mass = Survivors.mass(survivors.weights[i], quantum);
      survivors.addKey(shift(survivors, i, temperature, logPartition, entropy), mass);
    }
    long last = survivors.lastKey(need);
    if (minKeep > 1) {
      survivors.startKeys();
      for (int i = 0; i < size; i++) {
        survivors.addKey(shift(survivors, i, temperature, logPartition, entropy), 1);
      }
      last = Math.max(last, survivors.lastKey(minKeep));
    }
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (shift(survivors, i, temperature, logPartition, entropy) <= last) {
        survivors.move(i, kept++);
      }
    }
    survivors.size = kept;
    survivors.renewMax();
  }

  /**
   * Whether the survivors nearer to the entropy than a distance hold a mass, and are {@code
   * minKeep}.
   */
  static boolean holds(
      Survivors survivors,
      double temperature,
      double distance,
      long need,
      double quantum,
      int minKeep) {
    double logPartition = survivors.logPartition(temperature);
    long mass = 0;
    int count = 0;
    for (int i = 0; i < survivors.size; i++) {
      double surprisal = of(survivors.values[i], survivors.max, temperature, logPartition);
      if (Math.abs(surprisal - survivors.entropy) < distance) {
        mass += Survivors.mass(survivors.weights[i], quantum);
        count++;
      }
    }
    return mass >= need && count >= minKeep;
  }

  /** A key that sorts by distance from the entropy, then by id. */
  private static long shift(
      Survivors survivors, int i, double temperature, double logPartition, double entropy) {
    double surprisal = of(survivors.values[i], survivors.max, temperature, logPartition);
    float distance = (float) Math.abs(surprisal - entropy);
    return (long) Float.floatToRawIntBits(distance) << 32 | survivors.ids[i];
  }

  /** Keeps the longest best-first prefix whose share of the entropy is at most h, and the best. */
  public static void topH(Survivors survivors, double temperature, float h) {
    survivors.total = survivors.sum();
    double logPartition = survivors.logPartition(temperature);
    double bound = (h + SLACK) * entropy(survivors, temperature) * survivors.total;
    long[] best = survivors.bestFirst();
    if (survivors.size == 0) {
      throw RowErrors.changed();
    }
    int kept = 1;
    double sum = term(survivors, best[0], temperature, logPartition);
    while (kept < survivors.size) {
      double term = term(survivors, best[kept], temperature, logPartition);
      sum += term;
      if (!(sum <= bound) || term == 0) {
        break;
      }
      kept++;
    }
    survivors.keepThrough(best[kept - 1]);
  }

  /** Weight times surprisal; 0 for a token of no weight, and else above 0 for all but the best. */
  private static double term(
      Survivors survivors, long key, double temperature, double logPartition) {
    float value = TokenOrder.value(key);
    float weight = survivors.weight(value, temperature);
    return weight > 0 ? weight * of(value, survivors.max, temperature, logPartition) : 0;
  }

  /** {@code min + (max - min) * (H / ln(size))^exponent}; 1 for a single token. */
  public static double dynamicTemperature(
      double entropy, int size, float min, float max, float exponent) {
    if (size < 2) {
      return 1;
    }
    double share = entropy / StrictMath.log(size);
    double power = Exponential.power(Math.min(1, share), exponent);
    return min + ((double) max - min) * power;
  }
}
