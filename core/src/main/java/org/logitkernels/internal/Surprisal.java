package org.logitkernels.internal;

/**
 * Steps by surprisal, {@code -ln p_i = ln(total) - (x_i - max) / T}, and by its mean, the entropy.
 *
 * <p>In double and in the order of ids, one code for every backend: so the bits agree. All need the
 * survivors' weights at the temperature. Tokens of no weight have no part in an entropy.
 */
public final class Surprisal {
  /** How much of an entropy is let pass for rounding. */
  private static final double SLACK = 0x1p-21;

  private Surprisal() {}

  /**
   * The entropy of the survivors, whose weights have this sum: {@code -sum(p_i ln p_i)}, in nats; 0
   * for a single one.
   */
  static double entropy(Survivors survivors, double temperature, double total) {
    double logTotal = StrictMath.log(total);
    double sum = 0;
    for (int i = 0; i < survivors.size; i++) {
      float weight = survivors.weights[i];
      if (weight > 0) {
        sum += weight * of(survivors.values[i], survivors.max, temperature, logTotal);
      }
    }
    return Math.max(0, sum / total);
  }

  private static double of(float value, float max, double temperature, double logTotal) {
    return logTotal - ((double) value - max) / temperature;
  }

  /**
   * Keeps the most typical survivors that hold a share p of the mass, and at least {@code minKeep}.
   * The best need not be among them.
   */
  public static void typical(
      Survivors survivors, double temperature, float p, int rowLength, int minKeep) {
    double total = survivors.sum();
    double logTotal = StrictMath.log(total);
    double entropy = entropy(survivors, temperature, total);
    double quantum = Survivors.quantum(rowLength);
    int size = survivors.size;
    long mass = 0;
    survivors.startKeys();
    for (int i = 0; i < size; i++) {
      long its = Survivors.mass(survivors.weights[i], quantum);
      survivors.addKey(shift(survivors, i, temperature, logTotal, entropy), its);
      mass += its;
    }
    long last = survivors.lastKey(Survivors.need(p, mass / quantum, quantum));
    if (minKeep > 1) {
      survivors.startKeys();
      for (int i = 0; i < size; i++) {
        survivors.addKey(shift(survivors, i, temperature, logTotal, entropy), 1);
      }
      last = Math.max(last, survivors.lastKey(minKeep));
    }
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (shift(survivors, i, temperature, logTotal, entropy) <= last) {
        survivors.ids[kept] = survivors.ids[i];
        survivors.values[kept] = survivors.values[i];
        kept++;
      }
    }
    survivors.size = kept;
    survivors.renewMax();
  }

  /** A key that sorts by distance from the entropy, then by id. */
  private static long shift(
      Survivors survivors, int i, double temperature, double logTotal, double entropy) {
    double surprisal = of(survivors.values[i], survivors.max, temperature, logTotal);
    float distance = (float) Math.abs(surprisal - entropy);
    return (long) Float.floatToRawIntBits(distance) << 32 | survivors.ids[i];
  }

  /** Keeps the longest best-first prefix whose share of the entropy is at most h, and the best. */
  public static void topH(Survivors survivors, double temperature, float h) {
    double total = survivors.sum();
    double logTotal = StrictMath.log(total);
    double bound = (h + SLACK) * entropy(survivors, temperature, total) * total;
    long[] best = survivors.bestFirst();
    int kept = 1;
    double sum = term(survivors, best[0], temperature, logTotal);
    while (kept < survivors.size) {
      double term = term(survivors, best[kept], temperature, logTotal);
      sum += term;
      if (!(sum <= bound) || term == 0) {
        break;
      }
      kept++;
    }
    survivors.keepThrough(best[kept - 1]);
  }

  /** Weight times surprisal; 0 for a token of no weight, and else above 0 for all but the best. */
  private static double term(Survivors survivors, long key, double temperature, double logTotal) {
    float value = Order.value(key);
    float weight = survivors.weight(value, temperature);
    return weight > 0 ? weight * of(value, survivors.max, temperature, logTotal) : 0;
  }

  /** {@code min + (max - min) * (H / ln(size))^exponent}; 1 for a single survivor. */
  public static double dynamicTemperature(
      Survivors survivors, double temperature, float min, float max, float exponent) {
    if (survivors.size < 2) {
      return 1;
    }
    double entropy = entropy(survivors, temperature, survivors.sum());
    double share = entropy / StrictMath.log(survivors.size);
    double power = StrictMath.pow(Math.min(1, share), exponent);
    return min + ((double) max - min) * power;
  }
}
