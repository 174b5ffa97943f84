package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Steps that steer by what was drawn: mirostat and adaptive-p, each against its definition, call by
 * call.
 */
public interface SteeringContract extends KernelsUnderTest {
  /** What comes before. */
  @Provide
  default Arbitrary<List<Step>> steeringBefore() {
    return Arbitraries.of(
        List.of(),
        List.of(Step.temperature(0.8f)),
        List.of(Step.topK(30)),
        List.of(Step.temperature(1.3f), Step.topP(0.95f)));
  }

  /** A row a call. */
  private static float[] row(long seed, int call) {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 700, 0, seed * 1000 + call);
    return row.logits();
  }

  /** What a chain before leaves: ids, best first, and exact probabilities. */
  private FiltersContract.Before before(float[] x, List<Step> steps) {
    FiltersContract contract = this::kernels;
    return FiltersContract.Before.of(contract, new TestRow("row", x, 0, x.length), steps);
  }

  private Sampler sampler(List<Step> before, Step step) {
    Step[] steps = Arrays.copyOf(before.toArray(Step[]::new), before.size() + 1);
    steps[before.size()] = step;
    return SamplerChain.of(steps).newSampler(700, 3, kernels());
  }

  /** Mirostat 2. */
  @Property
  default void mirostat2KeepsWhatMuAllows(
      @ForAll("steeringBefore") List<Step> before, @ForAll byte seed) {
    Sampler sampler = sampler(before, Step.mirostatV2(3, 0.3f));
    double mu = 6;
    for (int call = 0; call < 12; call++) {
      float[] x = row(seed, call);
      FiltersContract.Before b = before(x, before);
      int token = sampler.sample(x);
      int left = sampler.candidates().size();
      double least = StrictMath.pow(2, -mu);
      assertTrue(b.atLeast(least * (1 + 1e-4)) <= left && left <= b.atLeast(least * (1 - 1e-4)));
      if (call % 4 == 3) { // another token was chosen
        sampler.accept((token + 1) % 700);
      } else {
        sampler.accept(token);
        mu -= 0.3f * (-sampler.logProbability() / StrictMath.log(2) - 3);
      }
    }
  }

  /** Mirostat 1. */
  @Property
  default void mirostat1KeepsItsK(@ForAll("steeringBefore") List<Step> before, @ForAll byte seed) {
    Sampler sampler = sampler(before, Step.mirostatV1(3, 0.3f, 20));
    double temperature = 1;
    for (Step step : before) {
      temperature = NaiveChain.temperature(step, temperature);
    }
    double mu = 6;
    for (int call = 0; call < 12; call++) {
      float[] x = row(seed, call);
      FiltersContract.Before b = before(x, before);
      double products = 0;
      double squares = 0;
      for (int i = 0; i < Math.min(20, b.tokens().length) - 1; i++) {
        double t = StrictMath.log((i + 2.0) / (i + 1));
        products += t * ((double) x[b.tokens()[i]] - x[b.tokens()[i + 1]]) / temperature;
        squares += t * t;
      }
      double s = products / squares;
      double k =
          StrictMath.pow((s - 1) * StrictMath.pow(2, mu) / (1 - StrictMath.pow(700, 1 - s)), 1 / s);
      int token = sampler.sample(x);
      int expected = Double.isNaN(k) ? 700 : (int) Math.clamp(k, 1, 700);
      assertEquals(Math.min(expected, b.tokens().length), sampler.candidates().size(), 0.5);
      sampler.accept(token);
      mu -= 0.3f * (-sampler.logProbability() / StrictMath.log(2) - 3);
    }
  }

  /** Adaptive-p. */
  @Property
  default void adaptivePFavoursProbabilitiesNearTheTarget(
      @ForAll("steeringBefore") List<Step> before, @ForAll byte seed) {
    float target = 0.4f;
    float decay = 0.9f;
    Sampler sampler = sampler(before, Step.adaptiveP(target, decay));
    double sum = target / (1 - (double) decay);
    double weight = 1 / (1 - (double) decay);
    for (int call = 0; call < 12; call++) {
      float[] x = row(seed, call);
      FiltersContract.Before b = before(x, before);
      double goal = Math.clamp(2.0 * target - sum / weight, 0.0, 1.0);
      double[] logits =
          DoubleStream.of(b.p())
              .map(p -> Math.abs(p - goal) / 0.3)
              .map(d -> 5 - 10 * d * d / (1 + d))
              .toArray();
      double total = DoubleStream.of(logits).map(StrictMath::exp).sum();
      int token = sampler.sample(x);
      assertEquals(b.tokens().length, sampler.candidates().size());
      int at = IntStream.range(0, logits.length).filter(i -> b.tokens()[i] == token).sum();
      double expected = StrictMath.exp(logits[at]) / total;
      assertEquals(expected, sampler.probability(), 1e-4 * expected);
      sampler.accept(token);
      sum = b.p()[at] + decay * sum;
      weight = 1 + decay * weight;
    }
  }

  /** Mirostat brings the surprisal of a long text to tau. */
  @Example
  default void mirostatReachesItsTarget() {
    for (Step step : List.of(Step.mirostatV1(3, 0.1f, 100), Step.mirostatV2(3, 0.1f))) {
      Sampler sampler = sampler(List.of(), step);
      double bits = 0;
      for (int call = 0; call < 600; call++) {
        int token = sampler.sample(row(9, call % 50));
        if (call >= 100) {
          bits -= sampler.logProbability() / StrictMath.log(2);
        }
        sampler.accept(token);
      }
      assertEquals(3, bits / 500, 0.1, step.toString());
    }
  }

  /** State belongs to a sampler, goes along with a fork and ends with a reset. */
  @Example
  default void stateIsCopiedAndReset() {
    for (Step step :
        List.of(
            Step.mirostatV1(2, 0.5f, 50), Step.mirostatV2(2, 0.5f), Step.adaptiveP(0.3f, 0.5f))) {
      Sampler sampler = sampler(List.of(), step);
      List<Integer> first = run(sampler);
      Sampler fork = sampler.fork();
      assertEquals(run(sampler), run(fork), step.toString());
      sampler.reset();
      assertEquals(first, run(sampler), step.toString());
    }
  }

  private static List<Integer> run(Sampler sampler) {
    return IntStream.range(0, 20)
        .map(
            call -> {
              int token = sampler.sample(row(4, call));
              sampler.accept(token);
              return token * 1000 + sampler.candidates().size();
            })
        .boxed()
        .toList();
  }
}
