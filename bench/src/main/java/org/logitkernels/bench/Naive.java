package org.logitkernels.bench;

import java.util.Arrays;

/** The workloads in plain Java: {@code Math.exp}, a binary heap, a full sort, a linear search. */
final class Naive implements Workload {
  private final float[] out;
  private final long[] keys;

  Naive(int vocabulary) {
    out = new float[vocabulary];
    keys = new long[vocabulary];
  }

  @Override
  public int argMax(float[] x) {
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      if (x[i] > x[best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public double logSumExp(float[] x) {
    float max = x[argMax(x)];
    double total = 0;
    for (float logit : x) {
      total += Math.exp(logit - max);
    }
    return max + Math.log(total);
  }

  @Override
  public float[] softmax(float[] x) {
    weights(x, 1);
    return out;
  }

  private void weights(float[] x, float temperature) {
    float max = x[argMax(x)];
    double total = 0;
    for (int i = 0; i < x.length; i++) {
      out[i] = (float) Math.exp((x[i] - max) / temperature);
      total += out[i];
    }
    float factor = (float) (1 / total);
    for (int i = 0; i < x.length; i++) {
      out[i] *= factor;
    }
  }

  @Override
  public float[] logSoftmax(float[] x) {
    float total = (float) logSumExp(x);
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] - total;
    }
    return out;
  }

  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    int size = heap(x, k);
    Arrays.sort(keys, 0, size);
    for (int i = 0; i < size; i++) {
      ids[i] = (int) keys[i];
      values[i] = value(keys[i]);
    }
    return size;
  }

  /** The best k in a heap with the worst of them on top. */
  private int heap(float[] x, int k) {
    int size = 0;
    for (int i = 0; i < x.length; i++) {
      if (size == k && x[i] <= value(keys[0]) || x[i] == Float.NEGATIVE_INFINITY) {
        continue;
      }
      long key = key(x[i], i);
      if (size < k) {
        int at = size++;
        while (at > 0 && keys[(at - 1) / 2] < key) {
          keys[at] = keys[(at - 1) / 2];
          at = (at - 1) / 2;
        }
        keys[at] = key;
      } else {
        int at = 0;
        for (int child = 1; child < size; child = 2 * at + 1) {
          if (child + 1 < size && keys[child + 1] > keys[child]) {
            child++;
          }
          if (keys[child] <= key) {
            break;
          }
          keys[at] = keys[child];
          at = child;
        }
        keys[at] = key;
      }
    }
    return size;
  }

  @Override
  public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    int size = nucleus(x, temperature, p);
    for (int i = 0; i < size; i++) {
      ids[i] = (int) keys[i];
      probabilities[i] = out[ids[i]];
    }
    return size;
  }

  private int nucleus(float[] x, float temperature, float p) {
    weights(x, temperature);
    for (int i = 0; i < x.length; i++) {
      keys[i] = key(x[i], i);
    }
    Arrays.sort(keys, 0, x.length);
    double mass = 0;
    int size = 0;
    while (size < x.length && mass < p) {
      mass += out[(int) keys[size++]];
    }
    return size;
  }

  @Override
  public int topPToken(float[] x, float temperature, float p, double u) {
    int size = nucleus(x, temperature, p);
    double mass = 0;
    for (int i = 0; i < size; i++) {
      mass += out[(int) keys[i]];
    }
    double target = u * mass;
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += out[(int) keys[i]];
      if (sum > target) {
        return (int) keys[i];
      }
    }
    return (int) keys[size - 1];
  }

  @Override
  public int chain(float[] x, double u) {
    int size = heap(x, 40);
    Arrays.sort(keys, 0, size);
    float max = value(keys[0]);
    double total = 0;
    for (int i = 0; i < size; i++) {
      total += Math.exp(value(keys[i]) - max);
    }
    double mass = 0;
    int kept = 0;
    while (kept < size && mass < 0.95 * total && value(keys[kept]) - max >= Math.log(0.05)) {
      mass += Math.exp(value(keys[kept++]) - max);
    }
    total = 0;
    for (int i = 0; i < kept; i++) {
      total += Math.exp((value(keys[i]) - max) / 0.8);
    }
    double target = u * total;
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      sum += Math.exp((value(keys[i]) - max) / 0.8);
      if (sum > target) {
        return (int) keys[i];
      }
    }
    return (int) keys[kept - 1];
  }

  @Override
  public int draw(float[] x, float temperature, double u) {
    weights(x, temperature);
    double target = u;
    double sum = 0;
    int last = 0;
    for (int i = 0; i < x.length; i++) {
      sum += out[i];
      if (out[i] > 0) {
        last = i;
        if (sum > target) {
          break;
        }
      }
    }
    return last;
  }

  private static long key(float value, int id) {
    int bits = Float.floatToIntBits(value + 0f);
    return ((long) ~(bits ^ ((bits >> 31) & 0x7fffffff)) << 32) | id;
  }

  private static float value(long key) {
    int bits = ~(int) (key >> 32);
    return Float.intBitsToFloat(bits ^ ((bits >> 31) & 0x7fffffff));
  }
}
