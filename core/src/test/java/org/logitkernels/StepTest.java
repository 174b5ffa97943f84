package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;

/**
 * Every parameter of every step at its edges: the last value that is taken, and what is said of the
 * next.
 */
class StepTest {
  private static final float INF = Float.POSITIVE_INFINITY;
  private static final int ALL = Integer.MAX_VALUE;

  private static void takes(Function<Float, Step> step, float... values) {
    for (float value : values) {
      assertEquals(step.apply(value + 0f), step.apply(value), "-0 is 0");
    }
  }

  private static void rejects(String message, Function<Float, Step> step, float... values) {
    for (float value : values) {
      Failures.illegalArgument(message + ", but was " + value, () -> step.apply(value));
    }
  }

  private static void unit(String name, Function<Float, Step> step) {
    takes(step, 0, -0f, Float.MIN_VALUE, 1);
    rejects(
        name + " must be in [0, 1]", step, -Float.MIN_VALUE, Math.nextUp(1f), INF, -INF, Float.NaN);
  }

  private static void finite(String name, Function<Float, Step> step) {
    takes(step, 0, -0f, Float.MIN_VALUE, Float.MAX_VALUE);
    rejects(name + " must be finite and >= 0", step, -Float.MIN_VALUE, INF, -INF, Float.NaN);
  }

  private static void atLeast(int least, String name, IntFunction<Step> step) {
    assertEquals(step.apply(least), step.apply(least));
    assertEquals(step.apply(ALL), step.apply(ALL));
    for (int value : new int[] {least - 1, Integer.MIN_VALUE}) {
      Failures.illegalArgument(
          name + " must be >= " + least + ", but was " + value, () -> step.apply(value));
    }
  }

  @Test
  void temperatures() {
    finite("temperature", Step::temperature);
    finite("exponent", x -> Step.dynamicTemperature(0, 1, x));
    finite("min", x -> Step.dynamicTemperature(x, Float.MAX_VALUE, 1));
    finite("max", x -> Step.dynamicTemperature(0, x, 1));
    assertEquals(
        Step.dynamicTemperature(0.5f, 0.5f, 1),
        Step.dynamicTemperature(0.5f, 0.5f, 1),
        "max = min");
    Failures.illegalArgument(
        "max must be >= min, but was 0.5 < 1.0", () -> Step.dynamicTemperature(1, 0.5f, 1));
  }

  @Test
  void filters() {
    assertEquals(Step.pLess(), Step.pLess());
    atLeast(1, "k", Step::topK);
    unit("p", Step::topP);
    unit("p", Step::minP);
    unit("p", Step::typical);
    finite("n", Step::topNSigma);
    unit("probability", x -> Step.xtc(x, 0.1f));
    unit("threshold", x -> Step.xtc(0.5f, x));
    unit("epsilon", Step::epsilonCutoff);
    unit("epsilon", Step::etaCutoff);
    unit("h", Step::topH);
    atLeast(1, "n", n -> Step.topH(0.4f, n));
    for (Step step :
        List.of(
            Step.topK(3),
            Step.topP(0.5f),
            Step.minP(0.5f),
            Step.typical(0.5f),
            Step.topNSigma(1),
            Step.xtc(0.5f, 0.1f),
            Step.epsilonCutoff(0.1f),
            Step.etaCutoff(0.1f),
            Step.pLess())) {
      atLeast(1, "min_keep", step::minKeep);
    }
  }

  @Test
  void softCaps() {
    takes(Step::softCap, Float.MIN_VALUE, 30, Float.MAX_VALUE);
    rejects(
        "cap must be finite and > 0",
        Step::softCap,
        0f,
        -0f,
        -1f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY);
    assertEquals(Step.softCap(30f), Step.softCap(30.0));
  }

  @Test
  void penalties() {
    float[] edges = {Float.MIN_VALUE, Float.MAX_VALUE};
    takes(Step::repetitionPenalty, edges);
    takes(x -> Step.repetitionPenalty(x, 3, true), edges);
    rejects(
        "penalty must be finite and > 0",
        Step::repetitionPenalty,
        0f,
        -0f,
        -Float.MIN_VALUE,
        INF,
        -INF,
        Float.NaN);
    List<Function<Float, Step>> either =
        List.of(
            Step::frequencyPenalty,
            Step::presencePenalty,
            x -> Step.frequencyPenalty(x, 3, true),
            x -> Step.presencePenalty(x, 3, true));
    for (Function<Float, Step> step : either) {
      takes(step, -Float.MAX_VALUE, 0, Float.MAX_VALUE);
      rejects("penalty must be finite", step, INF, -INF, Float.NaN);
    }
    atLeast(0, "last", n -> Step.repetitionPenalty(1.1f, n, false));
    atLeast(0, "last", n -> Step.frequencyPenalty(1.1f, n, true));
    atLeast(0, "last", n -> Step.presencePenalty(1.1f, n, true));
  }

  @Test
  void sequences() {
    finite("multiplier", x -> Step.dry(x, 1.75f, 2, ALL));
    takes(x -> Step.dry(0.8f, x, 2, ALL), 1, Float.MAX_VALUE);
    rejects(
        "base must be finite and >= 1",
        x -> Step.dry(0.8f, x, 2, ALL),
        Math.nextDown(1f),
        -1,
        INF,
        Float.NaN);
    atLeast(0, "allowed", n -> Step.dry(0.8f, 1.75f, n, ALL));
    atLeast(0, "range", n -> Step.dry(0.8f, 1.75f, 2, n));
    atLeast(0, "a token id", n -> Step.dry(0.8f, 1.75f, 2, ALL, 5, n));
    atLeast(1, "n", Step::noRepeatNgram);
    atLeast(0, "a token id", n -> Step.banned(new int[] {3}, new int[] {4, n}));
    Failures.illegalArgument(
        "banned sequence 1 is empty", () -> Step.banned(new int[] {3}, new int[0]));
    atLeast(0, "n", n -> Step.minLength(n, 2));
    atLeast(0, "a token id", n -> Step.minLength(3, 2, n));
  }

  @Test
  void biases() {
    atLeast(0, "a token id", n -> Step.logitBias(Map.of(n, 1f)));
    takes(x -> Step.logitBias(Map.of(7, x)), -INF, -Float.MAX_VALUE, 0, Float.MAX_VALUE);
    rejects(
        "the bias of 7 must be finite or -Infinity",
        x -> Step.logitBias(Map.of(3, 1f, 7, x)),
        INF,
        Float.NaN);
  }

  @Test
  void steering() {
    finite("tau", x -> Step.mirostatV1(x, 0.1f, 100));
    finite("eta", x -> Step.mirostatV1(5, x, 100));
    atLeast(2, "m", m -> Step.mirostatV1(5, 0.1f, m));
    finite("tau", x -> Step.mirostatV2(x, 0.1f));
    finite("eta", x -> Step.mirostatV2(5, x));
    unit("target", x -> Step.adaptiveP(x, 0.9f));
    takes(x -> Step.adaptiveP(0.5f, x), 0, -0f, 0.99f);
    rejects("decay must be in [0, 1]", x -> Step.adaptiveP(0.5f, x), -1, 1.5f, INF, Float.NaN);
    rejects("decay must be at most 0.99", x -> Step.adaptiveP(0.5f, x), Math.nextUp(0.99f), 1);
  }

  /** Doubles are what floats are, and in range before they are rounded. */
  @Test
  void doublesAreRounded() {
    assertEquals(Step.temperature(0.7f), Step.temperature(0.7));
    assertEquals(Step.temperature(1f), Step.temperature(1));
    assertEquals(Step.xtc(0.5f, 0.1f), Step.xtc(0.5f, 0.1));
    assertEquals(Step.topH(0.4f), Step.topH(0.4));
    assertEquals(Step.topH(0.4f, 7), Step.topH(0.4, 7));
    assertEquals(Step.dynamicTemperature(0.3f, 1.7f, 1.1f), Step.dynamicTemperature(0.3, 1.7, 1.1));
    assertEquals(Step.mirostatV1(5.1f, 0.1f, 9), Step.mirostatV1(5.1, 0.1, 9));
    assertEquals(Step.mirostatV2(5.1f, 0.1f), Step.mirostatV2(5.1, 0.1));
    assertEquals(Step.adaptiveP(0.3f, 0.99f), Step.adaptiveP(0.3, 0.99));
    assertEquals(Step.adaptiveP(0.3f, 0.99f), Step.adaptiveP((double) 0.3f, (double) 0.99f));
    assertEquals(Step.repetitionPenalty(1.1f), Step.repetitionPenalty(1.1));
    assertEquals(Step.repetitionPenalty(1.1f, 3, false), Step.repetitionPenalty(1.1, 3, false));
    assertEquals(Step.frequencyPenalty(0.1f), Step.frequencyPenalty(0.1));
    assertEquals(Step.frequencyPenalty(0.1f, 3, true), Step.frequencyPenalty(0.1, 3, true));
    assertEquals(Step.presencePenalty(0.1f), Step.presencePenalty(0.1));
    assertEquals(Step.presencePenalty(0.1f, 3, true), Step.presencePenalty(0.1, 3, true));
    assertEquals(Step.dry(0.8f, 1.7f, 2, 64, 13), Step.dry(0.8, 1.7, 2, 64, 13));
    assertEquals(
        Step.logitBias(Map.of(7, -0.3f, 8, 2f, 9, -INF)),
        Step.logitBias(Map.<Integer, Number>of(7, -0.3, 8, 2, 9, -1.0 / 0)));
  }

  private static void doubles(String name, String range, DoubleFunction<Step> step, double least) {
    step.apply(1);
    step.apply(Float.MIN_VALUE * 0.51 + least);
    rejectsDouble(name + " must be " + range, step, Double.NaN, 1 / 0.0);
    if (least == 0) {
      rejectsDouble(name + " must be " + range, step, -1e-60, -1e-9);
      rejectsDouble(
          name + " must be 0 or at least 1.4E-45 in size, as a float is", step, 1e-60, 7e-46);
    }
    if (!range.contains("1]")) {
      step.apply(1.0000000001);
      step.apply(Float.MAX_VALUE * 1.00000001); // rounds to it
      rejectsDouble(
          name + " must be at most 3.4028235E38 in size, as a float is", step, 1e300, 3.5e38);
    } else {
      rejectsDouble(name + " must be " + range, step, 1.0000000001);
    }
  }

  private static void rejectsDouble(String message, DoubleFunction<Step> step, double... values) {
    for (double value : values) {
      Failures.illegalArgument(message + ", but was " + value, () -> step.apply(value));
    }
  }

  @Test
  void doublesAreInRangeBeforeTheyAreRounded() {
    String unit = "in [0, 1]";
    String finite = "finite and >= 0";
    doubles("temperature", finite, Step::temperature, 0);
    doubles("p", unit, Step::topP, 0);
    doubles("p", unit, Step::minP, 0);
    doubles("p", unit, Step::typical, 0);
    doubles("n", finite, Step::topNSigma, 0);
    doubles("probability", unit, x -> Step.xtc(x, 0.1), 0);
    doubles("threshold", unit, x -> Step.xtc(0.5, x), 0);
    doubles("epsilon", unit, Step::epsilonCutoff, 0);
    doubles("epsilon", unit, Step::etaCutoff, 0);
    doubles("h", unit, Step::topH, 0);
    doubles("h", unit, x -> Step.topH(x, 7), 0);
    doubles("max", finite, x -> Step.dynamicTemperature(0, x, 1), 0);
    doubles("exponent", finite, x -> Step.dynamicTemperature(0, 1, x), 0);
    doubles("tau", finite, x -> Step.mirostatV1(x, 0.1, 9), 0);
    doubles("eta", finite, x -> Step.mirostatV1(5, x, 9), 0);
    doubles("tau", finite, x -> Step.mirostatV2(x, 0.1), 0);
    doubles("eta", finite, x -> Step.mirostatV2(5, x), 0);
    doubles("target", unit, x -> Step.adaptiveP(x, 0.9), 0);
    doubles("multiplier", finite, x -> Step.dry(x, 1.75, 2, 9), 0);
    doubles("base", "finite and >= 1", x -> Step.dry(0.8, x, 2, 9), 1);
    rejectsDouble("base must be finite and >= 1", x -> Step.dry(0.8, x, 2, 9), 0.9999999999);
    List<DoubleFunction<Step>> penalties =
        List.of(
            Step::frequencyPenalty,
            Step::presencePenalty,
            x -> Step.frequencyPenalty(x, 3, true),
            x -> Step.presencePenalty(x, 3, true));
    String tiny = "penalty must be 0 or at least 1.4E-45 in size, as a float is";
    for (DoubleFunction<Step> penalty : penalties) {
      doubles("penalty", "finite", penalty, 1);
      rejectsDouble(tiny, penalty, 1e-60, -1e-60);
    }
    doubles("penalty", "finite and > 0", Step::repetitionPenalty, 1);
    doubles("penalty", "finite and > 0", x -> Step.repetitionPenalty(x, 3, true), 1);
    rejectsDouble(tiny, Step::repetitionPenalty, 1e-60);
    rejectsDouble("penalty must be finite and > 0", Step::repetitionPenalty, 0, -1e-60);
    rejectsDouble("decay must be at most 0.99", x -> Step.adaptiveP(0.5, x), 0.990000001, 1);
    rejectsDouble("decay must be in [0, 1]", x -> Step.adaptiveP(0.5, x), 1.0000000001, -1e-60);
    rejectsDouble(
        "the bias of 7 must be at most 3.4028235E38 in size, as a float is",
        x -> Step.logitBias(Map.of(7, x)),
        1e300,
        -1e300);
    Failures.illegalArgument(
        "max must be >= min, but was 1.0 < 1.0000000001",
        () -> Step.dynamicTemperature(1.0000000001, 1, 1));
  }

  /** What a step was made of can change; the step does not. */
  @Test
  void stepsAreCopies() {
    int[] sequence = {1, 2};
    Step banned = Step.banned(sequence);
    sequence[0] = 9;
    assertEquals(Step.banned(new int[] {1, 2}), banned);
    List<List<Integer>> lists = new ArrayList<>(List.of(new ArrayList<>(List.of(1, 2))));
    Step.Banned record = new Step.Banned(lists);
    lists.get(0).set(0, 9);
    lists.clear();
    assertEquals(banned, record);
    Map<Integer, Float> map = new HashMap<>(Map.of(3, 1f));
    Step.LogitBias bias = (Step.LogitBias) Step.logitBias(map);
    map.put(4, 1f);
    assertEquals(Step.logitBias(Map.of(3, 1f)), bias);
    assertThrows(UnsupportedOperationException.class, () -> bias.biases().put(4, 1f));
    List<Integer> ends = new ArrayList<>(Arrays.asList(1, 2));
    Step minLength = new Step.MinLength(3, ends);
    ends.clear();
    assertEquals(Step.minLength(3, 1, 2), minLength);
  }
}
