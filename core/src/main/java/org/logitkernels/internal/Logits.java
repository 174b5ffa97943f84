package org.logitkernels.internal;

import java.util.Arrays;

/**
 * The logits that a chain is at, token by token, for steps that change a few of them: the row's
 * with the changes so far, or the survivors' own.
 *
 * <p>The row is the caller's and never written. Changes are kept beside it; a top-k takes them in
 * without a copy, and whatever else needs the whole row gets one, made once.
 */
public final class Logits {
  private final Survivors survivors;
  private final Tally changes = new Tally(); // to the bits of the logit
  private float[] copy = {};
  private float[] row = copy;
  private int from;
  private int to;

  /** Whether it is the survivors' logits that are meant. */
  public boolean narrowed;

  /** Of rows whose survivors are these. */
  public Logits(Survivors survivors) {
    this.survivors = survivors;
  }

  /** Begins with a row. */
  public void open(float[] row, int from, int to) {
    this.row = row;
    this.from = from;
    this.to = to;
    this.narrowed = false;
    changes.clear();
  }

  /** Tokens in the row. */
  public int length() {
    return to - from;
  }

  /** A token's logit; that of a token that is not there is masked. */
  public float get(int token) {
    if (narrowed) {
      int i = Arrays.binarySearch(survivors.ids, 0, survivors.size, token);
      return i < 0 ? Float.NEGATIVE_INFINITY : survivors.values[i];
    }
    if (token < 0 || token >= to - from) {
      return Float.NEGATIVE_INFINITY;
    }
    int place = changes.place(token);
    return place < 0 ? row[from + token] : Float.intBitsToFloat(changes.number(place));
  }

  /**
   * Changes a token's logit, to a finite one. What is masked stays masked, and what is no logit
   * stays an error.
   */
  public void set(int token, float logit) {
    put(token, Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE));
  }

  /** Masks a token. */
  public void mask(int token) {
    put(token, Float.NEGATIVE_INFINITY);
  }

  private void put(int token, float logit) {
    float old = get(token);
    if (old > Float.NEGATIVE_INFINITY && old < Float.POSITIVE_INFINITY) {
      if (narrowed) {
        int i = Arrays.binarySearch(survivors.ids, 0, survivors.size, token);
        survivors.values[i] = logit;
      } else {
        changes.set(token, Float.floatToRawIntBits(logit));
      }
    }
  }

  /** After changes: of survivors, drops those that are masked now. */
  public void settle() {
    if (narrowed) {
      survivors.dropMasked();
    }
  }

  /**
   * Puts a copy with the changes in the row's place, if there are any: a read and a write of it.
   */
  public void whole() {
    if (changes.size() > 0) {
      copy();
    }
  }

  private void copy() {
    int length = to - from;
    if (row != copy) {
      if (copy.length < length) {
        copy = new float[survivors.capacity()];
      }
      System.arraycopy(row, from, copy, 0, length);
      row = copy;
      from = 0;
      to = length;
    }
    for (int i = 0; i < changes.size(); i++) {
      copy[changes.token(i)] = Float.intBitsToFloat(changes.number(i));
    }
    changes.clear();
  }

  /** Masks every token whose bit is 0, or that has none. NaN and +Infinity stay errors. */
  public void allow(long[] mask) {
    if (narrowed) {
      for (int i = 0; i < survivors.size; i++) {
        if (!isSet(mask, survivors.ids[i])) {
          survivors.values[i] = Float.NEGATIVE_INFINITY;
        }
      }
      settle();
      return;
    }
    copy();
    for (int i = from; i < to; i++) {
      if (!isSet(mask, i - from) && copy[i] < Float.POSITIVE_INFINITY) {
        copy[i] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private static boolean isSet(long[] mask, int token) {
    int word = token >> 6;
    return word < mask.length && (mask[word] >>> token & 1) != 0;
  }

  /** The row as it stands. */
  public float[] row() {
    return row;
  }

  /** Where it begins. */
  public int from() {
    return from;
  }

  /** Where it ends. */
  public int to() {
    return to;
  }

  /**
   * The best k of the changed row: they are among the best of the row as it was, one more for each
   * change, and the changed ones.
   */
  public void topK(RowKernels kernels, int k) {
    if (k == 1 && changes.size() == 0) {
      int best = kernels.argMax(row, from, to);
      survivors.only(best, row[from + best]);
      return;
    }
    int more = (int) Math.min((long) k + changes.size(), to - from);
    kernels.topK(row, from, to, more, survivors);
    if (changes.size() > 0) {
      int kept = 0;
      for (int i = 0; i < survivors.size; i++) {
        if (changes.place(survivors.ids[i]) < 0) {
          survivors.ids[kept] = survivors.ids[i];
          survivors.values[kept] = survivors.values[i];
          kept++;
        }
      }
      survivors.size = kept;
      survivors.reserve(kept + changes.size());
      for (int i = 0; i < changes.size(); i++) {
        survivors.insert(changes.token(i), Float.intBitsToFloat(changes.number(i)));
      }
      survivors.dropMasked();
      survivors.topK(k);
    }
  }
}
