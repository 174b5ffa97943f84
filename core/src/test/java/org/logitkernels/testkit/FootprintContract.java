package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.Tag;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** What samplers hold between rows: the arrays as long as a row are not theirs. */
public interface FootprintContract extends KernelsUnderTest {
  /** Sequences of a busy engine. */
  int SEQUENCES = 1000;

  /** Logits of a row. */
  int VOCABULARY = 128_256;

  /** Bytes that all the sequences hold together, where few candidates are left of each. */
  long MOST = 64L << 20;

  /**
   * A thousand sequences, each of which has met a row that leaves a third of its tokens, and then
   * one that leaves few.
   */
  @Example
  default void aThousandSequencesAtRestAreSmall() {
    TestRow normal = TestRows.of(TestRows.Distribution.NORMAL, VOCABULARY, 0, 1);
    float[] broad = Arrays.copyOfRange(normal.array(), normal.from(), normal.to());
    float[] narrow = broad.clone();
    narrow[7] = 100;
    String[] chains = {
      "top_p=0.99", "repetition_penalty=1.1, top_p=0.99", "min_p=0.0001", "temperature=0.8"
    };
    Sampler[] samplers = new Sampler[SEQUENCES];
    long before = used();
    for (int i = 0; i < SEQUENCES; i++) {
      samplers[i] =
          SamplerChain.parse(chains[i % chains.length]).newSampler(VOCABULARY, i, kernels());
    }
    int[] sizes = new int[chains.length];
    for (int i = 0; i < SEQUENCES; i++) {
      samplers[i].next(broad);
      sizes[i % chains.length] = samplers[i].candidates().size();
      samplers[i].next(narrow);
    }
    assertTrue(sizes[0] > VOCABULARY / 4, () -> sizes[0] + " candidates of a broad row");
    for (int i = 0; i < SEQUENCES; i++) { // the others have worked on rows meanwhile
      if (i % chains.length < 3) {
        assertEquals(1, samplers[i].candidates().size());
        assertEquals(7, samplers[i].candidates().id(0));
        assertEquals(1, samplers[i].candidates().probability(0));
      }
    }
    long held = used() - before;
    assertTrue(held < MOST, () -> held + " bytes");
  }

  /** Bytes that a sequence holds for each token of the vocabulary, after a row that it keeps. */
  int MOST_FOR_A_TOKEN = 36;

  /**
   * A sequence keeps what its last row left for as long as it may be read, however much that is,
   * and no longer.
   */
  @Example
  default void aSequenceKeepsWhatItsLastRowLeft() {
    TestRow normal = TestRows.of(TestRows.Distribution.NORMAL, VOCABULARY, 0, 1);
    float[] broad = Arrays.copyOfRange(normal.array(), normal.from(), normal.to());
    float[] narrow = broad.clone();
    narrow[7] = 100;
    long[] mask = new long[VOCABULARY / 64];
    Arrays.fill(mask, -1);
    String[] chains = {
      "top_p=0.99",
      "repetition_penalty=1.1, top_p=0.99",
      "repetition_penalty=1.1, temperature=0.8",
      "soft_cap=30, temperature=0.8",
      "allowed(), temperature=0.8"
    };
    for (String chain : chains) {
      boolean masked = chain.startsWith("allowed");
      boolean filtered = chain.contains("top_p");
      Sampler[] samplers = new Sampler[20];
      long before = used();
      for (int i = 0; i < samplers.length; i++) {
        samplers[i] = SamplerChain.parse(chain).newSampler(VOCABULARY, i, kernels());
        samplers[i].accept(i);
        if (masked) {
          samplers[i].allow(mask);
        }
        samplers[i].next(broad);
      }
      long held = (used() - before) / samplers.length;
      assertTrue(held < (long) MOST_FOR_A_TOKEN * VOCABULARY, () -> chain + " holds " + held);
      if (filtered) {
        for (Sampler sampler : samplers) {
          sampler.next(narrow);
        }
        long rest = (used() - before) / samplers.length;
        long shared = 5L * MOST_FOR_A_TOKEN * VOCABULARY; // a thread finds so many again
        long most = MOST / SEQUENCES + shared / samplers.length;
        assertTrue(rest < most, () -> chain + " still holds " + rest);
        assertEquals(1, samplers[0].candidates().size());
      }
    }
  }

  /** Candidates of many sequences can be read while others sample. */
  @Example
  default void sequencesByTurnsKeepTheirCandidates() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 5010, 0, 2);
    String[] chains = {"top_k=5", "top_p=0.9", "temperature=0.7", "logit_bias(3=2)", "top_k=4000"};
    Sampler[] together = new Sampler[chains.length];
    String[] alone = new String[chains.length];
    for (int i = 0; i < chains.length; i++) {
      Sampler sampler = SamplerChain.parse(chains[i]).newSampler(5010, 3, kernels());
      sampler.sample(row.array(), row.from(), row.to());
      alone[i] = sampler.candidates().toString();
      together[i] = SamplerChain.parse(chains[i]).newSampler(5010, 3, kernels());
    }
    for (Sampler sampler : together) {
      sampler.sample(row.array(), row.from(), row.to());
    }
    for (int i = chains.length - 1; i >= 0; i--) {
      assertEquals(alone[i], together[i].candidates().toString(), chains[i]);
    }
  }

  /** A thousand sequences that one thread steps in turn allocate nothing. */
  @Example
  @Tag("allocation")
  default void sequencesByTurnsAllocateNothing() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 5010, 0, 8);
    String[] chains = {"top_k=40", "top_p=0.9", "temperature=0.7", "top_k=4000"};
    Sampler[] samplers = new Sampler[SEQUENCES];
    for (int i = 0; i < SEQUENCES; i++) {
      samplers[i] = SamplerChain.parse(chains[i % chains.length]).newSampler(5010, i, kernels());
    }
    int[] next = {0};
    AllocationContract.assertNoAllocation( // in a batch of calls, each sequence has one step
        shorter -> {
          int sum = 0;
          for (int n = 0; n < SEQUENCES / AllocationContract.CALLS; n++) {
            Sampler sampler = samplers[next[0]++ % SEQUENCES];
            sum += sampler.sample(row.array(), row.from(), row.to());
            sum += sampler.candidates().id(0);
          }
          return sum;
        });
  }

  private static long used() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
