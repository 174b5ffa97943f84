package org.logitkernels;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.logitkernels.chain.Feedback;
import org.logitkernels.chain.History;
import org.logitkernels.chain.Logits;
import org.logitkernels.chain.Penalties;
import org.logitkernels.chain.Surprisal;
import org.logitkernels.numerics.Cutoffs;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/** A chain applied to a row: its steps one after the other, and what they have left. */
final class AppliedChain {
  /** Products of temperatures stay in a range where 1 / T and |x| / T are finite in double. */
  private static final double COLDEST = 0x1p-960;

  private static final double HOTTEST = 0x1p960;

  /** Of a step's text, so much goes into an error. */
  private static final int LONGEST_NAME = 120;

  final Survivors survivors;
  final Logits logits;

  /** The temperature that the steps come to. */
  double temperature;

  private final Step[] steps;
  private final Backend backend;

  /** The ids that each step names, and its biases for them, or the sequences that it bans. */
  private final int[][] named;

  private final float[][] biases;
  private final int[][][] banned;

  /** Of each step that biases or masks tokens by name, the highest of their ids; or -1. */
  private final int[] highest;

  /** What steps remember of the tokens drawn; null for those that remember nothing. */
  private final @Nullable Feedback[] feedback;

  /**
   * The first step that another draw has to know the accepted tokens for; null if there is none.
   */
  final @Nullable Step remembering;

  /** Whether a step reads which tokens were accepted, and not only how many. */
  final boolean readsTokens;

  /** Whether a step learns from the tokens that are drawn. */
  final boolean steers;

  private @Nullable Penalties penalties;

  /** The temperature that the survivors' weights are for; NaN if they have none. */
  private double weighed;

  AppliedChain(SamplerChain chain, int vocabularySize, Backend backend) {
    this.steps = chain.steps().toArray(new Step[0]);
    this.backend = backend;
    this.survivors = new Survivors(vocabularySize);
    this.logits = new Logits(backend, survivors);
    this.named = new int[steps.length][];
    this.biases = new float[steps.length][];
    this.banned = new int[steps.length][][];
    this.highest = new int[steps.length];
    this.feedback = new Feedback[steps.length];
    Step first = null;
    boolean reads = false;
    boolean learns = false;
    for (int i = 0; i < steps.length; i++) {
      unpack(steps[i], i);
      highest[i] = highest(i);
      if (highest[i] >= vocabularySize) {
        throw new IllegalArgumentException(
            name(steps[i])
                + " names token "
                + highest[i]
                + ", which is not in the vocabulary of "
                + vocabularySize);
      }
      boolean read = readsTokens(steps[i]);
      reads |= read;
      learns |= feedback[i] != null;
      boolean counts =
          steps[i] instanceof Step.MinLength(int n, List<Integer> ends) && n > 0 && !ends.isEmpty();
      if (first == null && (read || counts || feedback[i] != null && feedback[i].learns())) {
        first = steps[i];
      }
    }
    this.remembering = first;
    this.readsTokens = reads;
    this.steers = learns;
  }

  /** The highest id that a step names, a breaker of DRY's too; or -1. */
  private int highest(int i) {
    int most = -1;
    if (named[i] != null) {
      for (int id : named[i]) {
        most = Math.max(most, id);
      }
    } else if (banned[i] != null) {
      for (int[] sequence : banned[i]) {
        for (int id : sequence) {
          most = Math.max(most, id);
        }
      }
    }
    return most;
  }

  /** Whether a step looks at tokens of the history, and can do something about them. */
  private static boolean readsTokens(Step step) {
    if (step instanceof Step.RepetitionPenalty(float penalty, int last, boolean prompt)) {
      return last > 0 && penalty != 1;
    } else if (step instanceof Step.FrequencyPenalty(float penalty, int last, boolean prompt)) {
      return last > 0 && penalty != 0;
    } else if (step instanceof Step.PresencePenalty(float penalty, int last, boolean prompt)) {
      return last > 0 && penalty != 0;
    } else if (step instanceof Step.Dry dry) {
      return dry.range() > 0 && dry.multiplier() != 0;
    } else if (step instanceof Step.Banned(List<List<Integer>> sequences)) {
      for (List<Integer> sequence : sequences) {
        if (sequence.size() > 1) {
          return true;
        }
      }
      return false;
    }
    return step instanceof Step.NoRepeatNgram;
  }

  /** A step's text, for errors. */
  static String name(Step step) {
    String text = step.toString();
    return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME) + "...";
  }

  /** Takes a step's collections apart, which would make objects of their numbers at every call. */
  private void unpack(Step step, int i) {
    if (step instanceof Step.LogitBias(SortedMap<Integer, Float> bias)) {
      named[i] = ints(bias.keySet());
      biases[i] = new float[bias.size()];
      for (int j = 0; j < named[i].length; j++) {
        biases[i][j] = bias.getOrDefault(named[i][j], 0f);
      }
    } else if (step instanceof Step.MinLength end) {
      named[i] = ints(end.ends());
    } else if (step instanceof Step.Dry dry) {
      named[i] = ints(dry.breakers());
      Arrays.sort(named[i]);
    } else if (step instanceof Step.Banned ban) {
      banned[i] = ban.sequences().stream().map(AppliedChain::ints).toArray(int[][]::new);
    } else if (step instanceof Step.MirostatV1 m) {
      feedback[i] = Feedback.mirostat(m.tau(), m.eta());
    } else if (step instanceof Step.MirostatV2 m) {
      feedback[i] = Feedback.mirostat(m.tau(), m.eta());
    } else if (step instanceof Step.AdaptiveP p) {
      feedback[i] = Feedback.adaptiveP(p.target(), p.decay());
    }
  }

  private static int[] ints(Collection<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Takes over what another's steps remember. */
  void rememberAs(AppliedChain other) {
    for (int i = 0; i < feedback.length; i++) {
      Feedback its = other.feedback[i];
      feedback[i] = its == null ? null : its.copy();
    }
  }

  /** Makes the steps forget. */
  void forget() {
    for (Feedback own : feedback) {
      if (own != null) {
        own.reset();
      }
    }
  }

  /** Tells the steps that steer of a token that was drawn, and waits to be accepted. */
  void drawn(int token, double logProbability) {
    for (Feedback own : feedback) {
      if (own != null) {
        own.drawn(token, logProbability);
      }
    }
  }

  /** Makes room to remember one more token. */
  void reserve() {
    for (Feedback own : feedback) {
      if (own != null) {
        own.reserve();
      }
    }
  }

  /** Tells the steps that steer of a token that is accepted: the one that waited, or another. */
  void accepted(boolean waited) {
    for (Feedback own : feedback) {
      if (own != null) {
        own.accepted(waited);
      }
    }
  }

  /** Takes back the last tokens that were accepted. */
  void removeLast(int count) {
    for (Feedback own : feedback) {
      if (own != null) {
        own.removeLast(count);
      }
    }
  }

  /** No token so far will be taken back. */
  void settle() {
    for (Feedback own : feedback) {
      if (own != null) {
        own.settle();
      }
    }
  }

  /**
   * Applies the steps to the row that the logits were opened with. The first that narrows works on
   * the row, those behind it on the survivors.
   *
   * @param u the uniform number that the token will be drawn with
   */
  void apply(double u, History history, long @Nullable [] mask) {
    apply(steps.length, u, history, mask);
  }

  /**
   * What a failed call ends with: for a chain that has left nothing, an error that names the step
   * that did, and what was there before the step. Applies the steps again, one more each time, to
   * find out.
   */
  IllegalStateException explained(
      IllegalStateException error, double u, History history, long @Nullable [] mask) {
    if (!RowErrors.isAllMasked(error)) {
      return error;
    }
    try {
      logits.reopen();
      int before = logits.unmasked();
      for (int n = 1; n <= steps.length && before > 0; n++) {
        int left = left(n, u, history, mask);
        if (left == 0) {
          return new IllegalStateException(
              "nothing is left to sample: "
                  + name(steps[n - 1])
                  + (before == 1
                      ? " has masked the one token that was there before it"
                      : " has masked all of the " + before + " tokens that were there before it"));
        }
        before = left;
      }
    } catch (IllegalArgumentException | IllegalStateException rowChanged) {
      error.addSuppressed(rowChanged);
    }
    return error;
  }

  /** How many tokens the first n steps leave of the row. */
  private int left(int n, double u, History history, long @Nullable [] mask) {
    logits.reopen();
    try {
      apply(n, u, history, mask);
      return logits.unmasked();
    } catch (IllegalStateException e) {
      if (RowErrors.isAllMasked(e)) {
        return 0;
      }
      throw e;
    }
  }

  private void apply(int count, double u, History history, long @Nullable [] mask) {
    weighed = Double.NaN;
    temperature = 1;
    if (penalties != null) {
      penalties.begin();
    }
    int exclusions = 0;
    for (int n = 0; n < count; n++) {
      Step step = steps[n];
      int minKeep = 1;
      if (step instanceof Step.MinKeep(Step filter, int least)) {
        step = filter;
        minKeep = least;
      }
      // Not a switch over patterns: it costs the first call of a JVM milliseconds.
      if (step instanceof Step.Temperature(float t)) {
        multiplyTemperature(t);
      } else if (step instanceof Step.TopK(int k)) {
        topK(Math.max(k, minKeep));
      } else if (step instanceof Step.TopP(float p)) {
        topP(p, minKeep);
      } else if (step instanceof Step.MinP(float p)) {
        minP(p, minKeep);
      } else if (step instanceof Step.Typical(float p)) {
        typical(p, minKeep);
      } else if (step instanceof Step.TopNSigma(float sigmas)) {
        moments();
        cut(Cutoffs.sigma(survivors.deviation, sigmas), minKeep);
      } else if (step instanceof Step.Xtc(float probability, float threshold)) {
        if (RandomStream.hashed(u, exclusions++) < probability) {
          excludeTop(threshold, minKeep);
        }
      } else if (step instanceof Step.EpsilonCutoff(float epsilon)) {
        epsilonCutoff(epsilon, minKeep);
      } else if (step instanceof Step.EtaCutoff(float epsilon)) {
        if (epsilon > 0) {
          entropy();
          cut(
              Cutoffs.eta(
                  survivors.partition(temperature), survivors.entropy, temperature, epsilon),
              minKeep);
        }
      } else if (step instanceof Step.TopH(float h, int best)) {
        topK(best);
        if (!logits.narrowed) {
          widen();
        }
        weigh();
        Surprisal.topH(survivors, temperature, h);
      } else if (step instanceof Step.DynamicTemperature(float min, float max, float exponent)) {
        entropy();
        int size = logits.narrowed ? survivors.size : survivors.unmasked;
        multiplyTemperature(
            Surprisal.dynamicTemperature(survivors.entropy, size, min, max, exponent));
      } else if (feedback[n] != null) {
        steer(step, feedback[n]);
      } else {
        adjust(step, n, history, mask);
      }
    }
  }

  /** Draws a token from what is left; returns -1 if nothing has a weight. */
  int draw(double u) {
    if (logits.narrowed) {
      weigh();
      return backend.draw(survivors, u);
    }
    return logits.draw(temperature, u);
  }

  /** Leaves the total of what is left, as a draw does. */
  void total() {
    if (logits.narrowed) {
      sums();
    } else {
      logits.total(temperature);
    }
  }

  /** Takes a token out, so that the next draw is from the others. */
  void exclude(int token) {
    if (logits.narrowed) {
      survivors.weights[Arrays.binarySearch(survivors.ids, 0, survivors.size, token)] = 0;
    } else {
      logits.exclude(token, temperature);
    }
  }

  /** A step that depends on what was drawn before. */
  private void steer(Step step, Feedback own) {
    if (step instanceof Step.MirostatV1(float tau, float eta, int m)) {
      boolean whole = !logits.narrowed;
      if (whole) {
        logits.topK(m);
      }
      int k = own.topK(survivors, temperature, m, logits.length());
      if (whole && k > m) {
        logits.topK(k);
      } else {
        survivors.topK(k);
      }
      weighed = Double.NaN;
    } else if (step instanceof Step.MirostatV2) {
      epsilonCutoff(own.leastProbability(), 1);
    } else if (step instanceof Step.AdaptiveP(float target, float decay)) {
      if (!logits.narrowed) {
        widen();
      }
      weigh();
      own.adapt(survivors, target);
      temperature = 1;
      weighed = Double.NaN;
    }
  }

  /** A step that changes the logits of a few tokens. */
  private void adjust(Step step, int n, History history, long @Nullable [] mask) {
    if (penalties == null) {
      penalties = new Penalties();
    }
    if (highest[n] >= logits.length() && !(step instanceof Step.Dry)) {
      throw new IllegalArgumentException(
          name(step)
              + " names token "
              + highest[n]
              + ", but the row has "
              + logits.length()
              + " logits");
    }
    if (step instanceof Step.RepetitionPenalty(float penalty, int last, boolean prompt)) {
      penalties.repetition(logits, history, history.start(last, prompt), penalty);
    } else if (step instanceof Step.FrequencyPenalty(float penalty, int last, boolean prompt)) {
      int start = history.start(last, prompt);
      penalties.occurrence(logits, history, start, penalty, 0, temperature);
    } else if (step instanceof Step.PresencePenalty(float penalty, int last, boolean prompt)) {
      int start = history.start(last, prompt);
      penalties.occurrence(logits, history, start, 0, penalty, temperature);
    } else if (step instanceof Step.Dry dry) {
      penalties.dry(
          logits,
          history,
          history.start(dry.range(), true),
          dry.multiplier(),
          dry.base(),
          dry.allowed(),
          named[n],
          temperature);
    } else if (step instanceof Step.NoRepeatNgram(int length)) {
      penalties.noRepeat(logits, history, length);
    } else if (step instanceof Step.LogitBias) {
      for (int i = 0; i < named[n].length; i++) {
        bias(named[n][i], biases[n][i]);
      }
    } else if (step instanceof Step.Banned) {
      for (int[] sequence : banned[n]) {
        Penalties.ban(logits, history, sequence);
      }
    } else if (step instanceof Step.MinLength(int least, List<Integer> ends)) {
      if (history.generated() < least) {
        for (int end : named[n]) {
          logits.mask(end);
        }
      }
    } else if (step instanceof Step.Allowed) {
      if (mask == null) {
        throw new IllegalStateException(
            "the chain has a step allowed(), but no mask was given: call allow(mask) before each"
                + " row");
      }
      logits.allow(mask);
    } else {
      throw new AssertionError(step);
    }
    logits.settle();
    weighed = Double.NaN;
  }

  private void bias(int token, float bias) {
    if (bias == Float.NEGATIVE_INFINITY) {
      logits.mask(token);
    } else {
      float x = logits.get(token);
      logits.replace(token, x, (float) (x + bias * temperature));
    }
  }

  /** Makes survivors of all unmasked tokens, for a step without a kernel for whole rows. */
  private void widen() {
    logits.widen();
    weighed = Double.NaN;
  }

  private void weigh() {
    if (weighed != temperature) {
      if (!(Math.abs(survivors.max) < Float.POSITIVE_INFINITY)) { // a survivor was read again
        throw RowErrors.changed();
      }
      backend.weights(survivors, temperature);
      weighed = temperature;
    }
  }

  /** Leaves the maximum and the total weight, of the row or of the survivors. */
  private void sums() {
    if (logits.narrowed) {
      weigh();
      survivors.total = survivors.sum();
    } else {
      logits.sums(temperature);
    }
  }

  /** The same, and the entropy. */
  private void entropy() {
    if (logits.narrowed) {
      sums();
      survivors.entropy = Surprisal.entropy(survivors, temperature);
    } else {
      logits.entropy(temperature);
    }
  }

  /** Leaves the maximum and the deviation. */
  private void moments() {
    if (logits.narrowed) {
      survivors.moments();
    } else {
      logits.moments();
    }
  }

  private void multiplyTemperature(double t) {
    if (t > 0) {
      temperature = Math.clamp(temperature * t, COLDEST, HOTTEST);
    } else {
      topK(1);
    }
  }

  private void topK(int k) {
    if (k >= logits.length()) {
      return;
    }
    if (logits.narrowed) {
      survivors.topK(k);
    } else {
      logits.topK(k);
    }
    weighed = Double.NaN;
  }

  private void topP(float p, int minKeep) {
    if (p == 1) {
      return;
    }
    if (logits.narrowed) {
      weigh();
      survivors.topP(p, logits.length(), minKeep);
      return;
    }
    logits.topP(temperature, p);
    weighed = temperature;
    keepAtLeast(minKeep);
  }

  private void minP(float p, int minKeep) {
    if (p > 0) {
      float threshold = Cutoffs.minP(temperature, p);
      if (logits.narrowed) {
        cut(threshold, minKeep);
      } else {
        logits.minP(threshold);
        weighed = Double.NaN;
        keepAtLeast(minKeep);
      }
    }
  }

  private void epsilonCutoff(double epsilon, int minKeep) {
    if (epsilon > 0) {
      sums();
      cut(Cutoffs.epsilon(survivors.partition(temperature), temperature, epsilon), minKeep);
    }
  }

  /** Keeps {@code x - max >= threshold}, where the maximum is known. */
  private void cut(float threshold, int minKeep) {
    if (logits.narrowed) {
      survivors.minP(threshold, minKeep);
      weighed = Double.NaN;
    } else {
      logits.collect(threshold);
      weighed = Double.NaN;
      keepAtLeast(minKeep);
    }
  }

  /** Where a filter of the whole row has left too few: the best instead. */
  private void keepAtLeast(int minKeep) {
    if (survivors.size < minKeep) {
      logits.topK(minKeep);
      weighed = Double.NaN;
    }
  }

  private void typical(float p, int minKeep) {
    if (p == 1) {
      return;
    }
    entropy();
    if (logits.narrowed) {
      double quantum = Survivors.quantum(logits.length());
      double mass = survivors.mass(quantum) / quantum;
      long need = Survivors.need(p, mass, quantum);
      Surprisal.typical(survivors, temperature, need, quantum, minKeep);
    } else {
      logits.typical(temperature, p, minKeep);
    }
    weighed = Double.NaN;
  }

  private void excludeTop(float threshold, int minKeep) {
    sums();
    float cut = Cutoffs.probability(survivors.partition(temperature), temperature, threshold);
    if (!logits.narrowed && minKeep == 1) {
      if (logits.excludeTop(cut, temperature)) {
        return;
      }
    }
    if (!logits.narrowed) {
      widen();
    }
    if (Cutoffs.dropTop(survivors, cut, minKeep)) {
      weighed = Double.NaN;
    }
  }
}
