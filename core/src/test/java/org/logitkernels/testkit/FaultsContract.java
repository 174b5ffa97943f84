package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Example;
import org.logitkernels.BatchSampler;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * What a process does to those in it: threads that write to a row while it is read, close it, fork
 * and interrupt, and stacks that end. Every call gives a token that is there or a documented error,
 * and leaves the next call as if nothing had been.
 */
public interface FaultsContract extends KernelsUnderTest {
  /** Odd, so that rows end within a block and within a vector. */
  int LENGTH = 5003;

  /** Of a length that threads share. */
  int LONG = 66_003;

  /** A chain for every kernel that begins one, and for those behind it. */
  static SamplerChain[] chains() {
    Step[][] steps = {
      {},
      {Step.topK(1)},
      {Step.topK(40), Step.topP(0.9f), Step.minP(0.01f)},
      {Step.topK(2000)},
      {Step.topP(0.9f)},
      {Step.temperature(3), Step.topP(0.99f)},
      {Step.minP(0.05f)},
      {Step.typical(0.9f)},
      {Step.topNSigma(1)},
      {Step.xtc(1, 0.01f)},
      {Step.epsilonCutoff(0.001f)},
      {Step.etaCutoff(0.001f)},
      {Step.topH(0.5f)},
      {Step.pLess()},
      {Step.softCap(5)},
      {Step.softCap(5), Step.topK(40)},
      {Step.dynamicTemperature(0.5f, 1.5f, 1)},
      {Step.mirostatV1(3, 0.1f, 100)},
      {Step.mirostatV2(3, 0.1f)},
      {Step.adaptiveP(0.4f, 0.9f)},
      {Step.repetitionPenalty(1.2f), Step.noRepeatNgram(2), Step.topP(0.9f)}
    };
    return Arrays.stream(steps).map(SamplerChain::of).toArray(SamplerChain[]::new);
  }

  private static float[] row(int length) {
    return TestRows.of(TestRows.Distribution.NORMAL, length, 0, 11).logits();
  }

  /** Writes anything a float can be to a row, here and there, until told to stop. */
  private static Thread scribble(float[] x, AtomicBoolean stop) {
    float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 90, -0f, -1e30f};
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              SplittableRandom random = new SplittableRandom(7);
              float[] fine = x.clone();
              while (!stop.get()) {
                int from = random.nextInt(x.length);
                int to = Math.min(x.length, from + random.nextInt(1, 3000));
                switch (random.nextInt(8)) {
                  case 0 -> x[from] = odd[random.nextInt(odd.length)];
                  case 1 -> Arrays.fill(x, from, to, Float.NEGATIVE_INFINITY);
                  case 2 -> Arrays.fill(x, from, to, 20 * (float) random.nextGaussian());
                  case 3 -> Arrays.fill(x, 0, x.length, Float.NEGATIVE_INFINITY);
                  default -> System.arraycopy(fine, 0, x, 0, x.length);
                }
              }
            });
  }

  /** Documented are the errors for NaN, infinity and a row that changes, and for a masked row. */
  private static int tokenOrError(Callable<Integer> call) {
    try {
      return call.call();
    } catch (IllegalArgumentException | IllegalStateException documented) {
      return -1;
    } catch (Exception e) {
      throw new AssertionError("undocumented", e);
    }
  }

  /** Any token of the row, or an error; and afterwards what an untouched sampler gives. */
  @Example
  default void rowsThatChangeWhileTheyAreRead() throws InterruptedException {
    float[] x = row(LENGTH);
    float[] fine = x.clone();
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = scribble(x, stop);
    int tokens = 0;
    List<Sampler> samplers = new ArrayList<>();
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(LENGTH, 1, kernels());
      samplers.add(sampler);
      for (int n = 0; n < 150; n++) {
        int token = tokenOrError(() -> sampler.next(x));
        assertTrue(token >= -1 && token < LENGTH, () -> chain + " gave " + token);
        tokens += token >= 0 ? 1 : 0;
      }
    }
    Workspace workspace = Workspace.of(LENGTH);
    int[] ids = new int[LENGTH];
    float[] values = new float[LENGTH];
    for (int n = 0; n < 150; n++) {
      int k = 1 + n * 13 % LENGTH;
      int kept = tokenOrError(() -> kernels().topK(x, 0, LENGTH, k, workspace, ids, values));
      int mass = tokenOrError(() -> kernels().topP(x, 0, LENGTH, 1, 0.9f, workspace, ids, values));
      int best = tokenOrError(() -> kernels().argMax(x, 0, LENGTH));
      int soft =
          tokenOrError(
              () -> {
                kernels().softmax(x, 0, LENGTH, 1, values, 0);
                return 0;
              });
      assertTrue(
          kept <= k && mass <= LENGTH && best < LENGTH && soft <= 0,
          () -> "top-k " + k + " gave " + kept + ", top-p " + mass + ", arg-max " + best);
    }
    stop.set(true);
    writer.join();
    assertTrue(tokens > 0, "the writer never left a row to sample from");
    for (Sampler sampler : samplers) {
      Sampler untouched = sampler.chain().newSampler(LENGTH, 1, kernels());
      untouched.position(sampler.position());
      sampler.reset();
      sampler.position(untouched.position());
      assertEquals(untouched.sample(fine), sampler.sample(fine), sampler.chain()::toString);
    }
  }

  /** The same of rows that threads share. */
  @Example
  default void sharedRowsThatChangeWhileTheyAreRead() throws InterruptedException {
    float[] x = row(LONG);
    float[] fine = x.clone();
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer = scribble(x, stop);
    int tokens = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      for (SamplerChain chain : chains()) {
        BatchSampler batch = BatchSampler.of(chain.newSampler(LONG, 1, kernels())).on(pool, 3);
        int[] token = new int[1];
        for (int n = 0; n < 10; n++) {
          batch.next(x, 0, 0, 1, LONG, token);
          tokens += token[0] >= 0 ? 1 : 0;
          RuntimeException error = batch.error(0);
          assertEquals(token[0] < 0, error != null);
          assertTrue(token[0] < LONG);
          assertTrue(
              error == null
                  || error instanceof IllegalArgumentException
                  || error instanceof IllegalStateException,
              () -> chain + ": " + error);
        }
      }
      stop.set(true);
      writer.join();
      assertTrue(tokens > 0, "the writer never left a row to sample from");
      BatchSampler batch =
          BatchSampler.of(SamplerChain.of().newSampler(LONG, 1, kernels())).on(pool, 3);
      int[] token = new int[1];
      assertEquals(0, batch.sample(fine, 0, 0, 1, LONG, token));
      assertEquals(SamplerChain.of().newSampler(LONG, 1, kernels()).sample(fine), token[0]);
    }
  }

  /** A buffer whose position another thread moves: its row at one of them, and none remembered. */
  @Example
  default void buffersThatMoveWhileTheyAreRead() throws InterruptedException {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * 8).order(ByteOrder.nativeOrder()).asFloatBuffer();
    buffer.put(1, 5); // the second token, or the first
    for (int n = 0; n < 20; n++) {
      Sampler sampler = SamplerChain.greedy().newSampler(8, 1, kernels());
      AtomicBoolean stop = new AtomicBoolean();
      Thread mover =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; !stop.get(); i++) {
                      buffer.position(i & 1);
                    }
                  });
      for (int call = 0; call < 5000; call++) {
        int token = sampler.sample(buffer);
        assertTrue(token == 0 || token == 1);
      }
      stop.set(true);
      mover.join();
      for (int i = 0; i < 2; i++) {
        int position = n + i & 1;
        assertEquals(1 - position, sampler.sample(buffer.position(position)));
      }
    }
  }

  /** Memory that another thread releases in the middle: a token, or the error that it is closed. */
  @Example
  default void segmentsThatAreClosedWhileTheyAreRead() throws InterruptedException {
    float[] x = row(LENGTH);
    Sampler sampler = SamplerChain.of(Step.topP(0.9f)).newSampler(LENGTH, 1, kernels());
    int closed = 0;
    for (int n = 0; n < 60; n++) {
      Arena arena = Arena.ofShared();
      MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
      CountDownLatch reading = new CountDownLatch(1);
      Thread closer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    await(reading);
                    while (true) {
                      try {
                        arena.close();
                        return;
                      } catch (IllegalStateException acquired) { // for as long as it is read
                        Thread.onSpinWait();
                      }
                    }
                  });
      reading.countDown();
      for (int i = 0; i < 10_000; i++) {
        try {
          int token = sampler.sample(segment, 0, LENGTH, ElementType.FLOAT32);
          assertTrue(token >= 0 && token < LENGTH);
        } catch (IllegalStateException e) {
          closed++;
          Thread
              .interrupted(); // which HotSpot sets where it stops a thread in the middle of a read
          break;
        }
      }
      closer.join();
    }
    assertTrue(closed > 0);
    float[] fine = x.clone();
    Sampler untouched = SamplerChain.of(Step.topP(0.9f)).newSampler(LENGTH, 1, kernels());
    untouched.position(sampler.position());
    assertEquals(untouched.sample(fine), sampler.sample(fine));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Four copies in the middle of a stream go on alike, each in a thread of its own. */
  @Example
  default void forksGoOnInThreadsOfTheirOwn() throws InterruptedException, ExecutionException {
    float[] x = row(LENGTH);
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(LENGTH, 3, kernels());
      generate(sampler, x, 7);
      List<Future<int[]>> futures = new ArrayList<>();
      try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
        for (int i = 0; i < 4; i++) {
          Sampler fork = sampler.fork();
          futures.add(pool.submit(() -> generate(fork, x, 12)));
        }
      }
      int[] expected = generate(sampler, x, 12);
      for (Future<int[]> future : futures) {
        assertArrayEquals(expected, future.get(), chain::toString);
      }
    }
  }

  private static int[] generate(Sampler sampler, float[] x, int n) {
    int[] tokens = new int[n];
    for (int i = 0; i < n; i++) {
      tokens[i] = sampler.sample(x);
      sampler.accept(tokens[i]);
    }
    return tokens;
  }

  /** An interrupt is none of a sampler's business: it goes on, and leaves it for the caller. */
  @Example
  default void interruptsAreLeftAlone() throws InterruptedException {
    float[] x = row(LONG);
    int[] token = new int[1];
    ExecutorService pool = Executors.newFixedThreadPool(2);
    BatchSampler batch =
        BatchSampler.of(SamplerChain.of().newSampler(LONG, 1, kernels())).on(pool, 3);
    Sampler alone = SamplerChain.of().newSampler(LONG, 1, kernels());
    Thread.currentThread().interrupt();
    for (int n = 0; n < 20; n++) {
      assertEquals(0, batch.sample(x, 0, 0, 1, LONG, token));
      assertEquals(alone.sample(x), token[0]);
      if (n == 10) {
        pool.shutdownNow(); // interrupts its threads, and takes no task any more
      }
    }
    assertTrue(Thread.interrupted(), "the interrupt is lost");
    assertFalse(Thread.interrupted());
  }

  /** A stack that ends anywhere within a call: the next one is as good as new. */
  @Example
  default void stacksThatEnd() throws InterruptedException {
    float[] x = row(LENGTH);
    int[] ended = {0};
    Throwable[] failure = {null};
    Thread small =
        new Thread(
            null,
            () -> {
              try {
                for (SamplerChain chain : chains()) {
                  Sampler sampler = chain.newSampler(LENGTH, 5, kernels());
                  Sampler untouched = chain.newSampler(LENGTH, 5, kernels());
                  untouched.next(x);
                  sampler.next(x); // so that classes are there: what fails to load stays failed
                  ended[0] += exhaust(sampler, x);
                  untouched.position(sampler.position());
                  sampler.position(untouched.position()); // draws again, with nothing accepted
                  assertEquals(untouched.sample(x), sampler.sample(x), chain::toString);
                }
              } catch (Throwable e) {
                failure[0] = e;
              }
            },
            "small stack",
            1 << 18);
    small.start();
    small.join();
    if (failure[0] != null) {
      throw new AssertionError(failure[0]);
    }
    assertTrue(ended[0] > 0, "no stack ended");
  }

  /** Calls from as deep as the stack goes, then from one frame less deep, and so on. */
  private static int exhaust(Sampler sampler, float[] x) {
    int ended = 0;
    try {
      ended = exhaust(sampler, x);
    } catch (StackOverflowError e) {
      ended = 1;
    }
    if (ended > 0 && ended < 60) {
      try {
        sampler.position(sampler.position());
        sampler.sample(x);
      } catch (StackOverflowError e) {
        return ended + 1;
      }
      return 60; // there is room again
    }
    return ended;
  }
}
