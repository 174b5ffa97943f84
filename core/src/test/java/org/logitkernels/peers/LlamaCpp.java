package org.logitkernels.peers;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/**
 * llama.cpp's samplers, as its server builds and feeds them.
 *
 * <p>Written from what its master branch did in November 2026: {@code src/llama-sampler.cpp} (what
 * each sampler does), {@code common/sampling.cpp} (their order), {@code common/common.h} (their
 * defaults) and {@code tools/server/server-schema.cpp} (names, limits: some clamp, some refuse),
 * with pull request 26524 of August 2026, which bounds the windows of penalties and DRY.
 *
 * <p>Tokens that are masked stay candidates there, without a weight, until a sampler cuts them off;
 * they are counted wherever candidates are. Where that changes a result, or the result depends on
 * the compiler, the decisions are spoiled: {@code docs/coming-from.md} lists those cases.
 */
final class LlamaCpp implements PeerPipeline {
  private static final int MIROSTAT_M = 100;

  /** Logits that are further apart than this are not near, whatever their scale. */
  private static final double CLOSE = 0.01;

  private static final List<Parameter> PARAMETERS =
      List.of(
          Parameter.whole("top_k", 1, 30, -1, 0, 1, 40, 1000),
          Parameter.real("top_p", 0.0, 1.0, -1.0, 0.0, 1.0, 1.5),
          Parameter.real("min_p", 0.0, 0.5, -1.0, 0.0, 1.0, 2.0),
          Parameter.real("typ_p", 0.1, 1.0, -1.0, 0.0, 1.0, 2.0).also("typical_p").given(0.06),
          Parameter.real("top_n_sigma", 0.1, 4, -1.0, 0.0, 1.0).given(0.3),
          Parameter.real("xtc_probability", 0, 1, -1.0, 0.0, 1.0, 1.0, 2.0),
          Parameter.real("xtc_threshold", 0, 0.6, -1.0, 0.0, 0.5, 1.0, 2.0),
          Parameter.whole("min_keep", 0, 8, 0, 1).given(0.3),
          Parameter.whole("min_keep", -2, -1).given(0.005),
          Parameter.real("temp", 0.05, 2, -1.0, 0.0, 1.0).also("temperature"),
          Parameter.real("dynatemp_range", 0, 1.5, -1.0, 0.0, 1.0).given(0.25),
          Parameter.real("dynatemp_exponent", 0, 3, 0.0, 1.0).given(0.25),
          Parameter.whole("penalty_last_n", 0, 80, 0, 1, 64).also("repeat_last_n"),
          Parameter.whole("repeat_last_n", -2, -1).given(0.005),
          Parameter.real("penalty_repeat", 0.5, 2, 1.0).also("repeat_penalty"),
          Parameter.real("penalty_freq", -1, 1, -1.0, 0.0, 1.0)
              .also("frequency_penalty")
              .given(0.3),
          Parameter.real("penalty_present", -1, 1, -1.0, 0.0, 1.0)
              .also("presence_penalty")
              .given(0.3),
          Parameter.real("dry_multiplier", 0, 2, 0.0, 1.0),
          Parameter.real("dry_base", 0.5, 3, -1.0, 0.0, 1.0),
          Parameter.whole("dry_allowed_length", 0, 5, 0, 1),
          Parameter.whole("dry_allowed_length", -2, -1).given(0.005),
          Parameter.whole("dry_penalty_last_n", 1, 80, 0, 1, 64),
          Parameter.whole("dry_penalty_last_n", -2, -1).given(0.005),
          Parameter.real("adaptive_target", 0, 1, -1.0, 0.0, 1.0, 2.0).given(0.15),
          Parameter.real("adaptive_decay", 0, 0.99, 0.0, 0.99).given(0.3),
          Parameter.real("adaptive_decay", -0.1, 1.1, -1.0, 1.0).given(0.005),
          Parameter.whole("mirostat", 0, 2, -1, 0, 3).given(0.15),
          Parameter.real("mirostat_tau", 0, 8, 0.0, 1.0),
          Parameter.real("mirostat_eta", 0, 1, 0.0, 1.0));

  @Override
  public String system() {
    return "llama.cpp";
  }

  @Override
  public String version() {
    return "master of November 2026, b10470 and later";
  }

  @Override
  public String presetVersion() {
    return Presets.LLAMA_CPP_VERSION;
  }

  @Override
  public SamplerChain preset(Map<String, Number> parameters) {
    return Presets.llamaCpp(parameters);
  }

  @Override
  public List<Parameter> parameters() {
    return PARAMETERS;
  }

  @Override
  public Sequence begin(Map<String, Number> parameters, int[] prompt) throws Rejected {
    return new Samplers(parameters, prompt);
  }

  /** The request's parameters, and what the samplers remember. */
  private static final class Samplers implements Sequence {
    private final Map<String, Number> given;
    private int[] history;

    private final int minKeep;
    private final int topK;
    private final double topP;
    private final double minP;
    private final double typical;
    private final double sigmas;
    private final double xtcProbability;
    private final double xtcThreshold;
    private final float temperature;
    private final float spread;
    private final double exponent;
    private final int window;
    private final double repeat;
    private final double frequency;
    private final double presence;
    private final double dryMultiplier;
    private final double dryBase;
    private final int dryAllowed;
    private final int dryWindow;
    private final double target;
    private final double decay;
    private final int mirostat;
    private final double tau;
    private final double eta;

    private double mu;
    private double weightedSum;
    private double totalWeight;

    /** The last call's probabilities that a feedback is about, until a token is accepted. */
    private double[] pending = {};

    // The candidates.
    private int[] ids = {};
    private double[] logits = {};
    private double[] p = {};
    private int size;

    /** By token: whether its logit was changed, and so rounds otherwise in float. */
    private boolean[] changed = {};

    Samplers(Map<String, Number> given, int[] prompt) throws Rejected {
      this.given = given;
      for (Parameter parameter : PARAMETERS) {
        if (parameter.names().stream().filter(given::containsKey).count() > 1) {
          throw new Rejected("two names of one parameter"); // the server would hear one of them
        }
      }
      minKeep = refused(whole(0, "min_keep"), "min_keep");
      topK = Math.max(0, whole(40, "top_k"));
      topP = clamped(0.95f, "top_p");
      minP = clamped(0.05f, "min_p");
      typical = real(1, "typ_p", "typical_p");
      sigmas = real(-1, "top_n_sigma");
      xtcProbability = clamped(0, "xtc_probability");
      xtcThreshold = clamped(0.1f, "xtc_threshold");
      temperature = Math.max(0, real(0.8f, "temp", "temperature"));
      spread = real(0, "dynatemp_range");
      exponent = real(1, "dynatemp_exponent");
      window = refused(whole(64, "penalty_last_n", "repeat_last_n"), "repeat_last_n");
      repeat = real(1, "penalty_repeat", "repeat_penalty");
      frequency = real(0, "penalty_freq", "frequency_penalty");
      presence = real(0, "penalty_present", "presence_penalty");
      dryMultiplier = real(0, "dry_multiplier");
      double base = real(1.75f, "dry_base");
      dryBase = base < 1 ? 1.75f : base;
      dryAllowed = refused(whole(2, "dry_allowed_length"), "dry_allowed_length");
      dryWindow = refused(whole(64, "dry_penalty_last_n"), "dry_penalty_last_n");
      target = Math.min(1, real(-1, "adaptive_target"));
      decay = real(0.9f, "adaptive_decay");
      if (decay < 0 || decay > 0.99f) {
        throw new Rejected("adaptive_decay");
      }
      mirostat = Math.clamp(whole(0, "mirostat"), 0, 2);
      tau = real(5, "mirostat_tau");
      eta = real(0.1f, "mirostat_eta");
      mu = 2 * tau;
      weightedSum = target / (1 - decay);
      totalWeight = 1 / (1 - decay);
      history = prompt.clone();
    }

    private Number number(Number otherwise, String... names) {
      for (String name : names) {
        Number number = given.get(name);
        if (number != null) {
          return number;
        }
      }
      return otherwise;
    }

    private int whole(int otherwise, String... names) {
      return number(otherwise, names).intValue();
    }

    private float real(float otherwise, String... names) {
      return number(otherwise, names).floatValue();
    }

    private float clamped(float otherwise, String... names) {
      return Math.clamp(real(otherwise, names), 0f, 1f);
    }

    private static int refused(int value, String name) throws Rejected {
      if (value < 0) {
        throw new Rejected(name);
      }
      return value;
    }

    @Override
    public void accept(int token) {
      history = Arrays.copyOf(history, history.length + 1);
      history[history.length - 1] = token;
      double heard = pending.length == 0 ? 0 : pending[token];
      if (heard > 0 && mirostat > 0) {
        mu -= eta * (-Math.log(heard) / Math.log(2) - tau);
      } else if (heard > 0) {
        weightedSum = heard + decay * weightedSum;
        totalWeight = 1 + decay * totalWeight;
      }
      pending = new double[0];
    }

    @Override
    public double[] next(float[] row, double chance, Decisions decisions) {
      size = row.length;
      ids = new int[size];
      logits = new double[size];
      p = new double[size];
      changed = new boolean[size];
      for (int i = 0; i < size; i++) {
        ids[i] = i;
        logits[i] = row[i];
      }
      if (mirostat == 0) {
        penalties();
        dry();
        topNSigma(decisions);
        topK(topK, decisions);
        typical(decisions);
        topP(decisions);
        minP(decisions);
        xtc(chance, decisions);
        dynamicTemperature(decisions);
        if (target >= 0) {
          adaptiveP();
        }
      } else {
        temperature(temperature, decisions);
        if (mirostat == 1) {
          mirostat1(row.length, decisions);
        } else {
          mirostat2(decisions);
        }
        softmax();
        pending = byToken();
      }
      softmax();
      return byToken();
    }

    /** The last n tokens, the prompt's too. */
    private int[] last(int n) {
      return Arrays.copyOfRange(history, Math.max(0, history.length - n), history.length);
    }

    private void penalties() {
      int[] counts = new int[size];
      for (int token : last(window)) {
        counts[token]++;
      }
      for (int i = 0; i < size; i++) {
        if (counts[ids[i]] > 0) {
          double before = logits[i];
          logits[i] = logits[i] <= 0 ? logits[i] * repeat : logits[i] / repeat;
          logits[i] -= counts[ids[i]] * frequency + presence;
          changed[ids[i]] = logits[i] != before;
        }
      }
    }

    private void dry() {
      int[] tokens = last(dryWindow);
      int n = tokens.length;
      if (dryMultiplier == 0 || n <= dryAllowed) {
        return;
      }
      int[] longest = new int[size];
      Arrays.fill(longest, -1);
      for (int end = 0;
          end < n - 1;
          end++) { // a repeat that ends here would be gone on by the next
        int length = 0;
        while (length <= end && tokens[end - length] == tokens[n - 1 - length]) {
          length++;
        }
        if (length >= dryAllowed) {
          longest[tokens[end + 1]] = Math.max(longest[tokens[end + 1]], length);
        }
      }
      int most = dryBase > 1.000001 ? (int) (88.7228391 / Math.log(dryBase)) : Integer.MAX_VALUE;
      for (int i = 0; i < size; i++) {
        int length = longest[ids[i]];
        if (length >= 0) {
          logits[i] -= dryMultiplier * Math.pow(dryBase, Math.min(length - dryAllowed, most));
          changed[ids[i]] = true;
        }
      }
    }

    private void topNSigma(Decisions decisions) {
      if (sigmas <= 0 || size <= 1) {
        return;
      }
      int valid = 0;
      double sum = 0;
      for (int i = 0; i < size; i++) {
        if (logits[i] > Double.NEGATIVE_INFINITY) {
          valid++;
          sum += logits[i];
        }
      }
      double squares = 0;
      for (int i = 0; i < size; i++) {
        if (logits[i] > Double.NEGATIVE_INFINITY) {
          squares += Math.pow(logits[i] - sum / valid, 2);
        }
      }
      double deviation = Math.sqrt(squares / valid);
      sort();
      double least = logits[0] - sigmas * deviation;
      for (int i = 0; i < size; i++) {
        if (!reaches(i, least, decisions)) {
          logits[i] = Double.NEGATIVE_INFINITY;
        }
      }
    }

    private void topK(int k, Decisions decisions) {
      if (k > 0) {
        sort();
        cut(Math.min(k, size), decisions);
      }
    }

    private void typical(Decisions decisions) {
      if (typical >= 1) {
        return;
      }
      sort();
      softmax();
      double entropy = 0;
      for (int i = 0; i < size; i++) {
        if (p[i] < Float.MIN_NORMAL) {
          decisions.spoil(); // 0 * ln(0): distances are NaN, and their order is the compiler's
          return;
        }
        entropy -= p[i] * Math.log(p[i]);
      }
      double[] distances = new double[size];
      Integer[] order = new Integer[size];
      for (int i = 0; i < size; i++) {
        distances[i] = Math.abs(-Math.log(p[i]) - entropy);
        order[i] = i;
      }
      Arrays.sort(order, (a, b) -> Double.compare(distances[a], distances[b]));
      double mass = 0;
      int kept = 0;
      while (kept < size) {
        mass += p[order[kept]];
        kept++;
        boolean enough = !decisions.atLeast(typical, mass, 1);
        if (enough && kept >= minKeep) {
          break;
        }
      }
      for (int i = 0; kept < size && i < size; i++) {
        int other = i < kept ? order[kept] : order[kept - 1];
        if (!tied(order[i], other)) {
          decisions.atLeast(distances[order[i]], distances[other], 1);
        }
      }
      int[] keptIds = new int[kept];
      double[] keptLogits = new double[kept];
      for (int i = 0; i < kept; i++) {
        keptIds[i] = ids[order[i]];
        keptLogits[i] = logits[order[i]];
      }
      System.arraycopy(keptIds, 0, ids, 0, kept);
      System.arraycopy(keptLogits, 0, logits, 0, kept);
      size = kept;
    }

    private void topP(Decisions decisions) {
      if (topP >= 1) {
        return;
      }
      sort();
      softmax();
      double sum = 0;
      for (int i = 0; i < size; i++) {
        sum += p[i];
        if (i + 1 >= minKeep && decisions.atLeast(sum, topP, 1)) {
          cut(i + 1, decisions);
          return;
        }
      }
    }

    private void minP(Decisions decisions) {
      if (minP <= 0) {
        return;
      }
      sort();
      double least = logits[0] + Math.log(minP);
      int kept = 1;
      while (kept < size && (reaches(kept, least, decisions) || kept < minKeep)) {
        kept++;
      }
      cut(kept, decisions);
    }

    private void xtc(double chance, Decisions decisions) {
      if (xtcProbability <= 0 || xtcThreshold > 0.5 || size < 2 || chance >= xtcProbability) {
        return;
      }
      sort();
      softmax();
      int last = 0;
      int living = 0;
      for (int i = 0; i < size; i++) {
        living += logits[i] > Double.NEGATIVE_INFINITY ? 1 : 0;
      }
      for (int i = 0; i < size && decisions.atLeast(p[i], xtcThreshold); i++) {
        last = i;
      }
      if (last == 0) {
        return;
      }
      if (size - last >= minKeep != living - last >= minKeep) {
        decisions.spoil(); // masked candidates count as kept
      }
      if (size - last >= minKeep) {
        boundary(last, decisions);
        size -= last;
        System.arraycopy(ids, last, ids, 0, size);
        System.arraycopy(logits, last, logits, 0, size);
      }
    }

    private void dynamicTemperature(Decisions decisions) {
      if (spread <= 0) {
        temperature(temperature, decisions);
        return;
      }
      double min = Math.max(0, temperature - spread);
      double max = temperature + spread;
      if (size <= 1) {
        return;
      }
      softmax();
      double entropy = 0;
      int living = 0;
      for (int i = 0; i < size; i++) {
        if (p[i] > 0) {
          entropy -= p[i] * Math.log(p[i]);
        }
        living += logits[i] > Double.NEGATIVE_INFINITY ? 1 : 0;
      }
      if (living < size) {
        decisions.spoil(); // masked candidates count for the largest entropy
      }
      double share = entropy / Math.log(size);
      decisions.hear(share); // near 0 its power is anything
      temperature((float) (min + (max - min) * Math.pow(Math.min(1, share), exponent)), decisions);
    }

    private void temperature(double t, Decisions decisions) {
      if (t <= 0) {
        sort();
        for (int i = 1; i < size; i++) {
          near(0, i, decisions);
          logits[i] = Double.NEGATIVE_INFINITY;
        }
      } else {
        for (int i = 0; i < size; i++) {
          logits[i] /= t;
        }
      }
    }

    private void adaptiveP() {
      softmax();
      pending = byToken();
      double goal = Math.clamp(2 * target - weightedSum / totalWeight, 0.0, 1.0);
      for (int i = 0; i < size; i++) {
        if (logits[i] > Double.NEGATIVE_INFINITY) {
          double distance = Math.abs(p[i] - goal) / 0.3;
          logits[i] = 5 - 10 * distance * distance / (1 + distance);
        }
      }
    }

    private void mirostat1(int vocabulary, Decisions decisions) {
      sort();
      softmax();
      if (p[1] == 0) {
        topK(1, decisions); // s is infinite
        return;
      }
      double products = 0;
      double squares = 0;
      for (int i = 0; i < MIROSTAT_M - 1 && i < size - 1; i++) {
        if (p[i + 1] < Float.MIN_NORMAL) {
          decisions.spoil(); // s is infinite, and 1 token is kept
        }
        double t = Math.log((i + 2.0) / (i + 1.0));
        products += t * Math.log(p[i] / p[i + 1]);
        squares += t * t;
      }
      double s = products / squares;
      double ratio = (s - 1) * Math.pow(2, mu) / (1 - Math.pow(vocabulary, -(s - 1)));
      double k = Math.pow(ratio, 1 / s);
      if (!(k < 0x1p31)) {
        decisions.spoil(); // no int
      } else {
        if (k < size + 1) {
          decisions.hear(Math.abs(k - Math.rint(k)) / Math.max(1, k));
        }
        topK(Math.max((int) k, 1), decisions);
      }
    }

    private void mirostat2(Decisions decisions) {
      sort();
      softmax();
      int kept = 0;
      while (kept < size) {
        double surprise = -Math.log(p[kept]) / Math.log(2);
        if (!decisions.atLeast(mu, surprise, scale(mu, 1))) {
          break;
        }
        kept++;
      }
      if (kept == 0 && logits[0] == logits[1]) {
        decisions.spoil(); // one of the best is kept there, and all of them here
      }
      cut(Math.max(1, kept), decisions);
    }

    /** The candidates' probabilities by token. */
    private double[] byToken() {
      double[] probabilities = new double[p.length];
      for (int i = 0; i < size; i++) {
        probabilities[ids[i]] = p[i];
      }
      return probabilities;
    }

    /** By descending logits; of equal ones, which come in any order there, the lower id first. */
    private void sort() {
      for (int i = 1; i < size; i++) {
        double logit = logits[i];
        int id = ids[i];
        int at = i;
        while (at > 0 && (logits[at - 1] < logit || logits[at - 1] == logit && ids[at - 1] > id)) {
          logits[at] = logits[at - 1];
          ids[at] = ids[at - 1];
          at--;
        }
        logits[at] = logit;
        ids[at] = id;
      }
    }

    private void softmax() {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < size; i++) {
        max = Math.max(max, logits[i]);
      }
      double sum = 0;
      for (int i = 0; i < size; i++) {
        p[i] = Math.exp(logits[i] - max);
        sum += p[i];
      }
      for (int i = 0; i < size; i++) {
        p[i] /= sum;
      }
    }

    /** Keeps the first k of candidates in order. */
    private void cut(int k, Decisions decisions) {
      boundary(k, decisions);
      size = k;
    }

    /** Of candidates in order, those before a place were told from those behind. */
    private void boundary(int place, Decisions decisions) {
      if (place < size) {
        for (int i = place - 1; i >= 0 && logits[i] < logits[place] + CLOSE; i--) {
          near(i, place, decisions);
        }
        for (int i = place; i < size && logits[i] > logits[place - 1] - CLOSE; i++) {
          near(place - 1, i, decisions);
        }
      }
    }

    /** The order of two candidates mattered: in float they may be the other way round. */
    private void near(int i, int j, Decisions decisions) {
      if (!tied(i, j)) {
        decisions.atLeast(logits[i], logits[j], scale(logits[i], logits[j]));
      }
    }

    /** Whether two candidates are equal in any precision. */
    private boolean tied(int i, int j) {
      return i == j || logits[i] == logits[j] && !changed[ids[i]] && !changed[ids[j]];
    }

    /** Whether a candidate reaches a threshold, which may be the best, at 0. */
    private boolean reaches(int i, double least, Decisions decisions) {
      if (least == logits[0] && tied(0, i)) {
        return true;
      }
      return decisions.atLeast(logits[i], least, scale(logits[0], least));
    }

    private static double scale(double a, double b) {
      return Math.max(1, Math.max(Math.abs(a), b > Double.NEGATIVE_INFINITY ? Math.abs(b) : 0));
    }
  }
}
