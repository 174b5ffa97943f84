package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A chain as a value: equality and text. */
class SamplerChainTest {
  private static final SamplerChain CHAIN =
      SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f));

  @Test
  void chainsAreEqualByTheirStepsInOrder() {
    SamplerChain same =
        SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f));
    assertEquals(CHAIN, same);
    assertEquals(CHAIN.hashCode(), same.hashCode());
    assertEquals(SamplerChain.greedy(), SamplerChain.of(Step.temperature(0)));
    assertEquals(SamplerChain.greedy(), SamplerChain.of(Step.temperature(-0f)));
    assertEquals(SamplerChain.of(Step.topP(0)), SamplerChain.of(Step.topP(-0f)));
    assertEquals(SamplerChain.of(Step.minP(0)), SamplerChain.of(Step.minP(-0f)));
    assertEquals(
        SamplerChain.of(Step.minP(0)).hashCode(), SamplerChain.of(Step.minP(-0f)).hashCode());
    Set<SamplerChain> different =
        new HashSet<>(
            List.of(
                CHAIN,
                SamplerChain.of(),
                SamplerChain.greedy(),
                SamplerChain.of(Step.topK(40), Step.topP(0.95f)),
                SamplerChain.of(Step.topP(0.95f), Step.topK(40)),
                SamplerChain.of(Step.topP(0.5f)),
                SamplerChain.of(Step.minP(0.5f)),
                SamplerChain.of(Step.temperature(0.5f))));
    assertEquals(8, different.size());
    assertTrue(different.contains(same));
    assertNotEquals(CHAIN, CHAIN.steps());
    assertNotEquals(CHAIN.hashCode(), SamplerChain.greedy().hashCode());
  }

  @Test
  void textNamesTheStepsInOrder() {
    assertEquals("temperature=0.8, top_k=40, top_p=0.95, min_p=0.05", CHAIN.toString());
    assertEquals("temperature=0.0", SamplerChain.greedy().toString());
    assertEquals("", SamplerChain.of().toString());
  }

  @Test
  void stepsAreUnmodifiable() {
    List<Step> steps = CHAIN.steps();
    assertEquals(4, steps.size());
    assertThrows(UnsupportedOperationException.class, () -> steps.add(Step.topK(1)));
    assertThrows(UnsupportedOperationException.class, () -> steps.set(0, Step.topK(1)));
    assertThrows(UnsupportedOperationException.class, () -> steps.remove(0));
  }

  @Test
  void stepsAreCopiedFromTheArray() {
    Step[] steps = {Step.topK(3), Step.topP(0.5f)};
    SamplerChain chain = SamplerChain.of(steps);
    steps[0] = Step.topK(1);
    assertEquals(SamplerChain.of(Step.topK(3), Step.topP(0.5f)), chain);
  }

  @Test
  void missingStepsAreRejected() {
    assertThrows(NullPointerException.class, () -> SamplerChain.of(new Step[] {null}));
    assertThrows(
        NullPointerException.class, () -> SamplerChain.of(Step.topK(1), null, Step.topP(1)));
    assertThrows(NullPointerException.class, () -> SamplerChain.of((Step[]) null));
  }
}
