package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.logitkernels.scalar.ScalarKernels;

/** The warm-up with kernels that are fast, slow and broken by design. */
@Timeout(60)
class WarmUpTest {
  private static final Backend SCALAR = new ScalarKernels();
  private static final float[] ROW = {1, 3, 2};
  private static final long MOST_WORK = TimeUnit.MILLISECONDS.toNanos(120);

  /** What the calls of a fake do. */
  private interface Call {
    void run(String kernel) throws Throwable;
  }

  /** Where the warm-up opens its kernels, and how often it told of its end. */
  private static final class FakeSource implements WarmUp.Source<Backend> {
    final AtomicInteger ends = new AtomicInteger();
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
    public void ended() {
      ends.incrementAndGet();
    }
  }

  /** Kernels that answer 7 and do nothing else. */
  private static Backend kernels(Call call) {
    return (Backend)
        Proxy.newProxyInstance(
            WarmUpTest.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("vectorBits")) {
                return 384;
              }
              call.run(method.getName());
              Class<?> type = method.getReturnType();
              return type == int.class ? (Object) 7 : type == double.class ? (Object) 7.0 : null;
            });
  }

  /** What is in the way, and what helps. */
  private static String told(WarmUp<float[], Backend> warmUp) {
    BackendUnavailableException failure = warmUp.failure();
    assertNotNull(failure);
    return failure.reason() + ". Remedy: " + failure.remedy();
  }

  /** Runs a warm-up to its end. */
  private static WarmUp<float[], Backend> ended(
      AdaptiveBackend kernels, WarmUp.Source<Backend> source) throws Exception {
    WarmUp<float[], Backend> warmUp = new WarmUp<>(kernels, source, MOST_WORK);
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
    assertEquals(1, source.ends.get());
  }

  /** Each method goes to the kernel that is exchanged by its name, and to no other. */
  @Test
  void kernelsAreExchangedOneByOne() {
    for (AdaptiveKernels.Kernel kernel : AdaptiveKernels.Kernel.values()) {
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
      kernels.topP(ROW, 0, 3, 1, 0.5f, survivors);
      kernels.minP(ROW, 0, 3, -1, survivors);
      kernels.weights(survivors, 1);
      kernels.draw(survivors, 0.5);
      kernels.sums(ROW, 0, 3, 1, survivors);
      kernels.entropy(ROW, 0, 3, 1, survivors);
      kernels.moments(ROW, 0, 3, survivors);
      kernels.collect(ROW, 0, 3, -1, survivors);
      kernels.widen(new NativeFloats(), true, 0, out, survivors);
      assertNull(kernels.parts());
      String name = kernel.name().replace("_", "");
      assertEquals(1, exchanged.size(), kernel.name());
      assertTrue(name.equalsIgnoreCase(exchanged.iterator().next()), exchanged::toString);
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
                    Thread.sleep(3);
                  }
                }));
    assertEquals(
        "it did not get faster than scalar in 120 ms of work on arg-max, softmax. Remedy: give the"
            + " process more processor time, or see with -XX:+PrintCompilation whether C2 compiles it",
        told(warmUp));
    assertEquals(1, kernels.argMax(ROW, 0, 3));
    assertEquals(7, kernels.logSumExp(ROW, 0, 3, 1));
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
      assertEquals(1, source.ends.get());
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
              public void ended() {
                throw new IllegalStateException("no log");
              }
            });
    assertEquals(unavailable, warmUp.failure());
    assertEquals(0, kernels.vectorBits());
    assertEquals(1, kernels.argMax(ROW, 0, 3));
  }

  @Test
  void theThreadIsADaemonThatHoldsNothingAndEnds() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    FakeSource source = new FakeSource(kernel -> go.await());
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(new AdaptiveBackend(SCALAR, backend -> null), source);
    warmUp.start();
    assertFalse(warmUp.await(TimeUnit.MILLISECONDS.toNanos(500)));
    assertFalse(warmUp.hasEnded());
    Thread thread = source.thread.get();
    assertTrue(thread.isDaemon());
    assertEquals(Thread.MIN_PRIORITY, thread.getPriority());
    assertEquals(WarmUp.THREAD, thread.getName());
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
    WarmUp<float[], Backend> warmUp =
        new WarmUp<>(new AdaptiveBackend(SCALAR, backend -> null), source);
    warmUp.start();
    there.await();
    source.thread.get().interrupt();
    assertTrue(warmUp.await(TimeUnit.SECONDS.toNanos(50)));
    assertEquals(
        "its warm-up was interrupted. Remedy: let the thread logit-kernels-warm-up come to its end",
        told(warmUp));
  }
}
