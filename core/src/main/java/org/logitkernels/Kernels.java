package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.logitkernels.numerics.Cutoffs;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.Row;
import org.logitkernels.rows.WholeRowDraw;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/**
 * Row kernels of one backend: arg-max, log-sum-exp, softmax, top-k, top-p and the draw.
 *
 * <p>A row is a number of logits, in nats: the range {@code [from, to)} of an array, or wherever a
 * {@link Logits} points, and every kernel takes both. Ids, arg-max and tokens count from {@code
 * from}. No row is longer, and none ends behind a later index of its array, than 2^31 - 2^24 =
 * 2,130,706,432; a range that does is an {@link IllegalArgumentException} too.
 *
 * <p><b>Order:</b> everywhere by logit descending (-0 equals +0), then by ascending id.
 *
 * <p><b>Special values:</b> {@code -Infinity} masks a token: its probability is exactly 0 and it is
 * never returned. NaN or +Infinity is an {@link IllegalArgumentException} that names the lowest
 * offending index, counted from {@code from}; a row in which every token is masked is an {@link
 * IllegalStateException}; both before anything is written, the former first.
 *
 * <p><b>Weights:</b> the weight of logit x at temperature T is {@code 2^(x log2(e) / T - N)}, with
 * an integer N that brings the maximum's into [1/2, 1]. Its relative error is at most {@code 2 *
 * 2^-24}, however far below the maximum it is: over every float, at 20 temperatures, at most 1.6113
 * * 2^-24 or 1.1358 ULP. One below 2^-126 is exactly 0. The total of a row is within a relative 6 *
 * 2^-24 = 3.6e-7 of the sum of its weights; 99 of 100 rows as they come are within 0.60e-7, all of
 * 50,000 measured within 1.76e-7. Every finite T above 0 works.
 *
 * <p><b>Reproducibility:</b> identical bits on every backend, vector width and machine, interpreted
 * or compiled; enforced by {@code BitEqualityTest} and {@code GoldenBitsContract}.
 *
 * <p><b>Cost:</b> linear in the row for every input, unless a method says more. <b>Allocation:</b>
 * none, apart from the one growth of a {@link Workspace}, and of scratch that threads share (11 KB
 * for each call at a time, and 16 bytes for 1,024 logits); enforced by {@code AllocationContract}.
 * Rows are never modified.
 *
 * <p>Stateless and thread-safe.
 *
 * {@snippet lang=java :
 * float[] logits = {2, 1, 0.5f, Float.NEGATIVE_INFINITY}; // cat, dog, fish, and a masked token
 * Kernels kernels = Kernels.best();
 * System.out.println(kernels.argMax(logits, 0, 4));
 * // 0
 *
 * float[] p = new float[4];
 * kernels.softmax(logits, 0, 4, 1, p, 0);
 * System.out.println(Arrays.toString(p));
 * // [0.6285317, 0.23122391, 0.14024438, 0.0]
 *
 * Workspace workspace = Workspace.of(4);
 * int[] ids = new int[2];
 * float[] values = new float[2];
 * int count = kernels.topK(logits, 0, 4, 2, workspace, ids, values);
 * System.out.println(count + ": " + Arrays.toString(ids) + " " + Arrays.toString(values));
 * // 2: [0, 1] [2.0, 1.0]
 * }
 */
public final class Kernels {
  /** No memory has a number so far behind another. */
  private static final long FARTHEST = 1L << 60;

  final Backend rows;

  Kernels(Backend rows) {
    this.rows = rows;
  }

  /**
   * The kernels that this JVM should use: scalar at first and vector as they get warm, each after
   * its first call, or scalar for good where vectors cannot serve; {@link Backends} explains,
   * {@link Backends#report()} tells which and why, and {@link Backends#warmUp} waits for the full
   * speed of all.
   *
   * <p><b>Cost:</b> returns at once: the first call finds out whether there is a vector backend and
   * starts the thread that warms it up.
   *
   * {@snippet lang=java :
   * Kernels kernels = Kernels.best(); // asked for again, it is the same object
   * System.out.println(kernels == Kernels.best());
   * // true
   * }
   *
   * @return the same kernels at every call
   * @throws IllegalStateException if the system properties {@code org.logitkernels.backend} and
   *     {@code org.logitkernels.warmup} ask for what cannot be had; the message says why, and the
   *     remedy
   */
  public static Kernels best() {
    return Backends.best();
  }

  /**
   * {@return the scalar reference, which is available everywhere and defines the bits}
   *
   * {@snippet lang=java :
   * System.out.println(Kernels.scalar());
   * // scalar
   * }
   */
  public static Kernels scalar() {
    return Backends.SCALAR_KERNELS;
  }

  /**
   * The kernels of one backend.
   *
   * {@snippet lang=java :
   * Kernels kernels = Kernels.named("scalar"); // or "vector", bare, without a warm-up
   * System.out.println(kernels.name());
   * // scalar
   * try {
   *   Kernels.named("gpu");
   * } catch (IllegalArgumentException e) {
   *   System.out.println(e.getMessage());
   *   // unknown backend 'gpu': the backends are scalar and vector
   * }
   * }
   *
   * @param name {@code scalar} or {@code vector}
   * @return that backend, bare
   * @throws IllegalStateException if that backend cannot serve in this JVM; the message says why,
   *     and the remedy
   * @throws IllegalArgumentException if there is no backend of that name
   */
  public static Kernels named(String name) {
    return Backends.named(name);
  }

  /**
   * {@return the backend's name: {@code scalar}, {@code vector}, or {@code adaptive}, one after the
   * other}
   *
   * {@snippet lang=java :
   * System.out.println(Kernels.scalar().name());
   * // scalar
   * }
   */
  public String name() {
    return rows.name();
  }

  /**
   * {@return the width in bits of the backend's vectors, or of those it is heading for; 0 for
   * scalar}
   *
   * {@snippet lang=java :
   * System.out.println(Kernels.scalar().vectorBits()); // 512 for vector kernels with AVX-512
   * // 0
   * }
   */
  public int vectorBits() {
    return rows.vectorBits();
  }

  /**
   * Arg-max: the id of the best token, the lowest of those that share the maximum.
   *
   * <p><b>Cost:</b> one read of the row and a second look at a part of it. <b>Accuracy:</b> exact;
   * enforced by {@code ArgMaxContract}.
   *
   * {@snippet lang=java :
   * float[] logits = {1, 3, 3, 2};
   * System.out.println(Kernels.best().argMax(logits, 0, 4)); // of 1 and 2 the lower id
   * // 1
   * System.out.println(Kernels.best().argMax(logits, 2, 4)); // ids count from the row's first logit
   * // 0
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return the id, counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, or for NaN or +Infinity in it
   * @throws IllegalStateException if every token is masked
   */
  public int argMax(float[] logits, int from, int to) {
    checkRange(logits, from, to);
    return rows.argMax(logits, from, to);
  }

  /**
   * Log-sum-exp, {@code ln(sum(exp(x / T)))}, in nats: {@code max / T + ln(Z)} in double, where Z
   * is the total in weights of the maximum.
   *
   * <p><b>Accuracy:</b> the absolute error is that of ln(Z), at most 10 * 2^-24, plus two roundings
   * in double; enforced by {@code LogSumExpContract}. A log-probability had better not be made of
   * it: where {@code |x| / T} nears 2^53 it has no bit left for ln(Z); take {@link
   * #logProbability}. <b>Cost:</b> one read of the row.
   *
   * {@snippet lang=java :
   * float[] logits = {(float) Math.log(1), (float) Math.log(2), (float) Math.log(5)};
   * System.out.println((float) Math.exp(Kernels.best().logSumExp(logits, 0, 3, 1))); // 1 + 2 + 5
   * // 8.0
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @return the log-sum-exp in nats
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public double logSumExp(float[] logits, int from, int to, float temperature) {
    checkRange(logits, from, to);
    checkTemperature(temperature);
    return rows.logSumExp(logits, from, to, temperature);
  }

  /**
   * Softmax, {@code p_i = exp(x_i / T) / sum(exp(x_j / T))}: each weight divided by the total,
   * rounded once.
   *
   * <p><b>Accuracy:</b> relative error at most that of the weight and of the total (see above) and
   * 2^-24; enforced by {@code SoftmaxContract}. No probability is above 1, and that of a sole token
   * is exactly 1. Masked tokens get exactly 0, and so does a token whose weight is below 2^-126.
   * Equal logits have equal probabilities; those of logits a few ULP apart may stand a rounding
   * against their order.
   *
   * <p><b>Cost:</b> two reads of the row, of which one is for its maximum, a write of the output
   * (two for up to 128 logits, and for more than 1,024), and one exponential a logit.
   * <b>Aliasing:</b> in place (the same array, the same offset) is allowed, any other overlap is an
   * error.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * float[] p = new float[3];
   * Kernels.best().softmax(logits, 0, 3, 1, p, 0);
   * System.out.println(Arrays.toString(p));
   * // [0.6285317, 0.23122391, 0.14024438]
   * Kernels.best().softmax(logits, 0, 3, 0.5f, logits, 0); // colder, and over the logits
   * System.out.println(Arrays.toString(logits));
   * // [0.8437947, 0.114195205, 0.04201007]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param probabilities where the {@code to - from} probabilities go
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     the output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void softmax(
      float[] logits,
      int from,
      int to,
      float temperature,
      float[] probabilities,
      int probabilitiesFrom) {
    String name = "probabilities";
    checkSoftmax(logits, from, to, temperature, name, probabilities, probabilitiesFrom);
    rows.softmax(logits, from, to, temperature, probabilities, probabilitiesFrom);
  }

  /**
   * Log-softmax, {@code ln p_i = (x_i - max) / T - ln(Z)}, in nats, as one fused multiply-add in
   * float; Z is the total in weights of the maximum.
   *
   * <p><b>Accuracy:</b> absolute error at most {@code (2 (max - x) / T + ln(Z) + |ln p|) * 2^-24}
   * and that of ln(Z), as for {@link #logSumExp}; enforced by {@code SoftmaxContract}. Unlike
   * {@link #softmax} it does not underflow: only masked tokens, and results below {@code
   * -Float.MAX_VALUE}, are {@code -Infinity}.
   *
   * <p><b>Cost:</b> two reads of the row and a write of the output. <b>Aliasing:</b> as for {@link
   * #softmax}.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, -1000}; // softmax would give the last one 0
   * float[] logs = new float[4];
   * Kernels.best().logSoftmax(logits, 0, 4, 1, logs, 0);
   * System.out.println(Arrays.toString(logs));
   * // [-0.4643688, -1.4643688, -1.9643688, -1002.46436]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param logProbabilities where the {@code to - from} logarithms go
   * @param logProbabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     the output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void logSoftmax(
      float[] logits,
      int from,
      int to,
      float temperature,
      float[] logProbabilities,
      int logProbabilitiesFrom) {
    String name = "logProbabilities";
    checkSoftmax(logits, from, to, temperature, name, logProbabilities, logProbabilitiesFrom);
    rows.logSoftmax(logits, from, to, temperature, logProbabilities, logProbabilitiesFrom);
  }

  /**
   * Top-k: the best k unmasked tokens, best first; exactly {@code min(k, unmasked)} of them,
   * whatever the ties.
   *
   * <p>Values keep the row's bits, but -0 is written as +0. <b>Accuracy:</b> exact; enforced by
   * {@code TopKContract}. <b>Cost:</b> one read of the row, a selection among what could be in the
   * top k, and a sort of k.
   *
   * {@snippet lang=java :
   * float[] logits = {1, 4, 2, 4, 3};
   * int[] ids = new int[3];
   * float[] values = new float[3];
   * int count = Kernels.best().topK(logits, 0, 5, 3, Workspace.of(5), ids, values);
   * System.out.println(count + ": " + Arrays.toString(ids) + " " + Arrays.toString(values));
   * // 3: [1, 3, 4] [4.0, 4.0, 3.0]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param k how many, at least 1
   * @param workspace scratch for rows at least this long
   * @param ids where the ids go; at least {@code min(k, to - from)} long
   * @param values where their logits go; as long
   * @return how many were written
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, k below 1, the workspace or an output
   *     too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public int topK(
      float[] logits, int from, int to, int k, Workspace workspace, int[] ids, float[] values) {
    checkRange(logits, from, to);
    checkBest("k", k, to - from, ids.length, "values", values.length);
    Survivors survivors = workspace.open(to - from);
    rows.topK(logits, from, to, k, survivors);
    return writeBest(survivors, ids, values);
  }

  private static int writeBest(Survivors survivors, int[] ids, float[] values) {
    long[] best = survivors.bestFirst();
    int size = survivors.size;
    for (int i = 0; i < size; i++) {
      ids[i] = TokenOrder.id(best[i]);
      values[i] = TokenOrder.value(best[i]);
    }
    return size;
  }

  /**
   * Top-p, the nucleus: the smallest best-first prefix of the tokens whose probabilities sum to p,
   * best first.
   *
   * <p><b>Definition:</b> the smallest prefix whose mass is at least {@code p * total - total *
   * 2^-21}: the token that crosses is included, and decimal cases (0.5 + 0.3 against 0.8) land
   * where a person expects. Masses are weights rounded to a multiple of 2^-44 and summed exactly. p
   * = 1 keeps every unmasked token, p = 0 the best one. Probabilities are those of the full
   * softmax: they sum to the nucleus' mass.
   *
   * <p><b>Accuracy:</b> the size is that of the exact nucleus of some p within 2^-21 and the error
   * of the total of the given one; enforced by {@code TopPContract}. <b>Cost:</b> one read of the
   * row, a second look where tokens of the nucleus may be, and a sort of the nucleus.
   * <b>Source:</b> Holtzman et al., The Curious Case of Neural Text Degeneration, arXiv:1904.09751.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, -3};
   * int[] ids = new int[4];
   * float[] p = new float[4];
   * int size = Kernels.best().topP(logits, 0, 4, 1, 0.8f, Workspace.of(4), ids, p);
   * for (int i = 0; i < size; i++) {
   *   System.out.println(ids[i] + ": " + p[i]);
   * }
   * // 0: 0.6258811
   * // 1: 0.2302488
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param p the mass to reach, in [0, 1]
   * @param workspace scratch for rows at least this long
   * @param ids where the ids go; at least as long as the nucleus is
   * @param probabilities where their probabilities go; as long
   * @return the size of the nucleus
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     p not in [0, 1], the workspace or an output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public int topP(
      float[] logits,
      int from,
      int to,
      float temperature,
      float p,
      Workspace workspace,
      int[] ids,
      float[] probabilities) {
    checkRange(logits, from, to);
    checkTemperature(temperature);
    checkProbability(p);
    Survivors survivors = workspace.open(to - from);
    rows.topP(logits, from, to, temperature, p, false, survivors);
    return writeNucleus(survivors, temperature, p, ids, probabilities);
  }

  private int writeNucleus(
      Survivors survivors, float temperature, float p, int[] ids, float[] probabilities) {
    int size = survivors.size;
    checkOutput("ids", ids.length, size);
    checkOutput("probabilities", probabilities.length, size);
    if (p == 1) { // the kernel has left no weights
      rows.weights(survivors, temperature);
    }
    survivors.probabilities(ids, probabilities);
    return size;
  }

  /**
   * Draws a token from the whole row: token i with probability {@code softmax(x, T)_i}, by
   * inversion of one uniform number.
   *
   * <p><b>Definition:</b> the first block of 1,024 tokens whose running total (in double) exceeds
   * {@code u * total}; in it, the first id whose running sum of weights (in double, in order)
   * exceeds the rest, or, if rounding leaves none, the block's last token with a weight above 0. A
   * masked token is never drawn, nor one whose weight is 0, whatever u.
   *
   * <p><b>Cost:</b> one read of the row, and of one block a second. Nothing as long as the row is
   * written. <b>Randomness:</b> the one number given. Frequencies are tested by {@code
   * DrawContract}.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f}; // probabilities 0.63, 0.23, 0.14
   * Workspace workspace = Workspace.of(3);
   * for (double u : new double[] {0.5, 0.7, 0.9}) {
   *   System.out.println(Kernels.best().sample(logits, 0, 3, 1, u, workspace));
   * }
   * // 0
   * // 1
   * // 2
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param u a uniform number in [0, 1)
   * @param workspace scratch for rows at least this long
   * @return the token's id, counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     u not in [0, 1), the workspace too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public int sample(
      float[] logits, int from, int to, float temperature, double u, Workspace workspace) {
    return sample(open(logits, from, to, workspace), temperature, u, workspace);
  }

  /**
   * The log-probability of a token under the whole row, {@code x / T - ln(sum(exp(x_j / T)))}, in
   * nats: what servers call a raw logprob.
   *
   * <p><b>Definition:</b> {@code (x - max) / T - ln(Z)} in double, where Z is the total in weights
   * of the maximum, at most 0 and exactly 0 for a token that is sure: the same formula as {@link
   * Sampler#logProbability()} and {@link Beams}.
   *
   * <p><b>Accuracy:</b> the absolute error is that of ln(Z), as for {@link #logSumExp}, and three
   * roundings in double, relative to {@code (max - x) / T} and to the result: so it is as good at
   * every temperature, where {@code x / T} minus a log-sum-exp would lose ln(Z). For a token that
   * is nearly sure the maximum's own error cancels, and the result is as accurate in relative terms
   * as the rest is known: all but what up to 31 tokens of its block add to it in float. Enforced by
   * {@code LogProbabilityContract}. <b>Cost:</b> one read of the row.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, Float.NEGATIVE_INFINITY};
   * System.out.println(Kernels.best().logProbability(logits, 0, 4, 1, 0));
   * // -0.4643687875230525
   * System.out.println(Kernels.best().logProbability(logits, 0, 4, 1, 3)); // masked
   * // -Infinity
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param token the token's id, counted from {@code from}
   * @return its log-probability; {@code -Infinity} if it is masked
   * @throws IndexOutOfBoundsException if the range does not lie in the array, or the token in the
   *     range
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public double logProbability(float[] logits, int from, int to, float temperature, int token) {
    checkRange(logits, from, to);
    Objects.checkIndex(token, to - from);
    checkTemperature(temperature);
    return rows.logProbability(logits, from, to, temperature, token);
  }

  /**
   * The best n tokens of the whole row with their log-probabilities, best first: what servers call
   * top logprobs.
   *
   * <p><b>Definition:</b> {@link #topK} for n, and the bits of {@link #logProbability} for each.
   * <b>Cost:</b> that of a top-k and a log-sum-exp.
   *
   * {@snippet lang=java :
   * float[] logits = {1, 4, 2, 4, 3};
   * int[] ids = new int[2];
   * double[] logs = new double[2];
   * int count = Kernels.best().topLogProbabilities(logits, 0, 5, 1, 2, Workspace.of(5), ids, logs);
   * for (int i = 0; i < count; i++) {
   *   System.out.println("token " + ids[i] + ": " + (float) logs[i]);
   * }
   * // token 1: -0.93726987
   * // token 3: -0.93726987
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param n how many, at least 1
   * @param workspace scratch for rows at least this long
   * @param ids where the ids go; at least {@code min(n, to - from)} long
   * @param logProbabilities where their log-probabilities go; as long
   * @return how many were written
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty, n below 1, the temperature not finite
   *     and above 0, the workspace or an output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public int topLogProbabilities(
      float[] logits,
      int from,
      int to,
      float temperature,
      int n,
      Workspace workspace,
      int[] ids,
      double[] logProbabilities) {
    return topLogProbabilities(
        open(logits, from, to, workspace), temperature, n, workspace, ids, logProbabilities);
  }

  /**
   * Top-k mask: the logits of the best k unmasked tokens, and {@code -Infinity} for all others.
   *
   * <p>Those that are kept keep the row's bits, -0 too. <b>Accuracy:</b> exact; enforced by {@code
   * ReadOutContract}. <b>Cost:</b> that of {@link #topK} without the sort, and a write of the
   * output. <b>Aliasing:</b> as for {@link #softmax}. <b>Source:</b> as FlashInfer's
   * top_k_mask_logits, which may keep another of several tokens that tie at the k-th logit.
   *
   * {@snippet lang=java :
   * float[] logits = {1, 4, 2, 4, 3};
   * Kernels.best().topKMaskLogits(logits, 0, 5, 3, Workspace.of(5), logits, 0); // in place
   * System.out.println(Arrays.toString(logits));
   * // [-Infinity, 4.0, -Infinity, 4.0, 3.0]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param k how many, at least 1
   * @param workspace scratch for rows at least this long
   * @param maskedLogits where the {@code to - from} logits go
   * @param maskedLogitsFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, k below 1, the workspace too small, the
   *     output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void topKMaskLogits(
      float[] logits,
      int from,
      int to,
      int k,
      Workspace workspace,
      float[] maskedLogits,
      int maskedLogitsFrom) {
    topKMaskLogits(open(logits, from, to, workspace), k, workspace, maskedLogits, maskedLogitsFrom);
  }

  /**
   * Top-k renormalisation: the softmax over the best k unmasked tokens, and 0 for all others.
   *
   * <p><b>Definition:</b> the bits that {@link Sampler#probabilities} writes behind the chain
   * {@code temperature(T), topK(k)}: each weight divided by the total, rounded once; the total is
   * the sum, in double and in the order of ids, of the weights that are left; if k is at least the
   * row's length, {@link #softmax}. <b>Accuracy:</b> as for {@link #softmax}; enforced by {@code
   * ReadOutContract}.
   *
   * <p><b>Cost:</b> that of {@link #topK} without the sort, and a write of the output.
   * <b>Aliasing:</b> as for {@link #softmax}. <b>Source:</b> as FlashInfer's top_k_renorm_probs,
   * but from logits.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, 0};
   * float[] p = new float[4];
   * Kernels.best().topKRenormalize(logits, 0, 4, 1, 2, Workspace.of(4), p, 0);
   * System.out.println(Arrays.toString(p));
   * // [0.7310586, 0.26894143, 0.0, 0.0]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param k how many, at least 1
   * @param workspace scratch for rows at least this long
   * @param probabilities where the {@code to - from} probabilities go
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     k below 1, the workspace too small, the output overlaps the row but is not the row, or for
   *     NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void topKRenormalize(
      float[] logits,
      int from,
      int to,
      float temperature,
      int k,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    topKRenormalize(
        open(logits, from, to, workspace),
        temperature,
        k,
        workspace,
        probabilities,
        probabilitiesFrom);
  }

  /**
   * Top-p renormalisation: the softmax over the nucleus, and 0 for all other tokens.
   *
   * <p><b>Definition:</b> the bits that {@link Sampler#probabilities} writes behind the chain
   * {@code temperature(T), topP(p)}, made as for {@link #topKRenormalize}; the nucleus is that of
   * {@link #topP}, whose probabilities are those of the full softmax. For p = 1, {@link #softmax}.
   * <b>Accuracy:</b> as for {@link #softmax}; enforced by {@code ReadOutContract}.
   *
   * <p><b>Cost:</b> that of {@link #topP} without the sort, and a write of the output.
   * <b>Aliasing:</b> as for {@link #softmax}. <b>Source:</b> as FlashInfer's top_p_renorm_probs,
   * but from logits.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, 0};
   * float[] p = new float[4];
   * Kernels.best().topPRenormalize(logits, 0, 4, 1, 0.9f, Workspace.of(4), p, 0);
   * System.out.println(Arrays.toString(p));
   * // [0.6285317, 0.23122391, 0.14024438, 0.0]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param p the mass to reach, in [0, 1]
   * @param workspace scratch for rows at least this long
   * @param probabilities where the {@code to - from} probabilities go
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     p not in [0, 1], the workspace too small, the output overlaps the row but is not the row,
   *     or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void topPRenormalize(
      float[] logits,
      int from,
      int to,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    topPRenormalize(
        open(logits, from, to, workspace),
        temperature,
        p,
        workspace,
        probabilities,
        probabilitiesFrom);
  }

  /**
   * Min-p renormalisation: the softmax over the tokens at least p times as probable as the best
   * one, and 0 for all others.
   *
   * <p><b>Definition:</b> the bits that {@link Sampler#probabilities} writes behind the chain
   * {@code temperature(T), minP(p)}, made as for {@link #topKRenormalize}; {@link Step#minP} says
   * which tokens are kept. For p = 0, {@link #softmax}. <b>Accuracy:</b> as for {@link #softmax};
   * enforced by {@code ReadOutContract}.
   *
   * <p><b>Cost:</b> one read of the row, a second look where tokens that are kept may be, and a
   * write of the output. <b>Aliasing:</b> as for {@link #softmax}. <b>Source:</b> Nguyen et al.,
   * Turning Up the Heat: Min-p Sampling, arXiv:2407.01082.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, 0};
   * float[] p = new float[4];
   * Kernels.best().minPRenormalize(logits, 0, 4, 1, 0.3f, Workspace.of(4), p, 0); // e^-1 = 0.37
   * System.out.println(Arrays.toString(p));
   * // [0.7310586, 0.26894143, 0.0, 0.0]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param temperature T, finite and above 0
   * @param p the least share of the best token's probability, in [0, 1]
   * @param workspace scratch for rows at least this long
   * @param probabilities where the {@code to - from} probabilities go
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the temperature not finite and above 0,
   *     p not in [0, 1], the workspace too small, the output overlaps the row but is not the row,
   *     or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void minPRenormalize(
      float[] logits,
      int from,
      int to,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    minPRenormalize(
        open(logits, from, to, workspace),
        temperature,
        p,
        workspace,
        probabilities,
        probabilitiesFrom);
  }

  private void renormalize(Survivors survivors, float[] out, int outFrom, int length) {
    rows.draw(survivors, 0); // leaves their total
    float first = Exponential.first(survivors.total);
    float second = Exponential.second(survivors.total);
    write(survivors, survivors.weights, first, second, 0, out, outFrom, length);
  }

  /** Writes a row: a number of each survivor times two factors, and another for all others. */
  private static void write(
      Survivors survivors,
      float[] numbers,
      float first,
      float second,
      float others,
      float[] out,
      int outFrom,
      int length) {
    Arrays.fill(out, outFrom, outFrom + length, others);
    for (int i = 0; i < survivors.size; i++) {
      out[outFrom + survivors.ids[i]] = Exponential.probability(numbers[i], first, second);
    }
  }

  /**
   * {@link #argMax(float[], int, int)} of a row in a memory segment.
   *
   * <p>For this and all that follow: results have the bits of the row widened to a {@code float[]}.
   * Native {@code FLOAT32} rows, and rows in a {@code float[]}, are read where they lie; halves are
   * widened in one read; other rows on the heap are copied.
   *
   * {@snippet lang=java :
   * try (Arena arena = Arena.ofConfined()) {
   *   MemorySegment logits = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 3, 2);
   *   Workspace workspace = Workspace.of(3);
   *   System.out.println(Kernels.best().argMax(logits, 0, 3, ElementType.FLOAT32, workspace));
   *   // 1
   * }
   * }
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @return the id
   * @throws IndexOutOfBoundsException if the row does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int argMax(
      MemorySegment logits, long byteOffset, int length, ElementType type, Workspace workspace) {
    return argMax(at(logits, byteOffset, length, type, workspace), workspace);
  }

  /**
   * {@link #logSumExp(float[], int, int, float)} of a row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @return the log-sum-exp in nats
   * @throws IndexOutOfBoundsException if the row does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double logSumExp(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      Workspace workspace) {
    return logSumExp(at(logits, byteOffset, length, type, workspace), temperature, workspace);
  }

  /**
   * {@link #softmax(float[], int, int, float, float[], int)} of a row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param probabilities where the probabilities go; in place if it is the array that a segment on
   *     the heap is a view of, at the same place
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the row or the output does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, or the output overlaps the row but is not the row, or
   *     for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softmax(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    softmax(
        at(logits, byteOffset, length, type, workspace),
        temperature,
        workspace,
        probabilities,
        probabilitiesFrom);
  }

  /**
   * {@link #softmax(float[], int, int, float, float[], int)} of a row in a memory segment, into a
   * memory segment, as {@code FLOAT32}.
   *
   * <p>Between native segments the weights pass through the workspace; in place is allowed for
   * {@code FLOAT32}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param probabilities where the probabilities go
   * @param probabilitiesByteOffset where in it the first goes; any alignment
   * @throws IndexOutOfBoundsException if the row or the output does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, the output read-only, or it overlaps the row but is not
   *     the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softmax(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      Workspace workspace,
      MemorySegment probabilities,
      long probabilitiesByteOffset) {
    softmax(
        at(logits, byteOffset, length, type, workspace),
        temperature,
        workspace,
        probabilities,
        probabilitiesByteOffset);
  }

  /**
   * {@link #logSoftmax(float[], int, int, float, float[], int)} of a row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param logProbabilities where the logarithms go; in place if it is the array that a segment on
   *     the heap is a view of, at the same place
   * @param logProbabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the row or the output does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, or the output overlaps the row but is not the row, or
   *     for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logSoftmax(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      Workspace workspace,
      float[] logProbabilities,
      int logProbabilitiesFrom) {
    logSoftmax(
        at(logits, byteOffset, length, type, workspace),
        temperature,
        workspace,
        logProbabilities,
        logProbabilitiesFrom);
  }

  /**
   * {@link #logSoftmax(float[], int, int, float, float[], int)} of a row in a memory segment, into
   * a memory segment, as {@code FLOAT32}.
   *
   * <p>Between native segments nothing is copied; in place is allowed for {@code FLOAT32}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param logProbabilities where the logarithms go
   * @param logProbabilitiesByteOffset where in it the first goes; any alignment
   * @throws IndexOutOfBoundsException if the row or the output does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, the output read-only, or it overlaps the row but is not
   *     the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logSoftmax(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      Workspace workspace,
      MemorySegment logProbabilities,
      long logProbabilitiesByteOffset) {
    logSoftmax(
        at(logits, byteOffset, length, type, workspace),
        temperature,
        workspace,
        logProbabilities,
        logProbabilitiesByteOffset);
  }

  /**
   * {@link #topK(float[], int, int, int, Workspace, int[], float[])} of a row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param k how many, at least 1
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param ids where the ids go; at least {@code min(k, length)} long
   * @param values where their logits go; as long
   * @return how many were written
   * @throws IndexOutOfBoundsException if the row does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, k below 1, an
   *     output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int topK(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      int k,
      Workspace workspace,
      int[] ids,
      float[] values) {
    return topK(at(logits, byteOffset, length, type, workspace), k, workspace, ids, values);
  }

  /**
   * {@link #topP(float[], int, int, float, float, Workspace, int[], float[])} of a row in a memory
   * segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param p the mass to reach, in [0, 1]
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @param ids where the ids go; at least as long as the nucleus is
   * @param probabilities where their probabilities go; as long
   * @return the size of the nucleus
   * @throws IndexOutOfBoundsException if the row does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, p not in [0, 1], an output too small, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int topP(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      float p,
      Workspace workspace,
      int[] ids,
      float[] probabilities) {
    return topP(
        at(logits, byteOffset, length, type, workspace),
        temperature,
        p,
        workspace,
        ids,
        probabilities);
  }

  /**
   * {@link #sample(float[], int, int, float, double, Workspace)} of a row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param temperature T, finite and above 0
   * @param u a uniform number in [0, 1)
   * @param workspace scratch for rows at least this long; halves are widened in it
   * @return the token's id
   * @throws IndexOutOfBoundsException if the row does not lie in its segment
   * @throws IllegalArgumentException if the row is empty or the workspace too small, the
   *     temperature not finite and above 0, u not in [0, 1), or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int sample(
      MemorySegment logits,
      long byteOffset,
      int length,
      ElementType type,
      float temperature,
      double u,
      Workspace workspace) {
    return sample(at(logits, byteOffset, length, type, workspace), temperature, u, workspace);
  }

  /**
   * {@link #argMax(float[], int, int)} of a row wherever it lies.
   *
   * <p>For this and all that follow: results and errors have the bits and words of the row widened
   * to a {@code float[]}; {@link Logits} tells what is read where it lies, what is widened and what
   * is copied. <b>Allocation:</b> none, once the workspace has grown. <b>Aliasing:</b> a row of
   * {@code FLOAT32} in an array may be overwritten in place, which means the same array at the same
   * offset, however the row is given (array, buffer or segment); any other overlap with that array
   * is an error. Other rows cannot overlap a {@code float[]}, but for read-only views of it: these
   * are copied before anything is written.
   *
   * {@snippet lang=java :
   * FloatBuffer buffer =
   *     ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder()).asFloatBuffer();
   * buffer.put(0, new float[] {1, 3, 2});
   * Workspace workspace = Workspace.of(3);
   * Logits row = Logits.of(buffer);
   * int best = Kernels.best().argMax(row, workspace);
   * System.out.println(best + ": " + Kernels.best().logProbability(row, 1, best, workspace));
   * // 1: -0.40760597258475467
   * }
   *
   * @param logits where the row lies
   * @param workspace scratch for rows at least as long
   * @return the id
   * @throws IllegalArgumentException if the workspace is too small, or for NaN or +Infinity in the
   *     row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int argMax(Logits logits, Workspace workspace) {
    return open(logits, workspace).argMax(workspace.survivors);
  }

  /**
   * {@link #logSumExp(float[], int, int, float)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least as long
   * @return the log-sum-exp in nats
   * @throws IllegalArgumentException if the workspace is too small, the temperature not finite and
   *     above 0, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double logSumExp(Logits logits, float temperature, Workspace workspace) {
    checkTemperature(temperature);
    return open(logits, workspace).logSumExp(temperature);
  }

  /**
   * {@link #softmax(float[], int, int, float, float[], int)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least as long
   * @param probabilities where as many probabilities go as the row has logits; in place if it is
   *     the array that holds the row, at the same place
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if the workspace is too small, the temperature not finite and
   *     above 0, the output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softmax(
      Logits logits,
      float temperature,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    checkTemperature(temperature);
    Row<?> row = open(logits, workspace);
    checkBeside(row, "probabilities", probabilities, probabilitiesFrom);
    row.softmax(temperature, probabilities, probabilitiesFrom);
  }

  /**
   * {@link #softmax(float[], int, int, float, float[], int)} of a row wherever it lies, into a
   * memory segment, as {@code FLOAT32}.
   *
   * <p>Between native segments the weights pass through the workspace; in place is allowed for
   * {@code FLOAT32}. A segment on the heap may cost 16 bytes a call, as the JDK gives its array as
   * an object.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least as long
   * @param probabilities where as many probabilities go as the row has logits
   * @param probabilitiesByteOffset where in it the first goes; any alignment
   * @throws IndexOutOfBoundsException if the output does not lie in its segment
   * @throws IllegalArgumentException if the workspace is too small, the temperature not finite and
   *     above 0, the output read-only, or it overlaps the row but is not the row, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softmax(
      Logits logits,
      float temperature,
      Workspace workspace,
      MemorySegment probabilities,
      long probabilitiesByteOffset) {
    checkTemperature(temperature);
    RowSource.checkOutput(logits, "probabilities", probabilities, probabilitiesByteOffset);
    Row<?> row = open(logits, workspace);
    RowSource source = workspace.source(rows);
    int length = logits.length();
    if (row instanceof Row.OfNative of && probabilities.isNative()) {
      SegmentAddress y = source.output(probabilities, probabilitiesByteOffset);
      rows.natives().softmax(of.floats(), 0, length, temperature, y, workspace.survivors);
    } else {
      float[] y = source.room();
      row.softmax(temperature, y, 0);
      RowSource.copy(y, length, probabilities, probabilitiesByteOffset);
    }
  }

  /**
   * {@link #logSoftmax(float[], int, int, float, float[], int)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least as long
   * @param logProbabilities where as many logarithms go as the row has logits; in place if it is
   *     the array that holds the row, at the same place
   * @param logProbabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if the workspace is too small, the temperature not finite and
   *     above 0, the output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logSoftmax(
      Logits logits,
      float temperature,
      Workspace workspace,
      float[] logProbabilities,
      int logProbabilitiesFrom) {
    checkTemperature(temperature);
    Row<?> row = open(logits, workspace);
    checkBeside(row, "logProbabilities", logProbabilities, logProbabilitiesFrom);
    row.logSoftmax(temperature, logProbabilities, logProbabilitiesFrom);
  }

  /**
   * {@link #logSoftmax(float[], int, int, float, float[], int)} of a row wherever it lies, into a
   * memory segment, as {@code FLOAT32}.
   *
   * <p>Between native segments nothing is copied; in place is allowed for {@code FLOAT32}.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param workspace scratch for rows at least as long
   * @param logProbabilities where as many logarithms go as the row has logits
   * @param logProbabilitiesByteOffset where in it the first goes; any alignment
   * @throws IndexOutOfBoundsException if the output does not lie in its segment
   * @throws IllegalArgumentException if the workspace is too small, the temperature not finite and
   *     above 0, the output read-only, or it overlaps the row but is not the row, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logSoftmax(
      Logits logits,
      float temperature,
      Workspace workspace,
      MemorySegment logProbabilities,
      long logProbabilitiesByteOffset) {
    checkTemperature(temperature);
    RowSource.checkOutput(logits, "logProbabilities", logProbabilities, logProbabilitiesByteOffset);
    Row<?> row = open(logits, workspace);
    RowSource source = workspace.source(rows);
    int length = logits.length();
    if (row instanceof Row.OfNative of && logProbabilities.isNative()) {
      SegmentAddress y = source.output(logProbabilities, logProbabilitiesByteOffset);
      rows.natives().logSoftmax(of.floats(), 0, length, temperature, y, workspace.survivors);
    } else {
      float[] y = source.room();
      row.logSoftmax(temperature, y, 0);
      RowSource.copy(y, length, logProbabilities, logProbabilitiesByteOffset);
    }
  }

  /**
   * {@link #topK(float[], int, int, int, Workspace, int[], float[])} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param k how many, at least 1
   * @param workspace scratch for rows at least as long
   * @param ids where the ids go; at least {@code min(k, logits.length())} long
   * @param values where their logits go; as long
   * @return how many were written
   * @throws IllegalArgumentException if k is below 1, the workspace or an output too small, or for
   *     NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int topK(Logits logits, int k, Workspace workspace, int[] ids, float[] values) {
    return topK(open(logits, workspace), k, workspace, ids, values);
  }

  /**
   * {@link #topP(float[], int, int, float, float, Workspace, int[], float[])} of a row wherever it
   * lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param p the mass to reach, in [0, 1]
   * @param workspace scratch for rows at least as long
   * @param ids where the ids go; at least as long as the nucleus is
   * @param probabilities where their probabilities go; as long
   * @return the size of the nucleus
   * @throws IllegalArgumentException if the temperature is not finite and above 0, p not in [0, 1],
   *     the workspace or an output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int topP(
      Logits logits,
      float temperature,
      float p,
      Workspace workspace,
      int[] ids,
      float[] probabilities) {
    return topP(open(logits, workspace), temperature, p, workspace, ids, probabilities);
  }

  /**
   * {@link #sample(float[], int, int, float, double, Workspace)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param u a uniform number in [0, 1)
   * @param workspace scratch for rows at least as long
   * @return the token's id
   * @throws IllegalArgumentException if the temperature is not finite and above 0, u not in [0, 1),
   *     the workspace too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int sample(Logits logits, float temperature, double u, Workspace workspace) {
    return sample(open(logits, workspace), temperature, u, workspace);
  }

  /**
   * {@link #logProbability(float[], int, int, float, int)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param token the token's id
   * @param workspace scratch for rows at least as long
   * @return its log-probability; {@code -Infinity} if it is masked
   * @throws IndexOutOfBoundsException if the token is not in the row
   * @throws IllegalArgumentException if the temperature is not finite and above 0, the workspace
   *     too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double logProbability(Logits logits, float temperature, int token, Workspace workspace) {
    Objects.checkIndex(token, logits.length());
    checkTemperature(temperature);
    Row<?> row = open(logits, workspace);
    Survivors survivors = workspace.survivors;
    row.sums(temperature, survivors);
    double logPartition = survivors.logPartition(temperature);
    return LogProbability.of(row.get(token), survivors.max, temperature, logPartition);
  }

  /**
   * {@link #topLogProbabilities(float[], int, int, float, int, Workspace, int[], double[])} of a
   * row wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param n how many, at least 1
   * @param workspace scratch for rows at least as long
   * @param ids where the ids go; at least {@code min(n, logits.length())} long
   * @param logProbabilities where their log-probabilities go; as long
   * @return how many were written
   * @throws IllegalArgumentException if n is below 1, the temperature not finite and above 0, the
   *     workspace or an output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int topLogProbabilities(
      Logits logits,
      float temperature,
      int n,
      Workspace workspace,
      int[] ids,
      double[] logProbabilities) {
    return topLogProbabilities(
        open(logits, workspace), temperature, n, workspace, ids, logProbabilities);
  }

  /**
   * {@link #topKMaskLogits(float[], int, int, int, Workspace, float[], int)} of a row wherever it
   * lies.
   *
   * @param logits where the row lies
   * @param k how many, at least 1
   * @param workspace scratch for rows at least as long
   * @param maskedLogits where as many logits go as the row has; in place if it is the array that
   *     holds the row, at the same place
   * @param maskedLogitsFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if k is below 1, the workspace too small, the output overlaps
   *     the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void topKMaskLogits(
      Logits logits, int k, Workspace workspace, float[] maskedLogits, int maskedLogitsFrom) {
    topKMaskLogits(open(logits, workspace), k, workspace, maskedLogits, maskedLogitsFrom);
  }

  /**
   * {@link #topKRenormalize(float[], int, int, float, int, Workspace, float[], int)} of a row
   * wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param k how many, at least 1
   * @param workspace scratch for rows at least as long
   * @param probabilities where as many probabilities go as the row has logits; in place if it is
   *     the array that holds the row, at the same place
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if k is below 1, the temperature not finite and above 0, the
   *     workspace too small, the output overlaps the row but is not the row, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void topKRenormalize(
      Logits logits,
      float temperature,
      int k,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    topKRenormalize(
        open(logits, workspace), temperature, k, workspace, probabilities, probabilitiesFrom);
  }

  /**
   * {@link #topPRenormalize(float[], int, int, float, float, Workspace, float[], int)} of a row
   * wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param p the mass to reach, in [0, 1]
   * @param workspace scratch for rows at least as long
   * @param probabilities where as many probabilities go as the row has logits; in place if it is
   *     the array that holds the row, at the same place
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if p is not in [0, 1], the temperature not finite and above 0,
   *     the workspace too small, the output overlaps the row but is not the row, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void topPRenormalize(
      Logits logits,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    topPRenormalize(
        open(logits, workspace), temperature, p, workspace, probabilities, probabilitiesFrom);
  }

  /**
   * {@link #minPRenormalize(float[], int, int, float, float, Workspace, float[], int)} of a row
   * wherever it lies.
   *
   * @param logits where the row lies
   * @param temperature T, finite and above 0
   * @param p the least share of the best token's probability, in [0, 1]
   * @param workspace scratch for rows at least as long
   * @param probabilities where as many probabilities go as the row has logits; in place if it is
   *     the array that holds the row, at the same place
   * @param probabilitiesFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if p is not in [0, 1], the temperature not finite and above 0,
   *     the workspace too small, the output overlaps the row but is not the row, or for NaN or
   *     +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void minPRenormalize(
      Logits logits,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    minPRenormalize(
        open(logits, workspace), temperature, p, workspace, probabilities, probabilitiesFrom);
  }

  private int topK(Row<?> row, int k, Workspace workspace, int[] ids, float[] values) {
    checkBest("k", k, row.length(), ids.length, "values", values.length);
    row.topK(k, workspace.survivors);
    return writeBest(workspace.survivors, ids, values);
  }

  private int topP(
      Row<?> row,
      float temperature,
      float p,
      Workspace workspace,
      int[] ids,
      float[] probabilities) {
    checkTemperature(temperature);
    checkProbability(p);
    Survivors survivors = workspace.survivors;
    row.topP(temperature, p, survivors);
    return writeNucleus(survivors, temperature, p, ids, probabilities);
  }

  private int sample(Row<?> row, float temperature, double u, Workspace workspace) {
    checkTemperature(temperature);
    checkUniform(u);
    return WholeRowDraw.sample(rows, row, temperature, u, workspace.survivors);
  }

  private int topLogProbabilities(
      Row<?> row,
      float temperature,
      int n,
      Workspace workspace,
      int[] ids,
      double[] logProbabilities) {
    checkTemperature(temperature);
    checkBest("n", n, row.length(), ids.length, "logProbabilities", logProbabilities.length);
    Survivors survivors = workspace.survivors;
    row.sums(temperature, survivors);
    float max = survivors.max;
    double logPartition = survivors.logPartition(temperature);
    survivors.row.forget();
    row.topK(n, survivors);
    long[] best = survivors.bestFirst();
    for (int i = 0; i < survivors.size; i++) {
      ids[i] = TokenOrder.id(best[i]);
      logProbabilities[i] =
          LogProbability.of(TokenOrder.value(best[i]), max, temperature, logPartition);
    }
    return survivors.size;
  }

  private void topKMaskLogits(
      Row<?> row, int k, Workspace workspace, float[] maskedLogits, int maskedLogitsFrom) {
    checkCount("k", k);
    checkBeside(row, "maskedLogits", maskedLogits, maskedLogitsFrom);
    Survivors survivors = workspace.survivors;
    row.topK(k, survivors);
    write(
        survivors,
        survivors.values,
        1,
        0,
        Float.NEGATIVE_INFINITY,
        maskedLogits,
        maskedLogitsFrom,
        row.length());
  }

  private void topKRenormalize(
      Row<?> row,
      float temperature,
      int k,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    checkTemperature(temperature);
    checkCount("k", k);
    checkBeside(row, "probabilities", probabilities, probabilitiesFrom);
    if (k >= row.length()) {
      row.softmax(temperature, probabilities, probabilitiesFrom);
    } else {
      Survivors survivors = workspace.survivors;
      row.topK(k, survivors);
      rows.weights(survivors, temperature);
      renormalize(survivors, probabilities, probabilitiesFrom, row.length());
    }
  }

  private void topPRenormalize(
      Row<?> row,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    checkTemperature(temperature);
    checkProbability(p);
    checkBeside(row, "probabilities", probabilities, probabilitiesFrom);
    if (p == 1) {
      row.softmax(temperature, probabilities, probabilitiesFrom);
    } else {
      Survivors survivors = workspace.survivors;
      row.topP(temperature, p, survivors); // weights and all
      renormalize(survivors, probabilities, probabilitiesFrom, row.length());
    }
  }

  private void minPRenormalize(
      Row<?> row,
      float temperature,
      float p,
      Workspace workspace,
      float[] probabilities,
      int probabilitiesFrom) {
    checkTemperature(temperature);
    checkProbability(p);
    checkBeside(row, "probabilities", probabilities, probabilitiesFrom);
    if (p == 0) {
      row.softmax(temperature, probabilities, probabilitiesFrom);
    } else {
      Survivors survivors = workspace.survivors;
      row.minP(Cutoffs.minP(temperature, p), survivors);
      rows.weights(survivors, temperature);
      renormalize(survivors, probabilities, probabilitiesFrom, row.length());
    }
  }

  /**
   * Soft cap: {@code cap * tanh(x / cap)} of every logit, so that none lies beyond the cap on
   * either side.
   *
   * <p><b>Definition:</b> docs/numerics.md, section 6: below 0.625 of the cap a polynomial, from
   * there on {@code cap - 2 cap / (1 + exp(2 |x| / cap))}, all in float. <b>Order:</b> a larger
   * logit never gets a smaller result, whatever the cap; two logits may get the same. <b>Special
   * values:</b> odd; -0 stays -0; {@code -Infinity} stays {@code -Infinity}, so a masked token
   * stays masked; from about nine caps on the result is the cap. NaN and +Infinity are errors, as
   * everywhere.
   *
   * <p><b>Accuracy:</b> the relative error is at most {@code 4 * 2^-24}, also for small logits,
   * where the result is no subnormal float; enforced by {@code SoftCapContract}. <b>Cost:</b> a
   * read of the row for what is no logit, and a pass that reads it and writes the output; blocks of
   * 1,024 logits in which none reaches 0.625 of the cap take about a third of the time of others.
   * <b>Aliasing:</b> as for {@link #softmax}.
   *
   * <p><b>Source:</b> Gemma Team, Gemma 2, arXiv:2408.00118, section 2, of last logits (cap 30) and
   * of attention scores (cap 50). A chain has it as {@link Step#softCap}. Example:
   *
   * {@snippet lang=java :
   * float[] row = {5, 30, 100, -5};
   * Kernels.best().softCap(row, 0, row.length, 30, row, 0); // in place
   * System.out.println(Arrays.toString(row));
   * // [4.954212, 22.847824, 29.923738, -4.954212]
   * }
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param cap finite and above 0
   * @param cappedLogits where the {@code to - from} logits go
   * @param cappedLogitsFrom the index of the first
   * @throws IndexOutOfBoundsException if the range or the output does not lie in its array
   * @throws IllegalArgumentException if the range is empty, the cap not finite and above 0, the
   *     output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked
   */
  public void softCap(
      float[] logits, int from, int to, float cap, float[] cappedLogits, int cappedLogitsFrom) {
    checkRange(logits, from, to);
    checkCap(cap);
    Objects.checkFromIndexSize(cappedLogitsFrom, to - from, cappedLogits.length);
    checkOverlap(logits, from, to, "cappedLogits", cappedLogits, cappedLogitsFrom);
    rows.argMax(logits, from, to); // throws for what is no logit
    rows.softCap(logits, from, to, cap, cappedLogits, cappedLogitsFrom);
  }

  /**
   * {@link #softCap(float[], int, int, float, float[], int)} of a row wherever it lies.
   *
   * @param logits where the row lies
   * @param cap finite and above 0
   * @param workspace scratch for rows at least as long
   * @param cappedLogits where as many logits go as the row has; in place if it is the array that
   *     holds the row, at the same place
   * @param cappedLogitsFrom the index of the first
   * @throws IndexOutOfBoundsException if the output does not lie in its array
   * @throws IllegalArgumentException if the workspace is too small, the cap not finite and above 0,
   *     the output overlaps the row but is not the row, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softCap(
      Logits logits, float cap, Workspace workspace, float[] cappedLogits, int cappedLogitsFrom) {
    checkCap(cap);
    Row<?> row = open(logits, workspace);
    checkBeside(row, "cappedLogits", cappedLogits, cappedLogitsFrom);
    row.argMax(workspace.survivors); // throws for what is no logit
    row.softCap(cap, cappedLogits, cappedLogitsFrom);
  }

  /**
   * {@link #softCap(float[], int, int, float, float[], int)} of a row wherever it lies, into a
   * memory segment, as {@code FLOAT32}.
   *
   * <p>The results pass through the workspace; in place is allowed for {@code FLOAT32}.
   *
   * @param logits where the row lies
   * @param cap finite and above 0
   * @param workspace scratch for rows at least as long
   * @param cappedLogits where as many logits go as the row has
   * @param cappedLogitsByteOffset where in it the first goes; any alignment
   * @throws IndexOutOfBoundsException if the output does not lie in its segment
   * @throws IllegalArgumentException if the workspace is too small, the cap not finite and above 0,
   *     the output read-only, or it overlaps the row but is not the row, or for NaN or +Infinity in
   *     the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softCap(
      Logits logits,
      float cap,
      Workspace workspace,
      MemorySegment cappedLogits,
      long cappedLogitsByteOffset) {
    checkCap(cap);
    RowSource.checkOutput(logits, "cappedLogits", cappedLogits, cappedLogitsByteOffset);
    Row<?> row = open(logits, workspace);
    row.argMax(workspace.survivors); // throws for what is no logit
    float[] y = workspace.source(rows).room();
    row.softCap(cap, y, 0);
    RowSource.copy(y, logits.length(), cappedLogits, cappedLogitsByteOffset);
  }

  /** The workspace's own handle, at a row. */
  private Logits at(
      MemorySegment logits, long byteOffset, int length, ElementType type, Workspace workspace) {
    return workspace.source(rows).place().at(logits, byteOffset, length, type);
  }

  /** Opens a row for kernels that have a workspace. */
  Row<?> open(Logits logits, Workspace workspace) {
    workspace.open(logits.length());
    return workspace.source(rows).open(logits);
  }

  private Row<?> open(float[] logits, int from, int to, Workspace workspace) {
    checkRange(logits, from, to);
    workspace.open(to - from);
    return workspace.source(rows).open(logits, from, to);
  }

  /** Results that are as many floats as the row has logits may take its place, and no other. */
  private static void checkBeside(Row<?> row, String name, float[] out, int outFrom) {
    Objects.checkFromIndexSize(outFrom, row.length(), out.length);
    if (row instanceof Row.OfArray of) {
      checkOverlap(of.array(), of.from(), of.from() + of.length(), name, out, outFrom);
    }
  }

  /**
   * The log-probabilities of several tokens under one row, which is read once: of labels, or of
   * what each of many continuations begins with.
   *
   * <p><b>Definition:</b> the bits of {@link #logProbability} for each. <b>Cost:</b> one read of
   * the row, and a few nanoseconds a token. <b>Accuracy:</b> as for {@link #logProbability};
   * enforced by {@code EvaluationContract}.
   *
   * {@snippet :
   * Workspace workspace = Workspace.of(4);
   * double[] logs = new double[2];
   * Logits row = Logits.of(new float[] {1, 2, 3, 4});
   * Kernels.best().logProbabilities(row, 1, new int[] {3, 0}, workspace, logs);
   * System.out.printf(Locale.ROOT, "%.4f %.4f%n", logs[0], logs[1]);
   * // -0.4402 -3.4402
   * }
   *
   * @param logits the row
   * @param temperature T, finite and above 0
   * @param tokens the tokens' ids, in any order, some perhaps more than once
   * @param workspace scratch for rows at least this long
   * @param logProbabilities where their log-probabilities go, in nats, {@code -Infinity} for masked
   *     tokens; at least as long as {@code tokens}
   * @throws IndexOutOfBoundsException if a token does not lie in the row; nothing is written then,
   *     nor at any other exception
   * @throws IllegalArgumentException if the temperature is not finite and above 0, the workspace or
   *     the output too small, or for NaN or +Infinity in the row
   * @throws IllegalStateException if every token is masked, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logProbabilities(
      Logits logits,
      float temperature,
      int[] tokens,
      Workspace workspace,
      double[] logProbabilities) {
    checkTemperature(temperature);
    checkOutput("logProbabilities", logProbabilities.length, tokens.length);
    checkTokens(tokens, logits.length());
    logProbabilities(logits, temperature, tokens, 0, tokens.length, workspace, logProbabilities);
  }

  /**
   * The log-probabilities of several tokens under each of many rows, each of which is read once: of
   * the tokens of a continuation, one a row, or of the labels of many questions.
   *
   * <p><b>Definition:</b> the rows are one matrix; each lies {@code stride} logits behind the one
   * before. Each row has {@code tokens.length / count} tokens: those of row r begin at {@code r *
   * tokens.length / count}, and so do their log-probabilities. The bits are those of {@link
   * #logProbability} for each. <b>Cost:</b> that of {@link #logSumExp} for each row, and a few
   * nanoseconds a token. <b>Allocation:</b> none, once the workspace has met as many tokens.
   * <b>Accuracy:</b> as for {@link #logProbability}; enforced by {@code EvaluationContract}.
   *
   * {@snippet :
   * float[] logits = {1, 2, 3, 4, 4, 3, 2, 1}; // two rows
   * int[] continuation = {3, 1};
   * double[] logs = new double[2];
   * Logits first = Logits.of(logits, 0, 4);
   * Kernels.best().logProbabilities(first, 2, 4, 1, continuation, Workspace.of(4), logs);
   * System.out.printf(Locale.ROOT, "%.4f %.4f%n", logs[0], logs[1]);
   * // -0.4402 -1.4402
   * }
   *
   * @param first the first row
   * @param count how many rows, at least 1
   * @param stride how many logits a row lies behind the one before, at least 0
   * @param temperature T, finite and above 0
   * @param tokens the tokens' ids, as many for each row
   * @param workspace scratch for rows at least this long
   * @param logProbabilities where their log-probabilities go, in nats, {@code -Infinity} for masked
   *     tokens; at least as long as {@code tokens}
   * @throws IndexOutOfBoundsException if a token does not lie in its row, or a row in what holds
   *     the first; nothing is written then, nor at any other exception
   * @throws IllegalArgumentException if the count is below 1, the stride below 0, the temperature
   *     not finite and above 0, the tokens are not as many for each row, the workspace or the
   *     output is too small, or for NaN or +Infinity in a row; of the first row with an error the
   *     message tells the number
   * @throws IllegalStateException if every token of a row is masked, or a segment's memory was
   *     released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void logProbabilities(
      Logits first,
      int count,
      long stride,
      float temperature,
      int[] tokens,
      Workspace workspace,
      double[] logProbabilities) {
    checkTemperature(temperature);
    checkCount("count", count);
    if (tokens.length % count != 0) {
      throw new IllegalArgumentException(
          tokens.length + " tokens are not as many for each of " + count + " rows");
    }
    checkOutput("logProbabilities", logProbabilities.length, tokens.length);
    checkTokens(tokens, first.length());
    first.checkRows(count, stride);
    double[] logs = workspace.logProbabilities(tokens.length);
    Logits place = workspace.source(rows).place();
    int each = tokens.length / count;
    for (int row = 0; row < count; row++) {
      int from = row * each;
      try {
        place.at(first, row * stride);
        logProbabilities(place, temperature, tokens, from, from + each, workspace, logs);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw RowErrors.in("row " + row, e);
      }
    }
    System.arraycopy(logs, 0, logProbabilities, 0, tokens.length);
  }

  private void logProbabilities(
      Logits logits,
      float temperature,
      int[] tokens,
      int from,
      int end,
      Workspace workspace,
      double[] logProbabilities) {
    Survivors survivors = workspace.survivors;
    Row<?> row = open(logits, workspace);
    row.sums(temperature, survivors);
    double logPartition = survivors.logPartition(temperature);
    for (int i = from; i < end; i++) {
      logProbabilities[i] =
          LogProbability.of(row.get(tokens[i]), survivors.max, temperature, logPartition);
    }
  }

  private static void checkTokens(int[] tokens, int length) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= length) {
        throw new IndexOutOfBoundsException(
            "tokens[" + i + "] is " + tokens[i] + ", but the row has " + length + " tokens");
      }
    }
  }

  /**
   * The Kullback-Leibler divergence of two rows at temperature 1, {@code sum(p_i ln(p_i / q_i))} in
   * nats, where p and q are their softmaxes: what is lost where q is taken for p.
   *
   * <p><b>Definition:</b> {@code max(0, sum(p_i ((x_i - y_i) - (m - n))) + ln Z(y) - ln Z(x))},
   * where x and y are the rows, m and n their maxima, and Z their totals in weights of the maximum.
   * Of rows with equal logits it is exactly 0.
   *
   * <p><b>Special values:</b> a token with {@code p_i = 0} adds 0, masked or below 2^-126 of its
   * block's best; so may one below 2^-125 of the row's best. Infinity if q masks another token, or
   * where the sum leaves the range of a float.
   *
   * <p><b>Accuracy:</b> the absolute error is at most {@code (20 + 17 A + 16 B + C) * 2^-24}. A, B
   * and C are means over p: of the distance between the differences {@code x - y} and that of the
   * maxima, in a block of 1,024; of the distance between a block's difference of maxima and the
   * rows'; of {@code |x - y|}. For models that are alike that is below 2e-6, and mostly a tenth of
   * it. Enforced by {@code EvaluationContract}. <b>Cost:</b> up to 2.5 of {@link #logSumExp}. A
   * second row in native memory is copied first.
   *
   * <p><b>Source:</b> Kullback and Leibler, On Information and Sufficiency, Annals of Mathematical
   * Statistics 22 (1951), doi:10.1214/aoms/1177729694.
   *
   * {@snippet :
   * Workspace workspace = Workspace.of(3);
   * Logits p = Logits.of(new float[] {2, 1, 0});
   * Logits q = Logits.of(new float[] {1, 1, 1});
   * System.out.printf(Locale.ROOT, "%.4f%n", Kernels.best().klDivergence(p, q, workspace));
   * // 0.2662
   * }
   *
   * @param p the logits of p
   * @param q the logits of q, as many
   * @param workspace scratch for rows at least this long; the first call doubles it
   * @return the divergence, at least 0, perhaps Infinity
   * @throws IllegalArgumentException if the rows differ in length, the workspace is too small, or
   *     for NaN or +Infinity in a row: the message says in which
   * @throws IllegalStateException if every token of one is masked, or a segment's memory was
   *     released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double klDivergence(Logits p, Logits q, Workspace workspace) {
    ComparedRows compared = workspace.compared(this);
    double divergence = compared.read(p, q, "p", "q");
    compared.rest();
    return divergence;
  }

  /** Name and width. */
  @Override
  public String toString() {
    return vectorBits() == 0 ? name() : name() + ", " + vectorBits() + " bits";
  }

  static void checkRange(float[] logits, int from, int to) {
    Objects.checkFromToIndex(from, to, logits.length);
    if (from == to) {
      throw new IllegalArgumentException("the range is empty: from = to = " + from);
    }
    checkEnd(to);
  }

  /** Beyond, the loops' indices would leave the range of int. */
  static void checkEnd(int to) {
    if (to > Room.LONGEST_ROW) {
      throw new IllegalArgumentException(
          "the row ends at index "
              + to
              + " of its array, but must end at "
              + Room.LONGEST_ROW
              + " or before");
    }
  }

  static void checkCount(String name, int count) {
    if (count < 1) {
      throw new IllegalArgumentException(name + " must be >= 1, but was " + count);
    }
  }

  static void checkUniform(double u) {
    if (!(u >= 0 && u < 1)) {
      throw new IllegalArgumentException("u must be in [0, 1), but was " + u);
    }
  }

  static void checkProbability(float p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("p must be in [0, 1], but was " + p);
    }
  }

  static void checkTemperature(float temperature) {
    if (!(temperature > 0 && temperature < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "temperature must be finite and > 0, but was " + temperature);
    }
  }

  static void checkCap(float cap) {
    if (!(cap > 0 && cap < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("cap must be finite and > 0, but was " + cap);
    }
  }

  private static void checkSoftmax(
      float[] logits, int from, int to, float temperature, String name, float[] out, int outFrom) {
    checkRange(logits, from, to);
    checkTemperature(temperature);
    Objects.checkFromIndexSize(outFrom, to - from, out.length);
    checkOverlap(logits, from, to, name, out, outFrom);
  }

  private static void checkOverlap(
      float[] logits, int from, int to, String name, float[] output, int outputFrom) {
    if (output == logits && outputFrom != from && Math.abs((long) outputFrom - from) < to - from) {
      throw new IllegalArgumentException(
          name + " overlap logits: in place means the same array at the same offset");
    }
  }

  private static void checkBest(
      String name, int count, int length, int ids, String others, int values) {
    checkCount(name, count);
    int most = Math.min(count, length);
    checkOutput("ids", ids, most);
    checkOutput(others, values, most);
  }

  /** Checks that so much lies within the size of an array, or of a segment. */
  static void checkPlace(String name, long from, long length, long size) {
    if (from < 0 || length < 0 || length > size - from) { // below 0: no number of bytes
      throw new IndexOutOfBoundsException(
          name
              + " from "
              + from
              + " on need "
              + (length < 0 ? "more than there can be" : length)
              + ", but end at "
              + size);
    }
  }

  /** Checks that rows a stride apart have places that a long can count in bytes. */
  static void checkStride(String where, int count, long stride) {
    if (count > 1 && stride > FARTHEST / (count - 1)) {
      throw new IndexOutOfBoundsException(
          where + count + " rows with the stride " + stride + " end beyond any memory");
    }
  }

  static void checkOutput(String name, int length, long needed) {
    if (length < needed) {
      throw new IllegalArgumentException(
          name + " has length " + length + ", but " + needed + " are needed");
    }
  }
}
