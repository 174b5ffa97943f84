package org.logitkernels.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The benchmarks' inputs: 16 rows of each distribution, the same at every run. */
final class BenchRows {
  /** Rows that take turns, so that a row comes from the outer caches as after a matrix product. */
  static final int COUNT = 16;

  /** Rows in a batch. */
  static final int BATCH = 64;

  private BenchRows() {}

  /** How logits are distributed. */
  enum Distribution {
    /**
     * As a language model's: a Zipf tail with noise, and a head boosted until the best token has a
     * probability between 0.10 and 0.95, row by row.
     */
    LLM,
    /** N(0, 2.5): a nucleus of tens of thousands. */
    NORMAL,
    /** One value. */
    FLAT,
    /** Normal, sorted upwards. */
    ASCENDING,
    /** Normal, sorted downwards. */
    DESCENDING,
    /** As a language model's, with 99 of 100 tokens masked. */
    MASKED
  }

  /** The rows of a distribution. */
  static float[][] of(Distribution distribution, int vocabulary) {
    float[][] rows = new float[COUNT][];
    for (int i = 0; i < COUNT; i++) {
      SplittableRandom random = new SplittableRandom(31L * vocabulary + i);
      rows[i] =
          switch (distribution) {
            case LLM -> llm(vocabulary, i, random);
            case NORMAL -> normal(vocabulary, random);
            case FLAT -> flat(vocabulary);
            case ASCENDING -> ascending(vocabulary, random);
            case DESCENDING -> reversed(ascending(vocabulary, random));
            case MASKED -> masked(llm(vocabulary, i, random), random);
          };
    }
    return rows;
  }

  /** A batch, one row behind the other: those given over and over, row i turned by i places. */
  static float[] batch(float[][] rows) {
    int length = rows[0].length;
    float[] batch = new float[BATCH * length];
    for (int i = 0; i < BATCH; i++) {
      float[] row = rows[i % rows.length];
      int turn = i % length;
      System.arraycopy(row, 0, batch, i * length + turn, length - turn);
      System.arraycopy(row, length - turn, batch, i * length, turn);
    }
    return batch;
  }

  /** Rows from a file of little-endian floats, one row after the other. */
  static float[][] read(Path file, int vocabulary) {
    float[][] rows = new float[COUNT][vocabulary];
    try (FileChannel channel = FileChannel.open(file)) {
      FloatBuffer floats =
          channel
              .map(FileChannel.MapMode.READ_ONLY, 0, 4L * COUNT * vocabulary)
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      for (float[] row : rows) {
        floats.get(row);
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] llm(int vocabulary, int row, SplittableRandom random) {
    int[] spread = shuffled(COUNT, new SplittableRandom(vocabulary));
    double target = 0.10 + 0.85 * spread[row] / (COUNT - 1);
    double slope = 1.3 + 0.9 * spread[row] / (COUNT - 1);
    double[] logits = new double[vocabulary];
    for (int rank = 0; rank < vocabulary; rank++) {
      logits[rank] = -1.1 * Math.log(rank + 2.7) * slope + random.nextGaussian();
    }
    double low = -4;
    double high = 16;
    for (int step = 0; step < 40; step++) {
      double boost = (low + high) / 2;
      if (bestProbability(logits, boost) < target) {
        low = boost;
      } else {
        high = boost;
      }
    }
    double shift = 10 + 4 * random.nextGaussian();
    int[] places = shuffled(vocabulary, random);
    float[] result = new float[vocabulary];
    for (int rank = 0; rank < vocabulary; rank++) {
      result[places[rank]] = (float) (logits[rank] + high * head(rank) + shift);
    }
    return result;
  }

  private static double head(int rank) {
    return Math.exp(-rank / 1.5);
  }

  private static double bestProbability(double[] logits, double boost) {
    double max = Double.NEGATIVE_INFINITY;
    for (int rank = 0; rank < logits.length; rank++) {
      max = Math.max(max, logits[rank] + boost * head(rank));
    }
    double total = 0;
    for (int rank = 0; rank < logits.length; rank++) {
      total += Math.exp(logits[rank] + boost * head(rank) - max);
    }
    return 1 / total;
  }

  private static float[] normal(int vocabulary, SplittableRandom random) {
    float[] row = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      row[i] = (float) (2.5 * random.nextGaussian());
    }
    return row;
  }

  private static float[] flat(int vocabulary) {
    float[] row = new float[vocabulary];
    Arrays.fill(row, 1.25f);
    return row;
  }

  private static float[] ascending(int vocabulary, SplittableRandom random) {
    float[] row = normal(vocabulary, random);
    Arrays.sort(row);
    return row;
  }

  private static float[] reversed(float[] row) {
    for (int i = 0, j = row.length - 1; i < j; i++, j--) {
      float swap = row[i];
      row[i] = row[j];
      row[j] = swap;
    }
    return row;
  }

  private static float[] masked(float[] row, SplittableRandom random) {
    int kept = random.nextInt(row.length);
    for (int i = 0; i < row.length; i++) {
      if (i != kept && random.nextDouble() >= 0.01) {
        row[i] = Float.NEGATIVE_INFINITY;
      }
    }
    return row;
  }

  private static int[] shuffled(int size, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
