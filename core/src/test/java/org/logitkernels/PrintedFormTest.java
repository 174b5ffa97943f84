package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What objects print as, in a log or a debugger: what they are of, not a hash. */
class PrintedFormTest {
  @Test
  void workspaces() {
    assertEquals("Workspace[capacity=128256]", Workspace.of(128_256).toString());
  }

  @Test
  void samplers() {
    Sampler sampler = SamplerChain.parse("top_k=40").newSampler(100, -7, Kernels.scalar());
    sampler.sample(new float[100]);
    assertEquals(
        "Sampler[chain=top_k=40, vocabulary=100, backend=scalar, seed=-7, position=1]",
        sampler.toString());
  }

  @Test
  void beams() {
    assertEquals(
        "Beams[beams=4, vocabulary=100, width=8, kernels=scalar]",
        Beams.of(4, 100, 8, Kernels.scalar()).toString());
  }

  @Test
  void batches() {
    SamplerChain chain = SamplerChain.parse("top_k=40, temperature=0.8");
    assertEquals(
        "BatchSampler[rows=3, chain=top_k=40, temperature=0.8]",
        BatchSampler.of(chain, 100, new long[3]).toString());
    assertEquals(
        "BatchSampler[rows=3, chain=temperature=0.0 | top_k=40, temperature=0.8]",
        BatchSampler.of(List.of(SamplerChain.greedy(), chain, chain), 100, new long[3]).toString());
  }
}
