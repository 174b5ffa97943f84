package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Steps that change a few logits: a chain with them does to a row what the chain without them does
 * to a row that was changed beforehand, bit for bit.
 */
public interface HistoryContract extends KernelsUnderTest {
  /** Tokens of the prompt in the sequences below. */
  int PROMPT = 7;

  /** Rows. */
  @Provide
  default Arbitrary<TestRow> historyRows() {
    return TestRows.upTo(3000);
  }

  /** Steps that change logits. */
  @Provide
  default Arbitrary<Step> historyChanges() {
    Arbitrary<Float> penalties = Arbitraries.of(-0.5f, 0f, 0.3f, 1f, 1.7f, 50f, 1e38f);
    Arbitrary<Integer> last = Arbitraries.of(0, 1, 5, 64, Integer.MAX_VALUE);
    Arbitrary<Boolean> prompt = Arbitraries.of(true, false);
    return Arbitraries.oneOf(
        Combinators.combine(Arbitraries.of(0.5f, 1f, 1.1f, 2f, 1e30f), last, prompt)
            .as(Step::repetitionPenalty),
        Combinators.combine(penalties, last, prompt).as(Step::frequencyPenalty),
        Combinators.combine(penalties, last, prompt).as(Step::presencePenalty),
        Combinators.combine(
                Arbitraries.of(0f, 0.8f, 1e30f),
                Arbitraries.of(1f, 1.75f),
                Arbitraries.of(0, 1, 2, 3),
                last,
                Arbitraries.of(new int[0], new int[] {5, 2}))
            .as(Step::dry),
        Arbitraries.of(1, 2, 3).map(Step::noRepeatNgram),
        Arbitraries.of(
            Step.logitBias(Map.of(0, 3f, 2, -1f)),
            Step.logitBias(Map.of(1, Float.NEGATIVE_INFINITY, 3, 1e38f)),
            Step.banned(new int[] {1}, new int[] {2, 3}, new int[] {1, 2, 4}),
            Step.minLength(10, 0, 4),
            Step.minLength(1000, 1)));
  }

  /** What comes before: nothing, a temperature, a filter, or both. */
  @Provide
  default Arbitrary<List<Step>> historyBefore() {
    return Arbitraries.of(
        List.of(),
        List.of(Step.temperature(0.5f)),
        List.of(Step.topK(20)),
        List.of(Step.temperature(2), Step.minP(0.01f)));
  }

  /** What comes behind. */
  @Provide
  default Arbitrary<List<Step>> historyBehind() {
    return Arbitraries.of(
        List.of(),
        List.of(Step.temperature(0)),
        List.of(Step.topK(3)),
        List.of(Step.topK(40), Step.topP(0.9f), Step.temperature(0.8f)),
        List.of(Step.topP(0.9f)),
        List.of(Step.minP(0.1f).minKeep(5)),
        List.of(Step.typical(0.9f)),
        List.of(Step.topNSigma(1)),
        List.of(Step.etaCutoff(0.01f), Step.temperature(0.8f)),
        List.of(Step.xtc(1, 0.1f).minKeep(2)),
        List.of(Step.topH(0.5f, 5000)),
        List.of(Step.pLess()));
  }

  /** A short alphabet, so that things repeat. */
  private static int[] sequence(long seed, int length, int alphabet) {
    SplittableRandom random = new SplittableRandom(seed);
    return random.ints(length, 0, alphabet).toArray();
  }

  /** The property. */
  @Property
  default void changesAreThoseOfARowChangedBeforehand(
      @ForAll("historyRows") TestRow row,
      @ForAll("historyBefore") List<Step> before,
      @ForAll("historyChanges") Step first,
      @ForAll("historyChanges") Step second,
      @ForAll("historyBehind") List<Step> behind,
      @ForAll long seed) {
    int length = row.length();
    int[] history =
        sequence(seed, (int) Math.floorMod(seed, 90L), (int) Math.min(length, 2 + (seed & 15)));
    float[] x = row.logits();
    float[] changed = x.clone();
    if (Math.max(highest(first), highest(second)) >= length) {
      SamplerChain chain = SamplerChain.of(first, second);
      assertThrows(IllegalArgumentException.class, () -> chain.newSampler(length, 1, kernels()));
      Sampler longer = chain.newSampler(length + 5, 1, kernels());
      assertThrows(IllegalArgumentException.class, () -> longer.sample(x, 0, length, 0.5));
      return;
    }
    double temperature = 1;
    for (Step step : before) {
      temperature = NaiveChain.temperature(step, temperature);
    }
    if (!before.isEmpty()) {
      Sampler narrowing = sampler(before, length, history);
      narrowing.sample(x, 0, length, 0.5);
      Arrays.fill(changed, Float.NEGATIVE_INFINITY);
      for (int id : Chains.ids(narrowing.candidates())) {
        changed[id] = x[id];
      }
    }
    change(first, changed, history, temperature);
    change(second, changed, history, temperature);
    List<Step> steps = new ArrayList<>(before);
    steps.addAll(List.of(first, second));
    steps.addAll(behind);
    List<Step> plain = new ArrayList<>();
    for (Step step : before) {
      if (step instanceof Step.MinP || step instanceof Step.TopK(int k) && k < length) {
        plain.add(Step.topNSigma(Float.MAX_VALUE)); // keeps all, but survivors are drawn from
      }
    }
    for (Step step : before) {
      if (step instanceof Step.Temperature) {
        plain.add(step);
      }
    }
    plain.addAll(behind);
    Outcome expected = outcome(sampler(plain, length, new int[0]), changed);
    assertEquals(expected, outcome(sampler(steps, length, history), x), steps.toString());
    assertArrayEquals(EntryPoint.bits(row.logits()), EntryPoint.bits(x));
  }

  /** Penalties: also those that lift logits, overflow, or make all of them equal. */
  @Provide
  default Arbitrary<Step> historyPenalties() {
    Arbitrary<Float> penalties = Arbitraries.of(-0.5f, 0.3f, 1f, 2f, 1e38f, -3e38f);
    return Arbitraries.oneOf(
        Arbitraries.of(0.5f, 1.1f, 3f, 1e30f, 1e-30f).map(Step::repetitionPenalty),
        penalties.map(p -> Step.frequencyPenalty(p, Integer.MAX_VALUE, true)),
        penalties.map(p -> Step.presencePenalty(p, 2000, true)),
        Arbitraries.of(Step.noRepeatNgram(1), Step.noRepeatNgram(2)));
  }

  /**
   * DRY where a period repeats, with errors and without, in any range and with breakers, between
   * tokens that are taken back, forks and resets.
   */
  @Property
  default void repetitionsArePenalisedWhateverRepeats(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = random.nextInt(25, 60);
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    int period = random.nextInt(1, 21);
    int errors = random.nextBoolean() ? 1000 : random.nextInt(2, 40);
    int[] breakers = random.nextInt(3) == 0 ? new int[] {random.nextInt(21), 22} : new int[0];
    int range = random.nextBoolean() ? Integer.MAX_VALUE : random.nextInt(1, 300);
    Step.Dry dry =
        (Step.Dry) Step.dry(0.8f, 1.05f, random.nextInt(random.nextInt(1, 6)), range, breakers);
    Step behind = random.nextBoolean() ? Step.topK(7) : Step.temperature(0.7f);
    Sampler sampler = SamplerChain.of(dry, behind).newSampler(length, 1, kernels());
    int[] tokens = new int[0];
    for (int call = 0; call < 12; call++) {
      int what = random.nextInt(10);
      if (what < 3) {
        int back = random.nextInt(Math.min(tokens.length, what == 0 ? 100 : 4) + 1);
        sampler.rollback(back);
        tokens = Arrays.copyOf(tokens, tokens.length - back);
      } else if (what == 3) {
        sampler = sampler.fork();
      } else if (what == 4 && random.nextInt(4) == 0) {
        sampler.reset();
        tokens = new int[0];
      }
      int more = random.nextInt(random.nextInt(3) == 0 ? 150 : 6);
      int before = tokens.length;
      tokens = Arrays.copyOf(tokens, before + more);
      for (int at = before; at < tokens.length; at++) {
        tokens[at] = random.nextInt(errors) == 0 ? random.nextInt(23) : at % period;
        sampler.accept(tokens[at]);
      }
      float[] changed = x.clone();
      dry(dry, changed, tokens, 1);
      Sampler plain = SamplerChain.of(behind).newSampler(length, 1, kernels());
      assertEquals(outcome(plain, changed), outcome(sampler, x), dry.toString());
    }
  }

  /** A multiplier of 0 does nothing, were the power Infinity, and whatever else keeps a history. */
  @Example
  default void dryOfNothingDoesNothing() {
    float[] x = {9, 2, 3, 0, 0};
    for (Step dry : new Step[] {Step.dry(0, 1.75f, 2, 3000), Step.dry(0, 3e38f, 0, 3000)}) {
      for (Step behind : new Step[] {Step.topK(3), Step.temperature(0.7f)}) {
        Step penalty = Step.repetitionPenalty(1.1f);
        Sampler plain = SamplerChain.of(penalty, behind).newSampler(5, 1, kernels());
        Sampler sampler = SamplerChain.of(penalty, dry, behind).newSampler(5, 1, kernels());
        Sampler first = SamplerChain.of(dry, penalty, behind).newSampler(5, 1, kernels());
        for (Sampler each : new Sampler[] {plain, sampler, first}) {
          each.acceptPrompt(new int[1400]);
        }
        assertEquals(outcome(plain, x), outcome(sampler, x), dry.toString());
        assertEquals(outcome(plain, x), outcome(first, x), dry.toString());
      }
    }
  }

  /**
   * No-repeat n-gram where few and many tokens came behind a context, and around the numbers where
   * another way is taken; what is banned and no logit is an error as ever, unless the caller's mask
   * forbids it as well.
   */
  @Property
  default void bansOfManyTokensAreThoseOfARowChangedBeforehand(
      @ForAll("historyRows") TestRow row,
      @ForAll("historyBehind") List<Step> behind,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = row.length();
    float[] x = row.logits();
    int vocabulary = random.nextBoolean() ? length + 2 : Math.max(length + 2, 9000);
    int[] numbers = {0, 65, vocabulary / 64, length / 64 + 64, vocabulary / 2, vocabulary - 3};
    int most = Math.clamp(numbers[random.nextInt(6)] + random.nextInt(5) - 2, 0, vocabulary - 2);
    int[] order = random.ints(40_000, 0, vocabulary - 1).distinct().limit(most).toArray();
    if (random.nextInt(4) == 0) {
      float bad = random.nextBoolean() ? Float.NaN : Float.POSITIVE_INFINITY;
      x[random.nextInt(length)] = bad;
    }
    List<Step> steps = new ArrayList<>();
    List<Step> plain = new ArrayList<>();
    float[] changed = x.clone();
    int biased = random.nextInt(length);
    if (random.nextBoolean() && Float.isFinite(x[biased])) {
      steps.add(Step.logitBias(Map.of(biased, 2f)));
      change(steps.getFirst(), changed, new int[0], 1);
    }
    boolean narrows = random.nextInt(4) == 0;
    if (narrows) {
      steps.add(Step.topNSigma(Float.MAX_VALUE)); // keeps all, but survivors are drawn from
      plain.add(steps.getLast());
    }
    long[] mask = random.longs((length + 63) / 64).toArray();
    int allowed = narrows ? 2 : random.nextInt(3); // before the bans, behind them, or no mask
    List<Step> bans = new ArrayList<>(List.of(Step.noRepeatNgram(2)));
    if (random.nextInt(4) == 0) {
      bans.add(Step.noRepeatNgram(1));
    }
    if (allowed < 2) {
      bans.add(allowed == 0 ? 0 : bans.size(), Step.allowed());
      for (int i = 0; i < length; i++) {
        changed[i] = (mask[i >> 6] >>> i & 1) != 0 ? changed[i] : Float.NEGATIVE_INFINITY;
      }
    }
    steps.addAll(bans);
    steps.addAll(behind);
    plain.addAll(behind);
    Sampler sampler =
        SamplerChain.of(steps.toArray(Step[]::new)).newSampler(vocabulary, 1, kernels());
    sampler.accept(vocabulary - 1);
    for (int token : order) {
      sampler.accept(token);
      sampler.accept(vocabulary - 1);
    }
    int left = order.length;
    for (int call = 0; call < 3; call++) {
      float[] masked = changed.clone();
      for (int i = 0; i < left; i++) {
        if (order[i] < length && masked[order[i]] < Float.POSITIVE_INFINITY) {
          masked[order[i]] = Float.NEGATIVE_INFINITY;
        }
      }
      if (allowed < 2) {
        sampler.allow(mask);
      }
      Sampler chain =
          SamplerChain.of(plain.toArray(Step[]::new)).newSampler(vocabulary, 1, kernels());
      assertEquals(outcome(chain, masked), outcome(sampler, x), steps + " " + left);
      int back = random.nextInt(left + 1);
      if (call == 0) {
        sampler.rollback(2 * back);
        left -= back;
      } else {
        sampler = sampler.fork();
      }
    }
  }

  /** A top-k that reaches behind the lowest logit of a short row, which changed ones pass. */
  @Example
  default void theBestOfAShortRowMayLieBelowItsLowest() {
    float[] x = {0, -1, 1, -2, -3, 2, 3, 4, -4, 5};
    Sampler sampler =
        SamplerChain.of(Step.frequencyPenalty(20), Step.topK(8)).newSampler(x.length, 1, kernels());
    for (int token : new int[] {0, 1, 2, 3, 4, 5, 9}) {
      sampler.accept(token);
    }
    sampler.sample(x, 0, x.length, 0.5);
    int[] ids = Chains.ids(sampler.candidates());
    Arrays.sort(ids);
    assertArrayEquals(new int[] {0, 1, 2, 5, 6, 7, 8, 9}, ids);
  }

  /** Steps may ask for more of the best than there are: as many as an int can say. */
  @Example
  default void theBestOfAChangedRowMayBeMoreThanItHas() {
    float[] x = new float[5000];
    for (int i = 0; i < x.length; i++) {
      x[i] = -i;
    }
    SamplerChain chain =
        SamplerChain.of(
            Step.presencePenalty(1e6f, 64, true),
            Step.topK(4000),
            Step.mirostatV1(5, 0, Integer.MAX_VALUE));
    Sampler sampler = chain.newSampler(x.length, 1, kernels());
    sampler.acceptPrompt(0, 1, 2, 3, 4, 5, 6, 7);
    for (int length : new int[] {5000, 4000, 4000, 5000}) {
      assertEquals(8, sampler.sample(x, 0, length, 0.5));
    }
  }

  /**
   * The same where the history holds from few of the row's tokens to all of them, and around the
   * numbers where another way is taken: tokens as they come, or the row's best.
   */
  @Property(tries = 80)
  default void soAreThoseOfManyTokens(
      @ForAll("historyRows") TestRow row,
      @ForAll("historyPenalties") Step first,
      @ForAll("historyPenalties") Step second,
      @ForAll("historyBehind") List<Step> behind,
      @ForAll long seed) {
    int length = row.length();
    float[] x = row.logits();
    SplittableRandom random = new SplittableRandom(seed);
    if (random.nextBoolean()) { // many are equal, before penalties and behind
      for (int i = 0; i < length; i++) {
        x[i] = (float) Math.rint(x[i]);
      }
    }
    float[] before = x.clone();
    int[] numbers = {1, length / 64, length / 64 + 1, length / 64 + 65, length / 2, length};
    int different = Math.clamp(numbers[random.nextInt(6)] + random.nextInt(3) - 1, 1, length);
    Integer[] tokens = new Integer[length];
    Arrays.setAll(tokens, i -> i);
    if (random.nextBoolean()) {
      Arrays.sort(tokens, (i, j) -> Float.compare(x[j], x[i]));
    } else {
      for (int i = 0; i < length; i++) {
        int j = random.nextInt(length);
        Integer swap = tokens[i];
        tokens[i] = tokens[j];
        tokens[j] = swap;
      }
    }
    int[] history = new int[different + random.nextInt(40)];
    Arrays.setAll(history, i -> tokens[i < different ? i : random.nextInt(different)]);
    Map<Integer, Float> biases = new HashMap<>();
    for (int i = random.nextInt(2) * random.nextInt(length); i >= 0; i--) {
      biases.put(random.nextInt(length), i % 3 == 1 ? Float.NEGATIVE_INFINITY : i - 1.5f);
    }
    Step between = random.nextBoolean() ? Step.logitBias(biases) : Step.temperature(0.7f);
    float[] changed = x.clone();
    double temperature = NaiveChain.temperature(between, 1);
    List<Step> steps = new ArrayList<>();
    List<Step> plain = new ArrayList<>();
    if (random.nextBoolean()) {
      steps.add(Step.logitBias(Map.of(random.nextInt(length), 2f)));
      change(steps.get(0), changed, history, 1);
    }
    change(first, changed, history, 1);
    steps.add(first);
    if (random.nextBoolean()) {
      if (between instanceof Step.LogitBias) {
        change(between, changed, history, 1);
      } else {
        plain.add(between);
      }
      change(second, changed, history, temperature);
      steps.addAll(List.of(between, second));
    }
    List<Step> filters = new ArrayList<>();
    if (random.nextBoolean()) {
      filters.add(Step.topK(1 + random.nextInt(random.nextBoolean() ? 4 : 100)));
    }
    filters.addAll(behind);
    steps.addAll(filters);
    plain.addAll(filters);
    Outcome expected = outcome(sampler(plain, length, new int[0]), changed);
    Sampler sampler = sampler(steps, length, history);
    for (int call = 0; call < 3; call++) { // what is learned from a row changes no bit
      assertEquals(expected, outcome(sampler, x), steps.toString());
    }
    assertEquals(expected, outcome(sampler.fork(), x), steps.toString());
    assertArrayEquals(EntryPoint.bits(before), EntryPoint.bits(x));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
      assertEquals(expected, outcome(sampler, segment, length), steps.toString());
    }
  }

  /** A token that a penalty makes equal to the last one that is kept comes before it by its id. */
  @Example
  default void tiesOfPenalisedTokensGoToTheLowerId() {
    float[] x = new float[200];
    x[0] = 1;
    Sampler sampler = sampler(List.of(Step.presencePenalty(1), Step.topK(2)), 200, new int[8]);
    assertEquals(List.of(0, 1), outcome(sampler, x).ids());
  }

  /** The highest token that a step biases or bans; -1 if it names none. */
  private static int highest(Step step) {
    return switch (step) {
      case Step.LogitBias(SortedMap<Integer, Float> biases) -> biases.lastKey();
      case Step.Banned(List<List<Integer>> sequences) ->
          sequences.stream().flatMap(List::stream).mapToInt(id -> id).max().orElse(-1);
      case Step.MinLength(int n, List<Integer> ends) ->
          ends.stream().mapToInt(id -> id).max().orElse(-1);
      default -> -1;
    };
  }

  /** Every step that begins with the whole row reads it as changed. */
  @Example
  default void everyStepReadsTheChangedRow() {
    List<Step> firsts =
        List.of(
            Step.topK(3),
            Step.topP(0.5f),
            Step.minP(0.1f),
            Step.typical(0.5f),
            Step.topNSigma(1),
            Step.epsilonCutoff(0.01f),
            Step.etaCutoff(0.01f),
            Step.xtc(1, 0.05f),
            Step.xtc(1, 0.05f).minKeep(2),
            Step.topH(0.5f, 5000),
            Step.pLess(),
            Step.pLess().minKeep(9),
            Step.dynamicTemperature(0.5f, 2, 1),
            Step.mirostatV1(3, 0.1f, 20),
            Step.mirostatV2(2, 0.1f),
            Step.adaptiveP(0.5f, 0.9f));
    for (int length : new int[] {40, 2500}) {
      float[] x = TestRows.of(TestRows.Distribution.NORMAL, length, 0, 11).logits();
      float[] changed = x.clone();
      int best = kernels().argMax(x, 0, length);
      Step bias = Step.logitBias(Map.of(best, Float.NEGATIVE_INFINITY, 7, 9f, length - 1, 11f));
      change(bias, changed, new int[0], 1);
      for (Step first : firsts) {
        assertEquals(
            outcome(sampler(List.of(first), length, new int[0]), changed),
            outcome(sampler(List.of(bias, first), length, new int[0]), x),
            first.toString());
      }
    }
  }

  /** What comes of a call: an error, or token, candidates and the bits of their probabilities. */
  record Outcome(String error, int token, List<Integer> ids, List<Float> probabilities) {}

  private static Outcome outcome(Sampler sampler, float[] x) {
    return outcome(sampler, () -> sampler.sample(x, 0, x.length, 0.37));
  }

  private static Outcome outcome(Sampler sampler, MemorySegment x, int length) {
    return outcome(sampler, () -> sampler.sample(x, 0, length, ElementType.FLOAT32, 0.37));
  }

  private static Outcome outcome(Sampler sampler, IntSupplier sample) {
    try {
      int token = sample.getAsInt();
      List<Integer> ids = new ArrayList<>();
      List<Float> probabilities = new ArrayList<>();
      for (int i = 0; i < sampler.candidates().size(); i++) {
        ids.add(sampler.candidates().id(i));
        probabilities.add(sampler.candidates().probability(i));
      }
      probabilities.add(sampler.probability());
      return new Outcome("", token, ids, probabilities);
    } catch (IllegalArgumentException e) {
      return new Outcome(e.getMessage(), -1, List.of(), List.of());
    } catch (IllegalStateException e) {
      // Which step has masked the last token is said of the one, and cannot be of the other.
      boolean masked = e.getMessage().startsWith("nothing is left to sample: ");
      String message = masked ? Failures.ALL_MASKED : e.getMessage();
      return new Outcome(message, -1, List.of(), List.of());
    }
  }

  private Sampler sampler(List<Step> steps, int length, int[] history) {
    int vocabulary = Math.max(length, 6); // which holds DRY's breakers
    Sampler sampler =
        SamplerChain.of(steps.toArray(Step[]::new)).newSampler(vocabulary, 1, kernels());
    int prompt = Math.min(PROMPT, history.length);
    sampler.acceptPrompt(Arrays.copyOf(history, prompt));
    for (int i = prompt; i < history.length; i++) {
      sampler.accept(history[i]);
    }
    return sampler;
  }

  // the steps, said naively

  private static void change(Step step, float[] x, int[] history, double temperature) {
    switch (step) {
      case Step.RepetitionPenalty(float penalty, int last, boolean prompt) ->
          count(history, last, prompt)
              .forEach((id, n) -> set(x, id, x[id] > 0 ? x[id] / penalty : x[id] * penalty));
      case Step.FrequencyPenalty(float penalty, int last, boolean prompt) ->
          count(history, last, prompt)
              .forEach((id, n) -> set(x, id, (float) (x[id] - n * (double) penalty * temperature)));
      case Step.PresencePenalty(float penalty, int last, boolean prompt) ->
          count(history, last, prompt)
              .forEach((id, n) -> set(x, id, (float) (x[id] - penalty * temperature)));
      case Step.Dry dry -> dry(dry, x, history, temperature);
      case Step.NoRepeatNgram(int n) when n == 1 ->
          Arrays.stream(history).forEach(id -> x[id] = Float.NEGATIVE_INFINITY);
      case Step.NoRepeatNgram(int n) when n == 2 -> {
        for (int i = 1; i < history.length; i++) {
          if (history[i - 1] == history[history.length - 1]) {
            x[history[i]] = Float.NEGATIVE_INFINITY;
          }
        }
      }
      case Step.NoRepeatNgram(int n) -> {
        for (int id = 0; id < x.length; id++) {
          int[] longer = Arrays.copyOf(history, history.length + 1);
          longer[history.length] = id;
          if (repeats(longer, n)) {
            x[id] = Float.NEGATIVE_INFINITY;
          }
        }
      }
      case Step.LogitBias(Map<Integer, Float> biases) ->
          biases.forEach(
              (id, bias) -> {
                if (id < x.length && bias == Float.NEGATIVE_INFINITY) {
                  x[id] = bias;
                } else if (id < x.length) {
                  set(x, id, (float) (x[id] + bias * temperature));
                }
              });
      case Step.Banned(List<List<Integer>> sequences) -> {
        for (List<Integer> s : sequences) {
          int n = s.size() - 1;
          List<Integer> all = Arrays.stream(history).boxed().toList();
          if (s.get(n) < x.length
              && n <= all.size()
              && all.subList(all.size() - n, all.size()).equals(s.subList(0, n))) {
            x[s.get(n)] = Float.NEGATIVE_INFINITY;
          }
        }
      }
      case Step.MinLength(int n, List<Integer> ends) -> {
        if (Math.max(0, history.length - PROMPT) < n) {
          ends.stream().filter(id -> id < x.length).forEach(id -> x[id] = Float.NEGATIVE_INFINITY);
        }
      }
      default -> throw new AssertionError(step);
    }
  }

  private static void set(float[] x, int id, float logit) {
    if (x[id] > Float.NEGATIVE_INFINITY) {
      x[id] = Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE);
    }
  }

  private static Map<Integer, Integer> count(int[] history, int last, boolean prompt) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (int i = 0; i < history.length; i++) {
      if (history.length - i <= last && (prompt || i >= PROMPT)) {
        counts.merge(history[i], 1, Integer::sum);
      }
    }
    return counts;
  }

  /** Whether the last n tokens occurred before. */
  private static boolean repeats(int[] tokens, int n) {
    for (int end = n; end < tokens.length; end++) {
      if (Arrays.equals(
          tokens, end - n, end, tokens, Math.max(0, tokens.length - n), tokens.length)) {
        return true;
      }
    }
    return false;
  }

  private static void dry(Step.Dry dry, float[] x, int[] history, double temperature) {
    int from = Math.max(0, history.length - dry.range());
    for (int id = 0; id < x.length; id++) {
      int longest = -1;
      for (int at = from + 1; at < history.length; at++) {
        int n = history[at] == id ? 0 : -1;
        while (history[at] == id
            && at - 1 - n >= from
            && history[at - 1 - n] == history[history.length - 1 - n]
            && !dry.breakers().contains(history[history.length - 1 - n])) {
          n++;
        }
        longest = Math.max(longest, n);
      }
      if (longest >= dry.allowed() && !dry.breakers().contains(id)) {
        double penalty =
            dry.multiplier() * StrictMath.pow(dry.base(), longest - dry.allowed()) * temperature;
        set(x, id, (float) (x[id] - Math.min(penalty, Float.MAX_VALUE)));
      }
    }
  }

  // by example

  /** Hugging Face's own cases of the repetition penalty. */
  @Example
  default void peersRepetitionPenalty() {
    int cases = 0;
    for (JsonNode peer : Fixtures.json("peer-cases.json").get("cases")) {
      if (peer.get("op").asText().equals("repetition_penalty")) {
        cases++;
        int n = peer.get("logits").size();
        float[] x = new float[n];
        float[] expected = new float[n];
        for (int i = 0; i < n; i++) {
          x[i] = (float) peer.get("logits").get(i).asDouble();
          expected[i] = (float) peer.get("expected_logits").get(i).asDouble();
        }
        Sampler sampler =
            SamplerChain.of(Step.repetitionPenalty((float) peer.at("/params/penalty").asDouble()))
                .newSampler(n, 1, kernels());
        peer.at("/params/tokens").forEach(token -> sampler.accept(token.asInt()));
        assertEquals(
            outcome(SamplerChain.of().newSampler(n, 1, kernels()), expected),
            outcome(sampler, x),
            peer.toString());
      }
    }
    assertEquals(2, cases);
  }

  /** Each step by numbers that can be followed by hand, in front of a filter and behind it. */
  @Example
  default void eachStepByHand() {
    float[] x = {4, 3, -2, 1, 0, -60};
    int[] history = {0, 1, 2, 3, 4, 4, 4, 1, 2, 1, 2}; // the first 7 are the prompt
    float no = Float.NEGATIVE_INFINITY;
    byHand(Step.repetitionPenalty(2, 2, true), history, x, 4, 1.5f, -4, 1, 0);
    byHand(Step.repetitionPenalty(2, 5, false), history, x, 4, 1.5f, -4, 1, 0);
    byHand(Step.repetitionPenalty(2, 5, true), history, x, 4, 1.5f, -4, 1, 0);
    byHand(Step.repetitionPenalty(2), history, x, 2, 1.5f, -4, 0.5f, 0);
    byHand(Step.repetitionPenalty(2, 0, true), history, x, 4, 3, -2, 1, 0);
    byHand(Step.frequencyPenalty(0.5f), history, x, 4, 2, -3, 1, 0);
    byHand(Step.frequencyPenalty(0.5f, 3, true), history, x, 4, 2.5f, -3, 1, 0);
    byHand(Step.frequencyPenalty(0.5f, 6, true), history, x, 4, 2, -3, 1, -1);
    byHand(Step.presencePenalty(0.5f), history, x, 4, 2.5f, -2.5f, 1, 0);
    byHand(Step.presencePenalty(-0.5f, 5, true), history, x, 4, 3.5f, -1.5f, 1, 0.5f);
    // Behind 1, 2, 1, 2: 1 would repeat three tokens, and 3 the two before it from the beginning.
    byHand(Step.dry(1, 2, 2, 11), history, x, 4, 2, -2, 0, 0);
    byHand(Step.dry(1, 2, 1, 11), history, x, 4, 1, -2, -1, 0);
    byHand(Step.dry(1, 2, 3, 11), history, x, 4, 3, -2, 1, 0);
    byHand(Step.dry(1, 2, 2, 4), history, x, 4, 2, -2, 1, 0);
    byHand(Step.dry(1, 2, 2, 11, 2), history, x, 4, 3, -2, 1, 0);
    byHand(Step.dry(1, 2, 2, 11, 5, 2, 3), history, x, 4, 3, -2, 1, 0);
    byHand(Step.dry(1, 2, 1, 11, 1), history, x, 4, 3, -2, 0, 0);
    byHand(Step.noRepeatNgram(3), history, x, 4, no, -2, no, 0);
    byHand(Step.noRepeatNgram(4), history, x, 4, 3, -2, 1, 0);
    byHand(Step.noRepeatNgram(1), history, x, no, no, no, no, no);
    byHand(Step.logitBias(Map.of(0, no, 3, 1.5f)), history, x, no, 3, -2, 2.5f, 0);
    byHand(Step.banned(new int[] {0}, new int[] {1, 2, 3}), history, x, no, 3, -2, no, 0);
    byHand(Step.banned(new int[] {2, 2, 3}, new int[] {3, 1}), history, x, 4, 3, -2, 1, 0);
    int[] all = {0, 1, 2, 3, 4, 4, 4, 1, 2, 1, 2, 3};
    byHand(
        Step.banned(all, new int[] {5, 0, 1, 2, 3, 4, 4, 4, 1, 2, 1, 2, 0}),
        history,
        x,
        4,
        3,
        -2,
        no,
        0);
    byHand(Step.minLength(5, 1, 3), history, x, 4, no, -2, no, 0);
    byHand(Step.minLength(4, 1, 3), history, x, 4, 3, -2, 1, 0);
  }

  /** A bias or ban of a token that is not there is a mistake, found as early as can be. */
  @Example
  default void namedTokensAreInTheVocabularyAndTheRow() {
    Step[] steps = {
      Step.logitBias(Map.of(1, 1f, 6, 1f)),
      Step.banned(new int[] {1}, new int[] {6, 2}),
      Step.minLength(3, 0, 6),
      Step.minLength(0, 6)
    };
    for (Step step : steps) {
      for (Step[] chain : new Step[][] {{step}, {Step.topK(2), step}}) {
        Failures.illegalArgument(
            step + " names token 6, which is not in the vocabulary of 6",
            () -> SamplerChain.of(chain).newSampler(6, 1, kernels()));
        Sampler sampler = SamplerChain.of(chain).newSampler(7, 1, kernels());
        Failures.illegalArgument(
            step + " names token 6, but the row has 6 logits", () -> sampler.sample(new float[6]));
        sampler.sample(new float[7]);
      }
    }
    Step dry = Step.dry(1, 2, 2, 64, 6);
    Failures.illegalArgument(
        dry + " names token 6, which is not in the vocabulary of 6",
        () -> SamplerChain.of(dry).newSampler(6, 1, kernels()));
    SamplerChain.of(dry).newSampler(7, 1, kernels()).sample(new float[6]); // it bans nothing
    int[] long1 = new int[200];
    Arrays.fill(long1, 1_000_000);
    Failures.illegalArgument(
        Step.banned(long1).toString().substring(0, 120)
            + "... names token 1000000, which is not in the vocabulary of 6",
        () -> SamplerChain.of(Step.banned(long1)).newSampler(6, 1, kernels()));
  }

  /** Also at another temperature, in whose units the steps that add or subtract do so. */
  private void byHand(Step step, int[] history, float[] x, float... expected) {
    float[] whole = Arrays.copyOf(expected, x.length);
    float[] cut = whole.clone();
    whole[x.length - 1] = x[x.length - 1];
    cut[x.length - 1] = Float.NEGATIVE_INFINITY;
    Step narrows = Step.topK(x.length - 1);
    Step all = Step.topNSigma(Float.MAX_VALUE); // keeps all, but survivors are drawn from
    assertEquals(
        outcome(sampler(List.of(), x.length, history), whole),
        outcome(sampler(List.of(step), x.length, history), x),
        step.toString());
    assertEquals(
        outcome(sampler(List.of(all), x.length, history), cut),
        outcome(sampler(List.of(narrows, step), x.length, history), x),
        "narrowed: " + step);
    if (step instanceof Step.RepetitionPenalty) {
      return;
    }
    for (int i = 0; i < x.length; i++) {
      whole[i] = x[i] + 4 * (whole[i] - x[i]);
    }
    Step hot = Step.temperature(4);
    assertEquals(
        outcome(sampler(List.of(hot), x.length, history), whole),
        outcome(sampler(List.of(hot, step), x.length, history), x),
        "hot: " + step);
  }

  /** The mask of allowed tokens, in front of a filter and behind it. */
  @Example
  default void onlyAllowedTokensAreDrawn() {
    float[] x = new float[200];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i * 37 % 100) / 10f;
    }
    long[] mask = {0, 1L << 3 | 1L << 40, 1L}; // 67, 104, 128, and nothing from 192 on
    for (SamplerChain chain :
        List.of(
            SamplerChain.of(Step.allowed()),
            SamplerChain.of(Step.allowed(), Step.topK(10)),
            SamplerChain.of(Step.topK(199), Step.allowed(), Step.topP(1)))) {
      Sampler sampler = chain.newSampler(x.length, 1, kernels());
      sampler.allow(mask);
      sampler.sample(x);
      int[] ids = Chains.ids(sampler.candidates());
      Arrays.sort(ids);
      assertArrayEquals(new int[] {67, 104, 128}, ids, chain.toString());
      Failures.illegalState(
          "the chain has a step allowed(), but no mask was given: call allow(mask) before each row",
          () -> sampler.sample(x));
      sampler.allow(new long[] {});
      int before = chain.steps().getFirst() instanceof Step.TopK ? 199 : 200;
      Failures.illegalState(
          "nothing is left to sample: allowed() has masked all of the "
              + before
              + " tokens that were there before it",
          () -> sampler.sample(x));
    }
    Failures.illegalState(
        "the chain has no step allowed(), which would read the mask: add Step.allowed() to it",
        () -> SamplerChain.of().newSampler(3, 1, kernels()).allow(mask));
  }

  /** Where a top-k has room, a changed token finds it, though it is below all others. */
  @Example
  default void changedTokensFillWhatATopKLeaves() {
    float no = Float.NEGATIVE_INFINITY;
    float[] x = {no, 3, no, 2, no, no, 9, no, no, 8, no, no};
    Step bias = Step.logitBias(Map.of(6, -20f, 9, -7f));
    for (int k : new int[] {2, 3, 4, 5, 11}) {
      Sampler sampler = SamplerChain.of(bias, Step.topK(k)).newSampler(x.length, 1, kernels());
      sampler.sample(x);
      int[] order = {1, 3, 9, 6};
      assertArrayEquals(
          Arrays.copyOf(order, Math.min(k, 4)), Chains.ids(sampler.candidates()), "k " + k);
    }
  }

  /** Masks of every density, shorter than the row and longer, on rows that end within a word. */
  @Property
  default void allowedTokensAreThoseOfTheirBits(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = random.nextInt(1, 300);
    float[] x = new float[length];
    float[] changed = new float[length];
    long[] mask = new long[random.nextInt(7)];
    for (int i = 0; i < mask.length; i++) {
      long word = random.nextLong();
      word = random.nextBoolean() ? word & random.nextLong() & random.nextLong() : word;
      mask[i] = random.nextBoolean() ? word : ~word;
      if (random.nextInt(9) == 0) {
        mask[i] = -1;
      }
    }
    for (int i = 0; i < length; i++) {
      x[i] = (float) random.nextGaussian();
      boolean allowed = i >> 6 < mask.length && (mask[i >> 6] >>> i & 1) == 1;
      changed[i] = allowed ? x[i] : Float.NEGATIVE_INFINITY;
    }
    int[] none = {};
    Step all = Step.topNSigma(Float.MAX_VALUE); // keeps all, but survivors are drawn from
    List<List<Step>> behinds = List.of(List.of(), List.of(Step.topP(0.9f)), List.of(Step.topK(5)));
    for (List<Step> behind : behinds) {
      for (List<Step> before : List.of(List.<Step>of(), List.of(all))) {
        List<Step> plain = new ArrayList<>(before);
        plain.addAll(behind);
        List<Step> steps = new ArrayList<>(before);
        steps.add(Step.allowed());
        steps.addAll(behind);
        Sampler sampler = sampler(steps, length, none);
        sampler.allow(mask.clone());
        assertEquals(outcome(sampler(plain, length, none), changed), outcome(sampler, x));
      }
    }
  }

  /** What cannot be a logit is an error, even of a token that is masked or changed. */
  @Example
  default void changesHideNoError() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] x = {1, 2, bad, 3, 4, 0, 1, 1};
      for (Step rest : List.of(Step.topK(2), Step.topP(0.5f))) {
        Sampler sampler =
            SamplerChain.of(Step.banned(new int[] {2}), Step.logitBias(Map.of(2, 1f)), rest)
                .newSampler(x.length, 1, kernels());
        Failures.illegalArgument("logit 2 is " + bad, () -> sampler.sample(x));
      }
    }
  }

  /** A fork goes on alike and on its own; a reset begins anew. */
  @Example
  default void forksAndResets() {
    SamplerChain chain = SamplerChain.of(Step.presencePenalty(3), Step.noRepeatNgram(2));
    Sampler sampler = chain.newSampler(50, 5, kernels());
    sampler.acceptPrompt(1, 2);
    List<Integer> all = new ArrayList<>(generate(sampler, 20));
    Sampler fork = sampler.fork();
    List<Integer> left = generate(sampler, 20);
    List<Integer> right = generate(fork, 20);
    assertEquals(left, right);
    assertEquals(sampler.position(), fork.position());
    for (int token = 0; token < 25; token++) {
      fork.accept(token);
    }
    assertNotEquals(generate(sampler, 20), generate(fork, 20));
    sampler.reset();
    assertEquals(0, sampler.position());
    Failures.illegalState(
        "no token has been sampled: the last call failed or there was none", sampler::candidates);
    sampler.acceptPrompt(1, 2);
    all.addAll(left);
    assertEquals(all, generate(sampler, 40));
  }

  /** The step that has left nothing is named, and what was there before it. */
  @Example
  default void whatHasLeftNothingIsNamed() {
    float no = Float.NEGATIVE_INFINITY;
    float[] x = {0, 5, 1, no, no};
    String[][] cases = {
      {"allowed()", "allowed()", "3"},
      {"top_k=1, allowed()", "allowed()", "1"},
      {"min_length(3, ends=0;1;2)", "min_length(3, ends=0;1;2)", "3"},
      {"top_k=1, banned=1", "banned=1", "1"},
      {"banned=1, allowed(), top_p=0.9", "allowed()", "2"},
      {"min_length(3, ends=1), allowed(), banned=0", "allowed()", "2"},
      {"temperature=2, banned=0|1, no_repeat_ngram=1", "no_repeat_ngram=1", "1"},
      {"logit_bias(0=-Infinity, 1=-Infinity, 2=-Infinity)", "", "3"},
      {
        "top_p=0.9, top_k=1, logit_bias(1=-Infinity), temperature=0", "logit_bias(1=-Infinity)", "1"
      },
      {"allowed(), typical_p=0.5", "allowed()", "3"},
      {"allowed(), top_n_sigma=1", "allowed()", "3"},
      {"allowed(), mirostat_v2=3", "allowed()", "3"},
      {"allowed(), adaptive_p=0.5", "allowed()", "3"}
    };
    for (String[] each : cases) {
      Sampler sampler = SamplerChain.parse(each[0]).newSampler(x.length, 1, kernels());
      sampler.acceptPrompt(2);
      String message =
          "nothing is left to sample: "
              + (each[1].isEmpty() ? each[0] : each[1])
              + (each[2].equals("1")
                  ? " has masked the one token that was there before it"
                  : " has masked all of the " + each[2] + " tokens that were there before it");
      for (int call = 0; call < 2; call++) {
        if (each[0].contains("allowed")) {
          sampler.allow(new long[] {0b11000}); // those that are masked
        }
        Failures.illegalState(message, () -> sampler.sample(x));
        Failures.illegalState(message, () -> sampler.apply(x));
        Failures.illegalState(message, () -> sampler.next(x));
        assertEquals(0, sampler.position());
      }
      Failures.illegalState(
          Failures.ALL_MASKED, () -> sampler.sample(new float[] {no, no, no, no, no}));
      Failures.illegalArgument(
          "logit 4 is NaN", () -> sampler.sample(new float[] {0, 0, 0, 0, Float.NaN}));
    }
  }

  private static List<Integer> generate(Sampler sampler, int tokens) {
    List<Integer> drawn = new ArrayList<>();
    for (int i = 0; i < tokens; i++) {
      float[] x = new float[50];
      SplittableRandom random = new SplittableRandom(sampler.position());
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) random.nextGaussian();
      }
      int token = sampler.sample(x);
      sampler.accept(token);
      drawn.add(token);
    }
    return drawn;
  }

  /** Tokens have to be in the vocabulary. */
  @Example
  default void historyIsChecked() {
    Sampler sampler = SamplerChain.of().newSampler(5, 1, kernels());
    for (int token : new int[] {-1, 5}) {
      String message = "token " + token + " is not in the vocabulary of 5";
      Failures.illegalArgument(message, () -> sampler.accept(token));
      Failures.illegalArgument("tokens[1]: " + message, () -> sampler.acceptPrompt(1, token));
    }
  }
}
