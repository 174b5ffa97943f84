package org.logitkernels.adaptive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.logitkernels.adaptive.ForwardingKernels.Kernel;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.BackendUnavailableException;
import org.logitkernels.spi.HotSpot;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** The warm-up with kernels that are fast, slow and broken by design. */
@Timeout(60)
class WarmUpTest {
  private static final Backend SCALAR = new ScalarKernels();
  private static final float[] ROW = {1, 3, 2};
  private static final long MOST_WORK = TimeUnit.MILLISECONDS.toNanos(400);

  /** With a count of what was allocated. Fakes allocate by themselves, which is not to count. */
  private static Pace allocating(AtomicLong bytes) {
    return new Pace() {
      @Override
      long allocated() {
        return bytes.get();
      }
    };
  }

  /** What the calls of a fake do. */
  private interface Call {
    void run(String kernel) throws Throwable;
  }

  /** Where the warm-up opens its kernels, and how often it told of the end of a thread. */
  private static final class FakeSource implements WarmUp.Source<Backend> {
    final AtomicInteger rests = new AtomicInteger();
    final AtomicReference<Thread> thread = new AtomicReference<>();
    private final Call call;

    FakeSource(Call call) {
      this.call = call;
    }

    @Override
    public Backend open() throws BackendUnavailableException {
      thread.set(Thread.currentThread());
      return kernels(call);
    }

    @Override
    public void rested() {
      rests.incrementAndGet();
    }
  }

  /** Kernels that answer 7 and do nothing else. */
  private static Backend kernels(Call call) {
    return fake(Backend.class, call);
  }

  private static <K> K fake(Class<K> kind, Call call) {
    return kind.cast(
        Proxy.newProxyInstance(
            WarmUpTest.class.getClassLoader(),
            new Class<?>[] {kind},
            (proxy, method, arguments) -> {
              if (method.getName().equals("vectorBits")) {
                return 384;
              }
              call.run(method.getName());
              Class<?> type = method.getReturnType();
              return type == int.class ? (Object) 7 : type == double.class ? (Object) 7.0 : null;
            }));
  }

  /** Keeps the processor for so long. */
  private static void work(long milliseconds) {
    long end = Pace.processorTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    while (Pace.processorTime() < end) {
      Thread.onSpinWait();
    }
  }

  /** What is in the way, and what helps. */
  private static String told(WarmUp<float[], Backend> warmUp) {
    BackendUnavailableException failure = warmUp.failure();
    assertNotNull(failure);
    return failure.reason() + ". Remedy: " + failure.remedy();
  }

  /** How a report names the compiler. */
  private static String by() {
    return " (compiler: " + HotSpot.compiler() + ")";
  }

  /** Runs a warm-up to its end. */
  private static WarmUp<float[], Backend> ended(
      AdaptiveBackend kernels, WarmUp.Source<Backend> source) throws Exception {
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    assertFalse(warmUp.hasEnded());
    warmUp.start();
    assertTrue(warmUp.await(TimeUnit.SECONDS.toNanos(50)));
    assertTrue(warmUp.hasEnded());
    long took = warmUp.took();
    assertTrue(took > 0);
    assertEquals(took, warmUp.took());
    return warmUp;
  }

  @Test
  void scalarAnswersUntilAFasterKernelDoes() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    assertEquals("adaptive", kernels.name());
    FakeSource source = new FakeSource(kernel -> {});
    WarmUp<float[], Backend> warmUp = ended(kernels, source);
    assertNull(warmUp.failure());
    assertEquals(7, kernels.argMax(ROW, 0, 3));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
    assertEquals(7, kernels.draw(new Survivors(3), 0.5));
    assertEquals(384, kernels.vectorBits());
    assertEquals(1, source.rests.get());
  }

  /** Each method goes to the kernel that is exchanged by its name, and to no other. */
  @Test
  void kernelsAreExchangedOneByOne() {
    for (Kernel kernel : Kernel.values()) {
      AdaptiveBackend kernels = new AdaptiveBackend(kernels(called -> {}), backend -> null);
      Set<String> exchanged = new LinkedHashSet<>();
      kernels.exchange(kernel, kernels(exchanged::add));
      Survivors survivors = new Survivors(3);
      float[] out = new float[3];
      kernels.argMax(ROW, 0, 3);
      kernels.logSumExp(ROW, 0, 3, 1);
      kernels.softmax(ROW, 0, 3, 1, out, 0);
      kernels.logSoftmax(ROW, 0, 3, 1, out, 0);
      kernels.topK(ROW, 0, 3, 1, survivors);
      kernels.topP(ROW, 0, 3, 1, 0.5f, false, survivors);
      kernels.minP(ROW, 0, 3, -1, survivors);
      kernels.weights(survivors, 1);
      kernels.draw(survivors, 0.5);
      kernels.sums(ROW, 0, 3, 1, survivors);
      kernels.entropy(ROW, 0, 3, 1, survivors);
      kernels.moments(ROW, 0, 3, survivors);
      kernels.collect(ROW, 0, 3, -1, survivors);
      kernels.softCap(ROW, 0, 3, 30, out, 0);
      kernels.divergence(ROW, 0, 3, ROW, 0, new float[1], survivors);
      kernels.widen(new NarrowFloats(), 0, out, survivors);
      kernels.maskedTops(ROW, 0, 3, new long[16], 0, survivors);
      kernels.maskedSums(ROW, 0, 3, new long[16], 0, 1, survivors);
      kernels.writeMasked(ROW, 0, 3, new long[16], 0, out, 0);
      kernels.penalise(ROW, 0, 3, new long[1], new int[3], Penalty.factor(2), 1, out, survivors);
      kernels.checkAttention(new AttentionRows());
      kernels.attention(new AttentionRows());
      RoutingRule rule =
          new RoutingRule(
              4,
              1,
              RoutingRule.Choice.LOGIT,
              RoutingRule.Weighing.CHOSEN,
              null,
              1,
              1,
              false,
              false,
              1);
      RoutingScratch scratch = new RoutingScratch(rule);
      kernels.checkRoutes(rule, ROW, 0, 3, 1, 0, scratch);
      kernels.route(rule, ROW, 0, 3, 1, scratch, new int[1], 0, out, 0);
      assertNull(kernels.parts());
      if (kernel == Kernel.ATTENTION) {
        assertEquals(Set.of("checkAttention", "attention"), exchanged);
      } else if (kernel == Kernel.MASK) {
        assertEquals(Set.of("maskedTops", "maskedSums", "writeMasked"), exchanged);
      } else if (kernel == Kernel.ROUTE) {
        assertEquals(Set.of("checkRoutes", "route"), exchanged);
      } else {
        String name = kernel.name().replace("_", "");
        assertEquals(1, exchanged.size(), kernel.name());
        assertTrue(name.equalsIgnoreCase(exchanged.iterator().next()), exchanged::toString);
      }
    }
  }

  @Test
  void kernelsThatStaySlowStayScalar() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    WarmUp<float[], Backend> warmUp =
        ended(
            kernels,
            new FakeSource(
                kernel -> {
                  if (kernel.equals("argMax") || kernel.equals("softmax")) {
                    work(3);
                  }
                }));
    assertEquals(
        "it did not get faster than scalar in 400 ms of work on arg-max, softmax"
            + by()
            + ". Remedy: give the process more processor time, or see with -XX:+PrintCompilation"
            + " whether it is compiled",
        told(warmUp));
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
  }

  /** A fast kernel that allocates for good is not exchanged, and one that stops allocating is. */
  @Test
  void kernelsThatAllocateStayScalar() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    kernels.logSumExp(ROW, 0, 3, 1);
    AtomicLong allocated = new AtomicLong();
    AtomicInteger sums = new AtomicInteger();
    FakeSource source =
        new FakeSource(
            kernel -> {
              if (kernel.equals("argMax")
                  || kernel.equals("logSumExp") && sums.incrementAndGet() < 1000) {
                allocated.addAndGet(80);
              }
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(allocated));
    warmUp.start();
    warmUp.join();
    assertTrue(told(warmUp).contains(" work on arg-max (80 bytes a call)" + by()), told(warmUp));
    assertEquals(List.of("log-sum-exp"), warm(warmUp));
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
  }

  /** A compiler may make a kernel anew while the warm-up is busy with another. */
  @Test
  void kernelsThatAllocateAfterTheirExchangeGoBackToScalar() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    kernels.logSumExp(ROW, 0, 3, 1);
    AtomicLong allocated = new AtomicLong();
    Set<String> called = ConcurrentHashMap.newKeySet();
    FakeSource source =
        new FakeSource(
            kernel -> {
              called.add(kernel);
              if (kernel.equals("argMax") && called.contains("logSumExp")) {
                allocated.addAndGet(80);
              }
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(allocated));
    warmUp.start();
    warmUp.join();
    assertTrue(told(warmUp).contains(" work on arg-max ("), told(warmUp));
    assertEquals(List.of("log-sum-exp"), warm(warmUp));
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
    assertTrue(warmUp.isSettled());
  }

  @Test
  void kernelsThatCallersAskForComeFirst() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    Survivors survivors = new Survivors(3);
    kernels.topK(ROW, 0, 3, 2, survivors);
    kernels.weights(survivors, 1);
    kernels.draw(survivors, 0.5);
    Set<String> order = new LinkedHashSet<>();
    ended(kernels, new FakeSource(order::add));
    assertEquals(List.of("topK", "weights", "draw"), new ArrayList<>(order).subList(0, 3));
    assertEquals("argMax", new ArrayList<>(order).get(3));
  }

  /**
   * Whatever is thrown in the thread is told of and reaches nobody; what was exchanged before
   * stays.
   */
  @Test
  void nothingThrownReachesACaller() throws Exception {
    for (Throwable failure :
        List.of(
            new IllegalStateException("broken"),
            new StackOverflowError("deep"),
            new OutOfMemoryError("full"),
            new NoClassDefFoundError("gone"))) {
      AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
      FakeSource source =
          new FakeSource(
              kernel -> {
                if (kernel.equals("softmax")) {
                  throw failure;
                }
              });
      WarmUp<float[], Backend> warmUp = ended(kernels, source);
      assertEquals(
          "its warm-up failed ("
              + failure
              + "). Remedy: report this; nothing else is needed, scalar answers",
          told(warmUp));
      assertEquals(7, kernels.argMax(ROW, 0, 3));
      float[] out = new float[3];
      kernels.softmax(ROW, 0, 3, 1, out, 0);
      assertTrue(out[1] > 0.6f, "scalar softmax");
      assertEquals(1, source.rests.get());
    }
  }

  @Test
  void aBackendThatCannotServeIsReported() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    BackendUnavailableException unavailable = new BackendUnavailableException("no", "do");
    WarmUp<float[], Backend> warmUp =
        ended(
            kernels,
            new WarmUp.Source<Backend>() {
              @Override
              public Backend open() throws BackendUnavailableException {
                throw unavailable;
              }

              @Override
              public void rested() {
                throw new IllegalStateException("no log");
              }
            });
    assertEquals(unavailable, warmUp.failure());
    assertEquals(0, kernels.vectorBits());
    assertEquals(1, kernels.argMax(ROW, 0, 3));
  }

  /** Without a backend no width is told, whatever kept it from being opened. */
  @Test
  void aBackendThatFailsToOpenHasNoVectors() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    WarmUp<float[], Backend> warmUp =
        ended(
            kernels,
            new WarmUp.Source<Backend>() {
              @Override
              public Backend open() {
                throw new IllegalStateException("broken");
              }

              @Override
              public void rested() {}
            });
    assertTrue(told(warmUp).startsWith("its warm-up failed"), told(warmUp));
    assertEquals(0, kernels.vectorBits());
    assertEquals(1, kernels.argMax(ROW, 0, 3));
  }

  @Test
  void theThreadIsADaemonThatHoldsNothingAndEnds() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    FakeSource source = new FakeSource(kernel -> go.await());
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(
            new AdaptiveBackend(SCALAR, backend -> null),
            source,
            MOST_WORK,
            allocating(new AtomicLong()));
    warmUp.start();
    assertFalse(warmUp.await(TimeUnit.MILLISECONDS.toNanos(500)));
    assertFalse(warmUp.hasEnded());
    Thread thread = source.thread.get();
    assertTrue(thread.isDaemon());
    assertEquals(Thread.MIN_PRIORITY, thread.getPriority());
    assertEquals(WarmUpThread.NAME, thread.getName());
    assertNull(thread.getContextClassLoader());
    go.countDown();
    assertTrue(warmUp.await(TimeUnit.SECONDS.toNanos(50)));
    thread.join();
  }

  @Test
  void anInterruptionEndsIt() throws Exception {
    CountDownLatch there = new CountDownLatch(1);
    FakeSource source =
        new FakeSource(
            kernel -> {
              there.countDown();
              try {
                Thread.sleep(10_000);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // as a kernel leaves it
              }
            });
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    there.await();
    source.thread.get().interrupt();
    assertTrue(warmUp.await(TimeUnit.SECONDS.toNanos(50)));
    assertEquals(
        "its warm-up was interrupted. Remedy: let the thread logit-kernels-warm-up come to its end",
        told(warmUp));
  }

  // what nobody asks for

  private static List<String> warm(WarmUp<?, ?> warmUp) {
    List<String> names = new ArrayList<>();
    warmUp.addWarm(names);
    return names;
  }

  private static List<String> cold(WarmUp<?, ?> warmUp) {
    List<String> names = new ArrayList<>();
    warmUp.addCold(names);
    return names;
  }

  @Test
  void onlyKernelsThatCallersAskForAreWarmed() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    Set<String> called = ConcurrentHashMap.newKeySet();
    FakeSource source = new FakeSource(called::add);
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    assertFalse(warmUp.isSettled());
    warmUp.start();
    warmUp.join();
    assertEquals(Set.of("argMax"), called);
    assertEquals(List.of("arg-max"), warm(warmUp));
    assertEquals(Kernel.ALL.length - 1, cold(warmUp).size());
    assertFalse(cold(warmUp).contains("arg-max"));
    assertTrue(warmUp.isSettled());
    assertFalse(warmUp.hasEnded());
    assertNull(warmUp.failure());
    assertEquals(384, kernels.vectorBits());
    assertEquals(7, kernels.argMax(ROW, 0, 3));

    Thread first = source.thread.get();
    first.join();
    long took = warmUp.took();
    assertTrue(took > 0);
    Thread.sleep(50);
    assertEquals(took, warmUp.took());
    assertSame(first, source.thread.get(), "no thread without a need");
    assertEquals(1, source.rests.get());

    float[] out = new float[3];
    kernels.softmax(ROW, 0, 3, 1, out, 0); // is asked for now
    assertTrue(out[1] > 0.6f, "scalar softmax");
    assertFalse(warmUp.isSettled());
    assertFalse(cold(warmUp).contains("softmax"));
    warmUp.join();
    assertEquals(Set.of("argMax", "softmax"), called);
    assertEquals(List.of("arg-max", "softmax"), warm(warmUp));
    assertTrue(warmUp.took() > took);
    source.thread.get().join();
    assertNotSame(first, source.thread.get());
    assertEquals(2, source.rests.get());

    assertTrue(warmUp.await(TimeUnit.SECONDS.toNanos(50)));
    assertTrue(warmUp.hasEnded());
    assertEquals(Kernel.ALL.length, warm(warmUp).size());
    assertEquals(List.of(), cold(warmUp));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
    source.thread.get().join();
    assertEquals(3, source.rests.get());
  }

  @Test
  void whereNobodyAsksForAnythingTheKernelsAreOpenedAndLeftAlone() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    Set<String> called = ConcurrentHashMap.newKeySet();
    FakeSource source = new FakeSource(called::add);
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    warmUp.join();
    assertTrue(warmUp.isSettled());
    assertEquals(Set.of(), called);
    assertEquals(List.of(), warm(warmUp));
    assertEquals(Kernel.ALL.length, cold(warmUp).size());
    source.thread.get().join();
  }

  @Test
  void whatStaysScalarIsToldBesideWhatWasNeverAskedFor() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    FakeSource source =
        new FakeSource(
            kernel -> {
              if (kernel.equals("argMax") || kernel.equals("logSoftmax")) {
                work(3);
              }
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    warmUp.join();
    assertTrue(
        told(warmUp).contains("400 ms of work on arg-max" + by() + ". Remedy: "), told(warmUp));
    assertEquals(List.of(), warm(warmUp));
    assertEquals(Kernel.ALL.length - 1, cold(warmUp).size());
    assertFalse(warmUp.hasEnded());

    float[] out = new float[3];
    kernels.softmax(ROW, 0, 3, 1, out, 0);
    warmUp.join();
    assertTrue(
        told(warmUp).contains("400 ms of work on arg-max" + by() + ". Remedy: "), told(warmUp));
    assertEquals(List.of("softmax"), warm(warmUp));
    kernels.logSoftmax(ROW, 0, 3, 1, out, 0);
    warmUp.join();
    assertTrue(
        told(warmUp).contains(" work on arg-max, log-softmax" + by() + ". Remedy: "), told(warmUp));
    assertEquals(List.of("softmax"), warm(warmUp));
    assertEquals(Kernel.ALL.length - 3, cold(warmUp).size());
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    source.thread.get().join();
    assertEquals(3, source.rests.get(), "what stays scalar is not tried again");
  }

  @Test
  void afterAFailureNothingIsWarmedAnyMore() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    FakeSource source =
        new FakeSource(
            kernel -> {
              throw new IllegalStateException("broken");
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    warmUp.join();
    assertTrue(warmUp.hasEnded());
    assertTrue(warmUp.isSettled());
    assertEquals(List.of(), cold(warmUp));
    Thread thread = source.thread.get();
    thread.join();
    assertEquals(3.41, kernels.logSumExp(ROW, 0, 3, 1), 0.01, "scalar, and asked for now");
    assertTrue(warmUp.isSettled());
    assertTrue(warmUp.await(0));
    assertSame(thread, source.thread.get());
    assertEquals(1, source.rests.get());
  }

  /** A first call that falls on the moment in which the thread ends is not lost. */
  @Test
  void aCallInTheLastMomentIsHeard() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    CountDownLatch there = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    FakeSource source =
        new FakeSource(
            kernel -> {
              there.countDown();
              goOn.await();
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    there.await();
    synchronized (warmUp) { // without which the thread cannot end
      goOn.countDown();
      while (source.thread.get().getState() != Thread.State.BLOCKED) {
        Thread.sleep(1);
      }
      kernels.softmax(ROW, 0, 3, 1, new float[3], 0);
    }
    warmUp.join();
    assertEquals(List.of("arg-max", "softmax"), warm(warmUp));
  }

  /** Runs a warm-up of the kernels that were asked for. */
  private static WarmUp<SegmentAddress, NativeKernels> settled(
      AdaptiveNatives natives, NativeKernels better) throws Exception {
    WarmUp.Source<NativeKernels> source =
        new WarmUp.Source<>() {
          @Override
          public NativeKernels open() {
            return better;
          }

          @Override
          public void rested() {}
        };
    WarmUp<SegmentAddress, NativeKernels> warmUp =
        new WarmUp<>(natives, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    warmUp.join();
    return warmUp;
  }

  /** Scalar kernels are timed beside native ones: no call of the kernels for arrays. */
  @Test
  void comparisonsAskForNothing() throws Exception {
    AdaptiveBackend arrays = new AdaptiveBackend(SCALAR, backend -> null);
    AdaptiveNatives natives = new AdaptiveNatives(arrays);
    Survivors survivors = new Survivors(3);
    natives.sums(natives.place(ROW), 0, 3, 1, survivors);
    natives.collect(natives.place(ROW), 0, 3, -1, survivors);
    assertTrue(arrays.isWanted(Kernel.COLLECT));
    Set<String> called = ConcurrentHashMap.newKeySet();
    NativeKernels fast = fake(NativeKernels.class, called::add);
    WarmUp<SegmentAddress, NativeKernels> warmUp = settled(natives, fast);
    assertEquals(List.of("sums from native memory", "collection from native memory"), warm(warmUp));
    assertEquals(Kernel.OF_ROWS - 2, cold(warmUp).size());
    assertTrue(called.contains("moments"), "which a collection is of");
    assertFalse(arrays.isWanted(Kernel.MOMENTS));
  }

  /** Vectors behind a copy may be as fast as those of native memory. These come all the same. */
  @Test
  void nativeKernelsHaveToBeFasterThanScalar() throws Exception {
    AdaptiveBackend arrays = new AdaptiveBackend(SCALAR, backend -> null);
    arrays.exchange(Kernel.SUMS, kernels(kernel -> {})); // takes no time at all
    AdaptiveNatives natives = new AdaptiveNatives(arrays);
    natives.sums(natives.place(ROW), 0, 3, 1, new Survivors(3));
    NativeKernels slower =
        fake(
            NativeKernels.class,
            kernel -> {
              long end = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(3);
              while (System.nanoTime() < end) {
                Thread.onSpinWait();
              }
            });
    WarmUp<SegmentAddress, NativeKernels> warmUp = settled(natives, slower);
    assertNull(warmUp.failure());
    assertEquals(List.of("sums from native memory"), warm(warmUp));
  }

  /** On a busy machine a thread has to wait for a processor: that is no work. */
  @Test
  void timeWithoutAProcessorDoesNotCount() throws Exception {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    kernels.argMax(ROW, 0, 3);
    long end = System.nanoTime() + 3 * MOST_WORK;
    FakeSource source =
        new FakeSource(
            kernel -> {
              if (System.nanoTime() < end) {
                Thread.sleep(20); // slower than scalar, with nothing done
              }
            });
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(kernels, source, MOST_WORK, allocating(new AtomicLong()));
    warmUp.start();
    warmUp.join();
    assertNull(warmUp.failure());
    assertEquals(List.of("arg-max"), warm(warmUp));
  }

  /** The time that a call grants to the warm-up is that of its own logits, however far they lie. */
  @Test
  void callsOfManyRowsCountTheirLogits() {
    AdaptiveBackend kernels = new AdaptiveBackend(SCALAR, backend -> null);
    List<Long> told = new ArrayList<>();
    kernels.tell(
        new AdaptiveKernels.Listener() {
          @Override
          public void wanted() {}

          @Override
          public void called(long time) {
            told.add(time);
          }
        });
    AttentionRows rows = new AttentionRows();
    rows.x = new float[3 * 4096];
    rows.y = rows.x;
    rows.count = 3;
    rows.stride = 4096;
    rows.yStride = 4096;
    rows.reserve(3);
    rows.lengths[0] = 2;
    rows.lengths[2] = 5;
    kernels.checkAttention(rows);
    kernels.attention(rows);
    RoutingRule rule = RoutingTrial.RULES[3];
    RoutingScratch scratch = new RoutingScratch(rule);
    kernels.checkRoutes(rule, rows.x, 0, 100, 2, 0, scratch);
    kernels.route(rule, rows.x, 0, 100, 2, scratch, new int[4], 0, new float[4], 0);
    long attention = 7L * Kernel.ATTENTION.cost;
    long routing = 2L * rule.experts() * Kernel.ROUTE.cost;
    assertEquals(List.of(0L, attention, 0L, routing), told);
  }
}
