package org.logitkernels.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.logitkernels.Step;

/**
 * Bytes decoded into rows, parameters and chains.
 *
 * <p>Most numbers are ones that a kernel accepts, or the search would spend its time on errors; the
 * rest is anything.
 */
final class Cases {
  private static final int[] UNITS = {1, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
  private static final float[] EDGES = {
    0f,
    -0f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    1f,
    3e38f,
    -3e38f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    88f,
    -88f,
    -126f,
    0x1p-24f
  };
  private static final float[] NOISES = {0, 0, 1e-6f, 1e-3f, 1, 3, 10, 1000};
  private static final float[] TEMPERATURES = {
    1, 0.5f, 0.7f, 0.8f, 1.3f, 2, 1e-3f, 1e4f, 0x1p-120f, 0x1p120f, Float.MIN_VALUE, Float.MAX_VALUE
  };
  private static final float[] SHARES = {
    0, 1, 0.5f, 0.9f, 0.95f, 0.05f, Float.MIN_VALUE, 0x1p-21f, 0x1.fffffep-1f
  };

  private final FuzzedDataProvider data;

  Cases(FuzzedDataProvider data) {
    this.data = data;
  }

  /** One time in so many. */
  boolean oneIn(int times) {
    return data.consumeInt(0, times - 1) == times - 1;
  }

  int between(int least, int most) {
    return data.consumeInt(least, most);
  }

  long any() {
    return data.consumeLong();
  }

  /** A length, often beside the boundary of a vector, a strip or a block. */
  int length(int longest) {
    if (data.consumeBoolean()) {
      return data.consumeInt(1, Math.min(longest, 40));
    }
    int unit = UNITS[data.consumeInt(0, UNITS.length - 1)];
    return Math.clamp(unit * (long) between(1, 4) + between(-2, 2), 1, longest);
  }

  /**
   * A row of a few values or around them, some tokens changed by hand; rarely one that is an error.
   */
  float[] row(int length) {
    float[] palette = new float[between(1, 5)];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = logit();
    }
    float noise = NOISES[data.consumeInt(0, NOISES.length - 1)];
    SplittableRandom random = new SplittableRandom(data.consumeLong());
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = palette[random.nextInt(palette.length)];
      if (noise > 0) {
        x[i] += noise * (float) random.nextGaussian();
      }
    }
    for (int edits = between(0, 8); edits > 0; edits--) {
      x[between(0, length - 1)] = logit();
    }
    if (oneIn(20)) {
      x[between(0, length - 1)] = Float.intBitsToFloat(data.consumeInt());
    }
    return x;
  }

  private float logit() {
    return switch (between(0, 6)) {
      case 0 -> EDGES[between(0, EDGES.length - 1)];
      case 1 -> Float.NEGATIVE_INFINITY;
      case 2 -> Float.intBitsToFloat(0x3fa00000 + between(0, 3)); // floats next to each other
      case 3 -> data.consumeRegularFloat();
      default -> data.consumeRegularFloat(-25, 25);
    };
  }

  /** A temperature that chains and kernels accept, above 0. */
  float temperature() {
    return switch (between(0, 4)) {
      case 0, 1 -> data.consumeRegularFloat(0.01f, 5);
      case 2 -> Float.intBitsToFloat(between(1, 0x7f7fffff));
      default -> TEMPERATURES[between(0, TEMPERATURES.length - 1)];
    };
  }

  /** A number in [0, 1]. */
  float share() {
    return data.consumeBoolean()
        ? data.consumeRegularFloat(0, 1)
        : SHARES[between(0, SHARES.length - 1)];
  }

  /** A finite number of at least 0, mostly small. */
  float amount() {
    return oneIn(8) ? Float.intBitsToFloat(between(0, 0x7f7fffff)) : data.consumeRegularFloat(0, 4);
  }

  /** A count of at least 1, mostly no larger than a row. */
  int count() {
    return oneIn(8) ? between(1, Integer.MAX_VALUE) : between(1, oneIn(2) ? 5000 : 20);
  }

  /** A uniform number in [0, 1). */
  double draw() {
    return switch (between(0, 5)) {
      case 0 -> 0;
      case 1 -> Math.nextDown(1.0);
      default -> (data.consumeLong() >>> 11) * 0x1p-53;
    };
  }

  /** Either the number, or now and then any other. */
  int orAny(int number) {
    return oneIn(24) ? (data.consumeBoolean() ? data.consumeInt() : between(-3, 40)) : number;
  }

  /** Either the number, or now and then any other. */
  float orAny(float number) {
    return oneIn(24) ? data.consumeFloat() : number;
  }

  /** Either the number, or now and then any other. */
  double orAny(double number) {
    return oneIn(24) ? data.consumeDouble() : number;
  }

  /** Up to so many steps. */
  List<Step> steps(int most, int vocabulary) {
    List<Step> steps = new ArrayList<>();
    for (int i = between(0, most); i > 0; i--) {
      steps.add(step(vocabulary));
    }
    return steps;
  }

  /** A step of any kind. */
  Step step(int vocabulary) {
    return switch (between(0, 23)) {
      case 0 -> Step.temperature(oneIn(16) ? 0 : temperature());
      case 1 -> Step.dynamicTemperature(share(), 1 + amount(), amount());
      case 2 -> Step.topH(share(), count());
      case 3 -> Step.mirostatV1(amount(), amount(), between(2, 200));
      case 4 -> Step.mirostatV2(amount(), amount());
      case 5 -> Step.adaptiveP(share(), Math.min(share(), 0.99f));
      case 6 -> Step.repetitionPenalty(temperature(), last(), data.consumeBoolean());
      case 7 -> Step.frequencyPenalty(penalty(), last(), data.consumeBoolean());
      case 8 -> Step.presencePenalty(penalty(), last(), data.consumeBoolean());
      case 9 -> Step.dry(amount(), 1 + amount(), between(1, 4), last(), ids(2, vocabulary));
      case 10 -> Step.noRepeatNgram(between(1, 4));
      case 11 -> Step.logitBias(biases(vocabulary));
      case 12 -> banned(vocabulary);
      case 13 -> Step.minLength(between(0, 3), ids(3, vocabulary));
      // In an old case: kept inputs without it stay what they were.
      case 14 -> oneIn(3) ? Step.softCap(cap()) : Step.allowed();
      case 15, 16 -> filter().minKeep(count());
      default -> filter();
    };
  }

  private Step filter() {
    return switch (between(0, 7)) {
      case 0 -> Step.topK(count());
      case 1 -> Step.minP(share());
      case 2 -> Step.typical(share());
      // In an old case: kept inputs without it stay what they were.
      case 3 -> oneIn(2) ? Step.pLess() : Step.topNSigma(amount());
      case 4 -> Step.xtc(share(), share());
      case 5 -> Step.epsilonCutoff(share());
      case 6 -> Step.etaCutoff(share());
      default -> Step.topP(share());
    };
  }

  private float cap() {
    return oneIn(4) ? Math.max(Math.abs(data.consumeRegularFloat()), 0x1p-149f) : between(1, 60);
  }

  private int last() {
    return oneIn(2) ? Integer.MAX_VALUE : between(0, 12);
  }

  private float penalty() {
    return oneIn(8) ? data.consumeRegularFloat() : data.consumeRegularFloat(-2, 2);
  }

  private Map<Integer, Float> biases(int vocabulary) {
    Map<Integer, Float> biases = new HashMap<>();
    for (int id : ids(4, vocabulary)) {
      biases.put(
          id,
          oneIn(4)
              ? Float.NEGATIVE_INFINITY
              : oneIn(4) ? data.consumeRegularFloat() : data.consumeRegularFloat(-20, 20));
    }
    return biases;
  }

  private Step banned(int vocabulary) {
    int[][] sequences = new int[between(0, 3)][];
    for (int i = 0; i < sequences.length; i++) {
      int[] more = ids(2, vocabulary);
      sequences[i] = new int[more.length + 1];
      System.arraycopy(more, 0, sequences[i], 0, more.length);
      sequences[i][more.length] = id(vocabulary);
    }
    return Step.banned(sequences);
  }

  /** Up to so many ids. */
  int[] ids(int most, int vocabulary) {
    int[] ids = new int[between(0, most)];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = id(vocabulary);
    }
    return ids;
  }

  /** An id of the vocabulary. */
  private int id(int vocabulary) {
    return between(0, vocabulary - 1);
  }

  /** Tokens of the vocabulary, from a few of them, so that they repeat. */
  int[] tokens(int most, int vocabulary) {
    int[] tokens = new int[between(0, most)];
    int few = Math.min(vocabulary, between(1, 4));
    int first = between(0, vocabulary - few);
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = first + between(0, few - 1);
    }
    return tokens;
  }

  /** Words over the vocabulary, as bits. */
  long[] mask(int vocabulary) {
    long[] mask = new long[between(0, vocabulary / 64 + 2)];
    SplittableRandom random = new SplittableRandom(data.consumeLong());
    boolean most = data.consumeBoolean();
    for (int i = 0; i < mask.length; i++) {
      mask[i] = most ? random.nextLong() | random.nextLong() : random.nextLong();
    }
    return mask;
  }
}
