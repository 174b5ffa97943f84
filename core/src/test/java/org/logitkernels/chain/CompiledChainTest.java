package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.rows.Row;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/** Steps in a row: what they read, what they learn, and what an error says of them. */
class CompiledChainTest {
  private static final float[] ROW = {1, 4, 2, 3, 0, 3.5f, -1, 2.5f};

  private final List<String> calls = new ArrayList<>();
  private final Backend counting = counting();

  /** Scalar kernels that are written down by name when they are called. */
  private Backend counting() {
    Backend scalar = new ScalarKernels();
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (self, method, arguments) -> {
              calls.add(method.getName());
              try {
                return method.invoke(scalar, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private CompiledChain chain(Action... actions) {
    List<String> texts = Arrays.stream(actions).map(a -> a.getClass().getSimpleName()).toList();
    return new CompiledChain(actions, texts, ROW.length, counting);
  }

  private int draw(CompiledChain chain, float... row) {
    calls.clear();
    chain.state().open(new Row.OfArray(counting).at(row, 0, row.length));
    chain.apply(0.5, null);
    return chain.state().draw(0.5);
  }

  /** Each kernel that reads the whole row is called once, and survivors are weighed once. */
  @Test
  void nothingIsReadOrWeighedTwice() {
    Temperatures.Constant warm = new Temperatures.Constant(2);
    draw(
        chain(warm, new Filters.TopK(4), new Filters.TopP(0.9f, 1), new Filters.MinP(0.1f, 1)),
        ROW);
    assertEquals(List.of("topK", "weights", "draw"), calls);
    draw(chain(warm, new Filters.TopP(0.9f, 1), new Filters.TopP(0.8f, 1)), ROW);
    assertEquals(List.of("topP", "draw"), calls);
    draw(chain(new Filters.TopP(0.9f, 1), warm), ROW);
    assertEquals(List.of("topP", "weights", "draw"), calls, "for another temperature");
    draw(chain(new Filters.EtaCutoff(0.01f, 1)), ROW);
    assertEquals(List.of("entropy", "collect", "weights", "draw"), calls);
    draw(chain(new Filters.EpsilonCutoff(0.01f, 1)), ROW);
    assertEquals(List.of("sums", "collect", "weights", "draw"), calls);
    draw(chain(new Filters.PLess(1)), ROW);
    assertEquals(List.of("sums", "sums", "collect", "weights", "draw"), calls);
    draw(chain(new Filters.TopK(4), new Filters.PLess(1)), ROW);
    assertEquals(List.of("topK", "weights", "weights", "draw"), calls, "the draw weighs no more");
    draw(chain(new Filters.EpsilonCutoff(0, 1), new Xtc(1, 0.9f, 1, 0)), ROW);
    assertEquals(List.of("sums", "collect", "weights"), calls, "one sum for the step and the draw");
    draw(chain(new Filters.TopK(4), new Mirostat.V1(9, 0.1, 2)), ROW);
    assertEquals(List.of("topK", "weights", "draw"), calls, "there is no wider look at survivors");
    draw(chain(new Typical(0.999f, 1)), ROW);
    assertEquals(
        List.of("entropy", "collect", "weights", "collect", "weights", "draw"),
        calls,
        "a further look has other survivors under the same maximum");
    draw(chain(new Filters.TopK(5), new Typical(0.9f, 1)), ROW);
    assertEquals(List.of("topK", "weights", "draw"), calls, "typical has left the best");
  }

  /** A step that gives a survivor another logit leaves no weight behind. */
  @Test
  void changesOfSurvivorsAreWeighed() {
    Action bias = new Constraints.LogitBias(new int[] {3}, new float[] {0.5f});
    CompiledChain chain = chain(new Filters.TopP(0.9f, 1), bias);
    draw(chain, ROW);
    assertEquals(List.of("topP", "weights", "draw"), calls);
    Survivors survivors = chain.state().survivors();
    for (int i = 0; i < survivors.size; i++) {
      assertEquals(survivors.weight(survivors.values[i], 1), survivors.weights[i]);
    }
    assertEquals(3.5f, chain.state().get(3));
  }

  /** A step that keeps nothing is shared by a fork, and one that keeps something is not. */
  @Test
  void forksLearnOnTheirOwn() {
    Filters.TopK first = new Filters.TopK(4);
    assertSame(first, first.fork());
    Dry dry = new Dry(1, 2, 1, 64, new int[0]);
    assertSame(dry, dry.fork(), "what it looks up is beside the history");
    Mirostat.V2 mirostat = new Mirostat.V2(2, 0.5);
    CompiledChain chain = chain(first, mirostat);
    assertTrue(chain.dependsOnAccepted());
    assertEquals("V2", chain.dependentName());
    chain.drawn(1, -Math.log(8)); // three bits
    CompiledChain fork = chain.fork();
    chain.reserve();
    chain.accept(1, true);
    assertEquals(3.5, mirostat.mu());
    chain.rollback(1);
    assertEquals(4, mirostat.mu());
    chain.reserve();
    chain.accept(1, false);
    assertEquals(4, mirostat.mu(), "another token was accepted");
    assertEquals(1, chain.generated());
    assertEquals(0, fork.generated());
    fork.reserve();
    fork.accept(1, true);
    assertEquals(4, mirostat.mu(), "the fork has learned, and the chain has not");
    chain.acceptPrompt(new int[] {1});
    assertEquals(0, chain.generated());
  }

  /** The memory of a forked step goes on from that of the step. */
  @Test
  void memoriesAreForked() {
    Mirostat.V1 mirostat = new Mirostat.V1(2, 0.5, 10);
    mirostat.drawn(1, -Math.log(8));
    mirostat.reserve();
    mirostat.accepted(true);
    mirostat.drawn(1, -Math.log(32));
    Mirostat fork = (Mirostat) mirostat.fork();
    assertEquals(3.5, fork.mu());
    fork.reserve();
    fork.accepted(true);
    assertEquals(2, fork.mu(), 1e-15);
    fork.rollback(2);
    assertEquals(4, fork.mu());
    assertEquals(3.5, mirostat.mu());
    mirostat.reset();
    assertEquals(4, mirostat.mu());
  }

  @Test
  void errorsNameTheStep() {
    Action bias = new Constraints.LogitBias(new int[] {2, 7}, new float[2]);
    assertEquals(
        "LogitBias names token 7, but the row has 3 logits",
        assertThrows(IllegalArgumentException.class, () -> draw(chain(bias), 1, 2, 3))
            .getMessage());
    Action high = new Constraints.Banned(new int[][] {{1}, {8, 0}});
    assertEquals(
        "Banned names token 8, which is not in the vocabulary of 8",
        assertThrows(IllegalArgumentException.class, () -> chain(bias, high)).getMessage());
    Action breaker = new Dry(1, 2, 1, 64, new int[] {3, 7});
    assertEquals(2, draw(chain(breaker, new Filters.TopK(1)), 1, 2, 3), "a row may lack breakers");

    CompiledChain chain =
        chain(new Filters.TopK(2), new Constraints.Banned(new int[][] {{1}, {5}}));
    IllegalStateException none = assertThrows(IllegalStateException.class, () -> draw(chain, ROW));
    assertEquals(
        "nothing is left to sample: Banned has masked all of the 2 tokens that were there before"
            + " it",
        chain.explained(none, 0.5, null).getMessage());
  }

  /** What a chain needs to know of a sequence is what its steps do something with. */
  @Test
  void stepsThatDoNothingDependOnNothing() {
    assertFalse(chain(new Penalties(Penalty.factor(1), 64, true)).dependsOnAccepted());
    assertFalse(chain(new Penalties(Penalty.subtrahend(0, 0), 64, true)).dependsOnAccepted());
    assertTrue(chain(new Penalties(Penalty.subtrahend(0, 1), 64, true)).dependsOnAccepted());
    assertFalse(chain(new Constraints.Banned(new int[][] {{1}})).dependsOnAccepted());
    assertTrue(chain(new Constraints.Banned(new int[][] {{1, 2}})).dependsOnAccepted());
    assertFalse(chain(new Constraints.MinLength(0, new int[] {1})).dependsOnAccepted());
    assertTrue(chain(new Constraints.MinLength(1, new int[] {1})).dependsOnAccepted());
    assertFalse(chain(new Mirostat.V2(2, 0)).dependsOnAccepted());
    assertTrue(chain(new Mirostat.V2(2, 0)).learns());
    assertTrue(chain(new Constraints.Allowed()).readsMask());
    assertFalse(chain(new Filters.TopK(1)).readsMask());
  }

  /** Steps behind a filter do to survivors what they do to a row. */
  @Test
  void survivorsAreTreatedAsRowsAre() {
    Action[][] filters = {
      {new Filters.TopK(3)},
      {new Filters.TopP(0.9f, 1)},
      {new Filters.TopP(0.1f, 4)},
      {new Filters.MinP(0.3f, 1)},
      {new Filters.MinP(0.9f, 3)},
      {new Filters.TopNSigma(1, 1)},
      {new Filters.EpsilonCutoff(0.05f, 1)},
      {new Filters.EtaCutoff(0.2f, 1)},
      {new Typical(0.8f, 1)},
      {new Typical(0.2f, 5)},
      {new TopH(0.5f, 100)},
      {new Filters.PLess(1)},
      {new Filters.PLess(4)},
      {new Xtc(1, 0.05f, 1, 0), new Filters.TopK(7)},
      {new Xtc(1, 0.05f, 4, 0)},
      {new Temperatures.Dynamic(0.5f, 2, 1), new Filters.TopP(0.8f, 1)},
      {new Mirostat.V1(1, 0.1, 3)},
      {new Mirostat.V1(9, 0.1, 3)},
      {new Mirostat.V2(1, 0.1)},
      {new AdaptiveP(0.3, 0.9)}
    };
    for (Action[] filter : filters) {
      CompiledChain whole = chain(filter);
      int token = draw(whole, ROW);
      assertTrue(whole.state().readOut());
      Action[] behind = new Action[filter.length + 1];
      behind[0] = new Filters.MinP(1e-9f, 1); // which leaves all tokens
      for (int i = 0; i < filter.length; i++) {
        behind[i + 1] = filter[i].fork();
      }
      CompiledChain narrowed = chain(behind);
      String name = filter[0].getClass().getName();
      assertEquals(token, draw(narrowed, ROW), name);
      assertArrayEquals(ids(whole), ids(narrowed), name);
      assertEquals(whole.state().temperature(), narrowed.state().temperature(), 1e-6, name);
    }
  }

  private static int[] ids(CompiledChain chain) {
    Survivors survivors = chain.state().survivors();
    return Arrays.copyOf(survivors.ids, survivors.size);
  }
}
