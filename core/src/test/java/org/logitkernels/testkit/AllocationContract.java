package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import net.jqwik.api.Example;
import net.jqwik.api.Tag;
import org.jspecify.annotations.Nullable;
import org.logitkernels.BatchSampler;
import org.logitkernels.Beams;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Logits;
import org.logitkernels.ModelComparison;
import org.logitkernels.Perplexity;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * No call allocates in steady state.
 *
 * <p>Counted are the bytes that the thread allocates in a batch of 50 calls on a row of 5,003 to
 * 5,010 logits, so that whole blocks and every tail are met. Vector code allocates until it is
 * compiled; the steady state is reached when 5 batches in a row count 0 bytes, and has to be
 * reached within 20 seconds; it usually takes less than one, but the compiler may have to wait for
 * a busy machine.
 */
public interface AllocationContract extends KernelsUnderTest {
  /** Calls in a batch. */
  int CALLS = 50;

  /** Seconds after which a call that still allocates is taken to go on allocating. */
  int PATIENCE = 20;

  /** Batches in a row that have to count no bytes. */
  int STEADY = 5;

  /** Arg-max. */
  @Example
  @Tag("allocation")
  default void argMaxAllocatesNothing() {
    TestRow row = row();
    assertNoAllocation(i -> kernels().argMax(row.array(), row.from(), row.to() - i));
  }

  /** Log-sum-exp. */
  @Example
  @Tag("allocation")
  default void logSumExpAllocatesNothing() {
    TestRow row = row();
    assertNoAllocation(i -> (int) kernels().logSumExp(row.array(), row.from(), row.to() - i, 1));
  }

  /** Softmax, and where weights underflow. */
  @Example
  @Tag("allocation")
  default void softmaxAllocatesNothing() {
    TestRow row = row();
    float[] out = new float[row.length()];
    assertNoAllocation(
        i -> {
          kernels().softmax(row.array(), row.from(), row.to() - i, 1, out, 0);
          return out.length;
        });
    assertNoAllocation(
        i -> {
          kernels().softmax(row.array(), row.from(), row.to() - i, 0.01f, out, 0);
          return out.length;
        });
  }

  /** Log-softmax. */
  @Example
  @Tag("allocation")
  default void logSoftmaxAllocatesNothing() {
    TestRow row = row();
    float[] out = new float[row.length()];
    assertNoAllocation(
        i -> {
          kernels().logSoftmax(row.array(), row.from(), row.to() - i, 1, out, 0);
          return out.length;
        });
  }

  /** Top-k, for a few and for many. */
  @Example
  @Tag("allocation")
  default void topKAllocatesNothing() {
    TestRow row = row();
    Workspace workspace = Workspace.of(row.length());
    int[] ids = new int[row.length()];
    float[] values = new float[row.length()];
    for (int k : new int[] {1, 40, 1000, 5000}) {
      assertNoAllocation(
          i -> kernels().topK(row.array(), row.from(), row.to() - i, k, workspace, ids, values));
    }
  }

  /** Top-p, for a narrow nucleus and a wide one. */
  @Example
  @Tag("allocation")
  default void topPAllocatesNothing() {
    TestRow row = row();
    Workspace workspace = Workspace.of(row.length());
    int[] ids = new int[row.length()];
    float[] values = new float[row.length()];
    for (float p : new float[] {0, 0.5f, 0.99f, 1}) {
      assertNoAllocation(
          i -> kernels().topP(row.array(), row.from(), row.to() - i, 1, p, workspace, ids, values));
    }
  }

  /** The draw from a whole row. */
  @Example
  @Tag("allocation")
  default void sampleAllocatesNothing() {
    TestRow row = row();
    Workspace workspace = Workspace.of(row.length());
    assertNoAllocation(
        i -> kernels().sample(row.array(), row.from(), row.to() - i, 1, (i + 0.5) / 8, workspace));
  }

  /** Renormalised and masked rows. */
  @Example
  @Tag("allocation")
  default void renormalisedRowsAllocateNothing() {
    TestRow row = row();
    float[] x = row.array();
    float[] out = new float[row.length()];
    Workspace workspace = Workspace.of(row.length());
    assertNoAllocation(
        i -> {
          int to = row.to() - i;
          kernels().topKMaskLogits(x, row.from(), to, 40, workspace, out, 0);
          kernels().topKRenormalize(x, row.from(), to, 1, 1000, workspace, out, 0);
          kernels().topPRenormalize(x, row.from(), to, 1, 0.99f, workspace, out, 0);
          kernels().minPRenormalize(x, row.from(), to, 1, 0.05f, workspace, out, 0);
          return out.length;
        });
  }

  /** A step of beam search. */
  @Example
  @Tag("allocation")
  default void beamsAllocateNothing() {
    TestRow row = row();
    Beams beams = Beams.of(4, 1000, 8, kernels());
    double[] scores = {-1, -2, Double.NEGATIVE_INFINITY, -1.5};
    int[] parents = new int[8];
    int[] tokens = new int[8];
    double[] newScores = new double[8];
    assertNoAllocation(
        i -> beams.step(row.array(), row.from() + i, 1001, scores, 1, parents, tokens, newScores));
  }

  /** Chains of every kind of step, with what is asked of a sampler after a call. */
  @Example
  @Tag("allocation")
  default void chainsAllocateNothing() {
    assertNoAllocation();
    assertNoAllocation(Step.temperature(0));
    assertNoAllocation(Step.temperature(0.8f));
    assertNoAllocation(Step.topK(40));
    assertNoAllocation(Step.topP(0.95f));
    assertNoAllocation(Step.minP(0.05f));
    assertNoAllocation(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f));
    assertNoAllocation(Step.topK(1000), Step.temperature(1.5f), Step.minP(0.01f), Step.topP(0.9f));
  }

  /** Chains with every other filter. */
  @Example
  @Tag("allocation")
  default void filtersAllocateNothing() {
    assertNoAllocation(Step.typical(0.9f).minKeep(2));
    assertNoAllocation(Step.topNSigma(1), Step.xtc(0.5f, 0.1f), Step.topP(0.9f).minKeep(3));
    assertNoAllocation(Step.epsilonCutoff(3e-4f));
    assertNoAllocation(Step.etaCutoff(3e-4f), Step.topH(0.4f));
    assertNoAllocation(Step.temperature(2), Step.topK(500), Step.pLess().minKeep(3));
    assertNoAllocation(Step.dynamicTemperature(0.5f, 1.5f, 1));
  }

  /** Filters of whole rows, each alone. */
  @Example
  @Tag("allocation")
  default void wholeRowFiltersAllocateNothing() {
    assertNoAllocation(Step.topNSigma(1));
    assertNoAllocation(Step.etaCutoff(3e-4f));
    assertNoAllocation(Step.typical(0.5f));
    assertNoAllocation(Step.pLess());
    assertNoAllocation(Step.xtc(1, 0.001f));
    assertNoAllocation(Step.softCap(30));
    assertNoAllocation(Step.softCap(30), Step.topK(40), Step.softCap(20));
  }

  /** Rows in native memory, of every type. */
  @Example
  @Tag("allocation")
  default void segmentsAllocateNothing() {
    TestRow row = row();
    int length = row.length();
    Workspace workspace = Workspace.of(length);
    MemorySegment out = Arena.ofAuto().allocate(4L * length, 4);
    for (ElementType type : ElementType.values()) {
      MemorySegment segment = Arena.ofAuto().allocate((long) type.bytes() * length, 4);
      SegmentContract.store(row.logits(), type, segment);
      for (Step[] steps :
          new Step[][] {{}, {Step.topK(40)}, {Step.topP(0.9f)}, {Step.etaCutoff(0.01f)}}) {
        Sampler sampler = SamplerChain.of(steps).newSampler(length, 1, kernels());
        assertNoAllocation(i -> sampler.sample(segment, 0, length - i, type));
      }
      assertNoAllocation(
          i -> {
            kernels().softmax(segment, 0, length - i, type, 1, workspace, out, 0);
            return i;
          });
    }
    FloatBuffer buffer = out.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    Sampler sampler = SamplerChain.of(Step.topK(40)).newSampler(length, 1, kernels());
    assertNoAllocation(i -> sampler.sample(buffer));
  }

  /** Segments over arrays of several types, of which a call of the JDK's makes objects. */
  @Example
  @Tag("allocation")
  default void heapSegmentsOfManyTypesAllocateNothing() {
    MemorySegment[] segments = {
      MemorySegment.ofArray(new float[8]),
      MemorySegment.ofArray(new byte[32]),
      MemorySegment.ofArray(new short[16]),
      MemorySegment.ofArray(new int[8]),
      MemorySegment.ofArray(new long[4]),
      MemorySegment.ofArray(new float[8]).asReadOnly()
    };
    Logits row = Logits.of(new float[8]);
    Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(8, 1, kernels());
    int[] calls = {0};
    assertNoAllocation(
        i -> { // one for many calls, as only another one may cost something
          MemorySegment segment = segments[calls[0]++ / (20 * CALLS) % segments.length];
          row.at(segment, 0, 8, ElementType.FLOAT32);
          return row.length() + sampler.sample(segment, 0, 8, ElementType.FLOAT32, 0.5);
        });
  }

  /** Log-probabilities of many tokens, divergences, perplexities and comparisons of models. */
  @Example
  @Tag("allocation")
  default void evaluationAllocatesNothing() {
    TestRow row = row();
    int length = row.length();
    Workspace workspace = Workspace.of(length);
    float[] other = row.logits();
    for (int i = 0; i < length; i++) {
      other[i] += 0.01f * (i % 9);
    }
    MemorySegment segment = Arena.ofAuto().allocate(4L * length, 4);
    SegmentContract.store(other, ElementType.FLOAT32, segment);
    Logits p = Logits.of(row.array(), row.from(), row.to());
    Logits q = Logits.of(other);
    int[] tokens = {4, 1000, 3};
    double[] logs = new double[3];
    Perplexity perplexity = Perplexity.of(length, kernels());
    ModelComparison comparison = ModelComparison.of(length, 1 << 20, kernels());
    assertNoAllocation(
        i -> {
          p.at(row.array(), row.from(), row.to() - i);
          q.at(other, 0, length - i);
          kernels().logProbabilities(p, 0.7f, tokens, workspace, logs);
          perplexity.add(p, i);
          comparison.add(p, q, i);
          return (int) kernels().klDivergence(p, q, workspace);
        });
    assertNoAllocation(
        i -> {
          q.at(segment, 0, length - i, ElementType.FLOAT32);
          return (int) kernels().klDivergence(q, q, workspace);
        });
    assertNoAllocation(
        i -> {
          p.at(row.array(), row.from(), row.from() + 1500 - i);
          kernels().logProbabilities(p, 3, 1600, 0.7f, tokens, workspace, logs);
          q.at(segment, 0, 1500 - i, ElementType.FLOAT32);
          kernels().logProbabilities(q, 3, 1600, 0.7f, tokens, workspace, logs);
          return (int) logs[0];
        });
  }

  /** Several tokens from one row. */
  @Example
  @Tag("allocation")
  default void drawsWithoutReplacementAllocateNothing() {
    TestRow row = row();
    int[] tokens = new int[8];
    double[] perturbed = new double[8];
    for (Step[] steps : new Step[][] {{}, {Step.topK(40)}}) {
      Sampler sampler = SamplerChain.of(steps).newSampler(row.length(), 1, kernels());
      assertNoAllocation(
          i ->
              sampler.sampleWithoutReplacement(
                  row.array(), row.from(), row.to() - i, 8, tokens, perturbed));
    }
  }

  /** Chains with steps that change logits, by a history of 64 tokens. */
  @Example
  @Tag("allocation")
  default void changesAllocateNothing() {
    Step dry = Step.dry(0.8f, 1.75f, 2, 1024, 13);
    Step bias = Step.logitBias(Map.of(11, -0.5f, 3, Float.NEGATIVE_INFINITY));
    assertNoAllocation(
        bias, Step.repetitionPenalty(1.1f), Step.frequencyPenalty(0.1f), dry, Step.topK(40));
    assertNoAllocation(
        Step.presencePenalty(1), Step.noRepeatNgram(2), Step.minLength(100, 5), Step.topP(0.9f));
    assertNoAllocation(
        Step.topK(40), Step.banned(new int[] {7}, new int[] {8, 9}), bias, Step.temperature(2));
  }

  /** Rows by a mask, with many tokens allowed and with few. */
  @Example
  @Tag("allocation")
  default void masksAllocateNothing() {
    TestRow row = row();
    int[] half = new int[(row.length() + 31) / 32];
    Arrays.fill(half, 0x5a5a_0ff0);
    int[] few = new int[half.length];
    few[half.length / 2] = 0x11;
    List<SamplerChain> chains =
        List.of(
            SamplerChain.of(Step.allowed(), Step.temperature(0)),
            SamplerChain.of(Step.allowed(), Step.temperature(0.8f)),
            SamplerChain.of(Step.allowed(), Step.temperature(0.01f)),
            SamplerChain.of(Step.allowed(), Step.topK(40), Step.topP(0.95f)));
    for (SamplerChain chain : chains) {
      Sampler sampler = chain.newSampler(row.length(), 1, kernels());
      for (int[] mask : List.of(half, few)) {
        assertNoAllocation(
            i -> {
              sampler.allow(mask);
              return sampler.sample(row.array(), row.from(), row.to() - i);
            });
      }
    }
  }

  /** Histories of many tokens, which grow and shrink between the rows. */
  @Example
  @Tag("allocation")
  default void historiesAllocateNothing() {
    TestRow row = row();
    int[] prompt = new int[1000];
    Arrays.setAll(prompt, i -> i % 700 * 7919 % row.length());
    Map<Integer, Float> biases = new LinkedHashMap<>();
    for (int token = 0; token < 40; token++) {
      biases.put(token, 1f); // more than the penalty changes before
    }
    Step[][] chains = {
      {Step.repetitionPenalty(1.1f), Step.frequencyPenalty(1, 500, true), Step.topK(40)},
      {Step.repetitionPenalty(1.1f, 8, true), Step.logitBias(biases), Step.topK(3)},
      {Step.noRepeatNgram(3), Step.dry(1, 2, 2, 1000), Step.presencePenalty(1), Step.topP(0.9f)}
    };
    for (Step[] steps : chains) {
      assertNoAllocation(row, prompt, steps);
    }
  }

  private void assertNoAllocation(TestRow row, int[] prompt, Step... steps) {
    Sampler sampler = SamplerChain.of(steps).newSampler(row.length(), 1, kernels());
    sampler.acceptPrompt(prompt);
    assertNoAllocation(
        shorter -> {
          for (int token = 0; token < 20; token++) {
            sampler.accept(prompt[token]);
          }
          int token = sampler.sample(row.array(), row.from(), row.to() - shorter, 0.5);
          sampler.rollback(20);
          return token;
        });
  }

  /** Histories in which a few tokens and many came behind one, or which repeat themselves. */
  @Example
  @Tag("allocation")
  default void repetitionsAllocateNothing() {
    TestRow row = row();
    for (int different : new int[] {70, row.length() / 3}) {
      int[] prompt = new int[2 * different];
      Arrays.setAll(prompt, i -> i % 2 == 0 ? 1 + i / 2 : 0);
      assertNoAllocation(row, prompt, Step.noRepeatNgram(2), Step.topK(40));
      assertNoAllocation(row, prompt, Step.noRepeatNgram(2), Step.temperature(0.7f));
      assertNoAllocation(row, prompt, Step.dry(0.1f, 1.5f, 1, 10_000), Step.topK(40));
    }
    int[] prompt = new int[3000];
    Arrays.setAll(prompt, i -> i % 10);
    assertNoAllocation(row, prompt, Step.dry(0.1f, 1.5f, 2, 1000, 11, 12), Step.topP(0.9f));
  }

  /** Chains that steer. */
  @Example
  @Tag("allocation")
  default void steeringAllocatesNothing() {
    assertNoAllocation(Step.mirostatV1(5, 0.1f, 100));
    assertNoAllocation(Step.mirostatV2(5, 0.1f));
    assertNoAllocation(Step.topK(50), Step.adaptiveP(0.5f, 0.9f));
  }

  /** Batches on the caller's thread. */
  @Example
  @Tag("allocation")
  default void batchesAllocateNothing() {
    assertNoAllocation(steps(batch()));
  }

  /** Batches shared with a thread, on both, but for what a pool needs to take a task. */
  @Example
  @Tag("allocation")
  default void sharedBatchesAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Companion companion = new Companion()) {
      Call steps = steps(batch().on(companion, 2));
      Call whole =
          i -> {
            int sum = steps.of(i);
            companion.await();
            return sum;
          };
      LongSupplier both = () -> threads.getCurrentThreadAllocatedBytes() + companion.bytes;
      assertNoAllocation(whole, both);
      assertTrue(companion.tasks >= STEADY * CALLS, companion.tasks + " tasks");
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(1)) {
      long bytes =
          leastSteady(
              steps(batch().on(pool, 2)),
              PATIENCE,
              threads::getCurrentThreadAllocatedBytes,
              24 * CALLS);
      assertEquals(0, bytes, "bytes in " + CALLS + " calls, beyond those for the pool's queue");
    }
  }

  /** A long row that is shared with a thread, which waits for more, and so needs few tasks. */
  @Example
  default void sharedRowsAllocateNothing() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 66_000, 0, 1);
    Sampler[] samplers = {SamplerChain.of().newSampler(66_000, 1, kernels())};
    int[] token = new int[1];
    try (Companion companion = new Companion()) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      BatchSampler batch = BatchSampler.of(samplers).on(companion, 2);
      Call step = i -> batch.sample(row.array(), row.from(), 0, 1, row.length() - i, token);
      LongSupplier both = () -> threads.getCurrentThreadAllocatedBytes() + companion.bytes;
      assertNoAllocation(step, both);
    }
  }

  private BatchSampler batch() {
    Step[][] chains = {{}, {Step.topK(40)}, {Step.topP(0.9f)}, {Step.minP(0.05f)}};
    return BatchSampler.of(
        Arrays.stream(chains)
            .map(chain -> SamplerChain.of(chain).newSampler(5010, 1, kernels()))
            .toArray(Sampler[]::new));
  }

  private static Call steps(BatchSampler batch) {
    TestRow row = row();
    int[] tokens = new int[4];
    return i -> {
      int failed = batch.sample(row.array(), row.from(), 0, 4, row.length() - i, tokens);
      return failed + tokens[3] + batch.row(1).candidates().id(0);
    };
  }

  /** A thread that runs a task at a time, needs no byte to take it, and tells what it allocates. */
  final class Companion implements Executor, AutoCloseable {
    private final AtomicReference<@Nullable Runnable> next = new AtomicReference<>();
    private final Thread thread = Thread.ofPlatform().daemon().start(this::run);
    private int given;

    /** What the thread has allocated. */
    volatile long bytes;

    /** Tasks run. */
    volatile int tasks;

    private void run() {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      while (!Thread.currentThread().isInterrupted()) {
        Runnable task = next.getAndSet(null);
        if (task == null) {
          Thread.onSpinWait();
        } else {
          task.run();
          bytes = threads.getCurrentThreadAllocatedBytes();
          tasks = tasks + 1;
        }
      }
    }

    @Override
    public void execute(Runnable task) {
      given++;
      next.set(task);
    }

    /** Until all tasks have run. */
    void await() {
      while (tasks < given) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  /** The same on a row as wide as a small vocabulary, and where tokens are masked. */
  @Example
  @Tag("allocation")
  default void wideAndMaskedRowsAllocateNothing() {
    for (TestRow row :
        new TestRow[] {
          TestRows.of(TestRows.Distribution.MASKED_SOME, 4099, 5, 9),
          TestRows.of(TestRows.Distribution.MASKED_MOST, 4099, 5, 10),
          TestRows.of(TestRows.Distribution.NORMAL, 30_522, 3, 11),
          TestRows.of(TestRows.Distribution.MASKED_SOME, 30_522, 3, 12)
        }) {
      Workspace workspace = Workspace.of(row.length());
      int[] ids = new int[row.length()];
      float[] floats = new float[row.length()];
      Sampler narrowing =
          SamplerChain.of(Step.topP(0.9f), Step.temperature(0.8f), Step.minP(0.01f))
              .newSampler(row.length(), 1, kernels());
      Sampler whole =
          SamplerChain.of(Step.temperature(0.8f)).newSampler(row.length(), 1, kernels());
      float[] array = row.array();
      int from = row.from();
      int to = row.to();
      Map<String, Call> calls = new LinkedHashMap<>();
      calls.put(
          "softmax",
          i -> {
            kernels().softmax(array, from, to - i, 1, floats, 0);
            return i;
          });
      calls.put(
          "log-softmax",
          i -> {
            kernels().logSoftmax(array, from, to - i, 1, floats, 0);
            return i;
          });
      calls.put("arg-max", i -> kernels().argMax(array, from, to - i));
      calls.put("log-sum-exp", i -> (int) kernels().logSumExp(array, from, to - i, 1));
      calls.put("top-k", i -> kernels().topK(array, from, to - i, 40, workspace, ids, floats));
      calls.put(
          "top-p", i -> kernels().topP(array, from, to - i, 1, 0.95f, workspace, ids, floats));
      calls.put("sample", i -> kernels().sample(array, from, to - i, 1, (i + 0.5) / 8, workspace));
      calls.put("narrowing chain", i -> narrowing.sample(array, from, to - i));
      calls.put("whole-row chain", i -> whole.sample(array, from, to - i));
      calls.forEach(
          (name, call) ->
              assertEquals(
                  0,
                  leastSteady(call, PATIENCE),
                  () -> name + ", " + row + ": bytes in " + CALLS + " calls"));
    }
  }

  /** The count sees what one call allocates, were it one object. */
  @Example
  @Tag("allocation")
  default void theCountSeesOneObject() {
    Object[] kept = new Object[1];
    assertTrue(
        leastSteady(
                i -> {
                  kept[0] = new int[1];
                  return i;
                },
                1)
            > 0);
  }

  private void assertNoAllocation(Step... steps) {
    TestRow row = row();
    Sampler sampler = SamplerChain.of(steps).newSampler(row.length(), 1, kernels());
    for (int i = 0; i < 64; i++) {
      sampler.accept(i * i % 50);
    }
    assertNoAllocation(
        i -> {
          int token = sampler.next(row.array(), row.from(), row.to() - i);
          sampler.rollback(1);
          Candidates candidates = sampler.candidates();
          return token
              + candidates.size()
              + candidates.id(candidates.size() - 1)
              + (int) candidates.probability(0)
              + (int) sampler.probability()
              + (int) sampler.logProbability();
        });
  }

  /** Rows without a draw, the whole distribution read out of them, and tokens taken back. */
  @Example
  @Tag("allocation")
  default void distributionsAllocateNothing() {
    TestRow row = row();
    float[] out = new float[row.length()];
    for (Step[] steps :
        new Step[][] {{}, {Step.topK(40)}, {Step.presencePenalty(1), Step.mirostatV2(5, 0.1f)}}) {
      Sampler sampler = SamplerChain.of(steps).newSampler(row.length(), 1, kernels());
      assertNoAllocation(
          i -> {
            int size = sampler.apply(row.array(), row.from(), row.to() - i).size();
            sampler.probabilities(out, 0);
            for (int token = 0; token < 5; token++) {
              sampler.accept(token);
            }
            sampler.rollback(5);
            return size;
          });
    }
  }

  private static TestRow row() {
    return TestRows.of(TestRows.Distribution.NORMAL, 5010, 3, 8);
  }

  /** Asserts that a call comes to allocate nothing. */
  static void assertNoAllocation(Call call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assertNoAllocation(call, threads::getCurrentThreadAllocatedBytes);
  }

  private static void assertNoAllocation(Call call, LongSupplier allocated) {
    long bytes = leastSteady(call, PATIENCE, allocated, 0);
    assertEquals(
        0,
        bytes,
        () ->
            "bytes in "
                + CALLS
                + " calls"
                + AllocationSites.of(() -> leastSteady(call, 2, allocated, 0)));
  }

  /** Routing: of rows whose choice reads logits, and of rows with sigmoids, a bias and groups. */
  @Example
  @Tag("allocation")
  default void routingAllocatesNothing() {
    TestRow row = row();
    Router[] routers = {
      Routing.mixtral(128, 8).newRouter(kernels()),
      Routing.qwen3Moe(60, 4, false).newRouter(kernels()),
      Routing.deepSeekV3(256, 9, 8, 4, new float[256], true, 2.5f).newRouter(kernels()),
    };
    int[] experts = new int[18 * 9];
    float[] weights = new float[experts.length];
    for (Router router : routers) {
      assertNoAllocation(
          i -> {
            router.route(row.array(), row.from(), 256, 18 - i, experts, 0, weights, 0);
            return experts[0];
          });
    }
    MemorySegment segment = MemorySegment.ofArray(new byte[10_000]);
    assertNoAllocation(
        i -> {
          routers[0].route(segment, 0, 128, 18 - i, ElementType.FLOAT16, experts, 0, weights, 0);
          return experts[0];
        });
  }

  private static long leastSteady(Call call, int seconds) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return leastSteady(call, seconds, threads::getCurrentThreadAllocatedBytes, 0);
  }

  /**
   * 0 once enough batches in a row count no byte more than are allowed; else the least that a batch
   * counts.
   */
  private static long leastSteady(Call call, int seconds, LongSupplier allocated, long allowed) {
    long deadline = System.nanoTime() + seconds * 1_000_000_000L;
    long least = Long.MAX_VALUE;
    int steady = 0;
    int sum = 0;
    while (steady < STEADY && System.nanoTime() < deadline) {
      long before = allocated.getAsLong();
      for (int i = 0; i < CALLS; i++) {
        sum += call.of(i & 7);
      }
      long bytes = allocated.getAsLong() - before;
      steady = bytes <= allowed ? steady + 1 : 0;
      least = bytes <= allowed ? least : Math.min(least, bytes);
    }
    assertTrue(sum != Integer.MIN_VALUE); // keeps the calls alive
    return steady == STEADY ? 0 : least;
  }

  /** One call; what it returns keeps it from being compiled away. */
  @FunctionalInterface
  interface Call {
    /** Calls, on a row that is so much shorter. */
    int of(int shorter);
  }
}
