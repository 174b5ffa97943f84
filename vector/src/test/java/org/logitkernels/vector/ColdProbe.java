package org.logitkernels.vector;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** Uses the library from the first moment of its JVM, and prints what came of it. */
final class ColdProbe {
  private static final String THREAD = "logit-kernels-warm-up";
  private static final int LENGTH = 5_003;
  private static final Duration LONG = Duration.ofSeconds(50);

  private ColdProbe() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "first" -> first();
      case "streams" -> streams();
      case "interrupt" -> interrupt();
      case "caller" -> caller();
      case "asked" -> asked();
      case "unasked" -> unasked();
      case "unload" -> unload(args[1]);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** One token at once. */
  private static void first() {
    System.out.println(
        "token " + SamplerChain.greedy().newSampler(3, 1).sample(new float[] {1, 3, 2}));
    System.out.println(Backends.report());
  }

  /** Three threads, each through every kernel until well after the last switch. */
  private static void streams() throws InterruptedException {
    Kernels best = Kernels.best();
    AtomicInteger before = new AtomicInteger();
    AtomicInteger after = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      Stream stream = new Stream(seed, best, before, after);
      Thread thread = new Thread(stream);
      thread.setUncaughtExceptionHandler(
          (t, e) -> {
            failed.incrementAndGet();
            e.printStackTrace();
          });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.println("failed " + failed + ", before " + before + ", after " + after);
    System.out.println(Backends.report());
    System.out.println("threads " + threadsLeft());
  }

  /** One sequence with the adaptive kernels, and the same with the scalar ones. */
  private record Stream(int seed, Kernels best, AtomicInteger before, AtomicInteger after)
      implements Runnable {
    @Override
    public void run() {
      SplittableRandom random = new SplittableRandom(seed);
      List<Sampler> adaptive = new ArrayList<>();
      List<Sampler> scalar = new ArrayList<>();
      for (SamplerChain chain :
          List.of(
              SamplerChain.of(Step.temperature(0.8f)),
              SamplerChain.of(Step.topK(40), Step.topP(0.95f), Step.minP(0.05f)),
              SamplerChain.of(Step.minP(0.01f), Step.temperature(1.2f)),
              SamplerChain.of(Step.topP(0.9f)))) {
        adaptive.add(chain.newSampler(LENGTH, seed, best));
        scalar.add(chain.newSampler(LENGTH, seed, Kernels.scalar()));
      }
      float[] row = new float[LENGTH];
      for (int left = 150; left > 0; ) {
        boolean warming = Backends.report().state() == BackendReport.State.WARMING;
        (warming ? before : after).incrementAndGet();
        left -= warming ? 0 : 1;
        if (warming) { // threads that keep every processor busy would be left alone for a minute
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
        }
        for (int i = 0; i < LENGTH; i++) {
          row[i] = (float) (2.5 * random.nextGaussian());
        }
        for (int i = 0; i < adaptive.size(); i++) {
          int token = adaptive.get(i).sample(row);
          require(token == scalar.get(i).sample(row), "another token");
          float p = adaptive.get(i).probability();
          require(p == scalar.get(i).probability(), "another probability");
        }
        require(Arrays.equals(kernels(best, row), kernels(Kernels.scalar(), row)), "another bit");
      }
    }

    /** The bits that every kernel gives. */
    private static int[] kernels(Kernels kernels, float[] row) {
      Workspace workspace = Workspace.of(LENGTH);
      int[] ids = new int[LENGTH];
      float[] values = new float[LENGTH];
      List<Integer> bits = new ArrayList<>();
      bits.add(kernels.argMax(row, 0, LENGTH));
      bits.add(Double.hashCode(kernels.logSumExp(row, 0, LENGTH, 0.7f)));
      kernels.softmax(row, 0, LENGTH, 0.7f, values, 0);
      bits.add(Arrays.hashCode(values));
      kernels.logSoftmax(row, 0, LENGTH, 0.7f, values, 0);
      bits.add(Arrays.hashCode(values));
      bits.add(kernels.topK(row, 0, LENGTH, 50, workspace, ids, values));
      bits.add(Arrays.hashCode(ids) * 31 + Arrays.hashCode(values));
      bits.add(kernels.topP(row, 0, LENGTH, 0.7f, 0.9f, workspace, ids, values));
      bits.add(Arrays.hashCode(ids) * 31 + Arrays.hashCode(values));
      bits.add(kernels.sample(row, 0, LENGTH, 0.7f, 0.5, workspace));
      return bits.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** Somebody interrupts every thread there is. */
  private static void interrupt() throws InterruptedException {
    Kernels best = Kernels.best();
    warmUpThreads().forEach(Thread::interrupt);
    boolean ended = Backends.warmUp(LONG);
    System.out.println("ended " + ended + ", arg-max " + best.argMax(new float[] {1, 3, 2}, 0, 3));
    System.out.println(Backends.report());
    System.out.println("threads " + threadsLeft());
  }

  /** The caller is interrupted before and while it waits, and has other things to wait for. */
  private static void caller() throws InterruptedException {
    System.out.println("at once " + Backends.warmUp(Duration.ZERO));
    System.out.println("before the beginning " + Backends.warmUp(Duration.ofSeconds(-1)));
    Thread.currentThread().interrupt();
    try {
      System.out.println("waited " + Backends.warmUp(LONG));
    } catch (InterruptedException e) {
      System.out.println("interrupted, state " + Backends.report().state());
    }
    System.out.println("for ever " + Backends.warmUp(Duration.ofSeconds(Long.MAX_VALUE)));
    System.out.println("state " + Backends.report().state());
    System.out.println("threads " + threadsLeft());
  }

  /** One chain alone, then a kernel more, then native memory. */
  private static void asked() throws InterruptedException {
    Kernels best = Kernels.best();
    Sampler sampler = SamplerChain.of(Step.topP(0.9f)).newSampler(LENGTH, 1, best);
    float[] row = new float[LENGTH];
    row[7] = 5;
    sampler.sample(row);
    System.out.println("chain begun, state " + Backends.report().state());
    System.out.println("chain: " + whenWarm());
    System.out.println("threads " + threadsLeft());
    System.out.println("idle, ms of processor time: " + idleTime() / 1_000_000);
    System.out.println("still: " + Backends.report());

    best.argMax(row, 0, LENGTH);
    System.out.println("arg-max begun, state " + Backends.report().state());
    System.out.println("arg-max: " + whenWarm());

    MemorySegment segment = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row);
    sampler.sample(segment, 0, LENGTH, ElementType.FLOAT32);
    System.out.println("segment begun, state " + Backends.report().state());
    System.out.println("segment: " + whenWarm());
  }

  /** Kernels that nobody calls. */
  private static void unasked() throws InterruptedException {
    Kernels.best();
    System.out.println("at first " + Backends.report().state());
    System.out.println("then: " + whenWarm());
    System.out.println("threads " + threadsLeft());
  }

  private static BackendReport whenWarm() throws InterruptedException {
    BackendReport report = Backends.report();
    for (int i = 0; i < 5_000 && report.state() == BackendReport.State.WARMING; i++) {
      Thread.sleep(10);
      report = Backends.report();
    }
    return report;
  }

  /** Nanoseconds that all threads of the warm-up work in a second. */
  private static long idleTime() throws InterruptedException {
    ThreadMXBean times = ManagementFactory.getThreadMXBean();
    long spent = 0;
    for (Thread thread : warmUpThreads()) {
      spent -= Math.max(0, times.getThreadCpuTime(thread.threadId()));
    }
    Thread.sleep(1_000);
    for (Thread thread : warmUpThreads()) {
      spent += Math.max(0, times.getThreadCpuTime(thread.threadId()));
    }
    return spent;
  }

  /**
   * An application server drops an application that has the library to itself, once warm and once
   * not.
   */
  private static void unload(String classPath) throws Exception {
    for (boolean wait : new boolean[] {true, false}) {
      WeakReference<ClassLoader> gone = new WeakReference<>(use(classPath, wait));
      for (int i = 0; i < 300 && gone.get() != null; i++) {
        System.gc();
        Thread.sleep(100);
      }
      System.out.println("unloaded " + (gone.get() == null));
    }
    System.out.println("threads " + threadsLeft());
  }

  private static ClassLoader use(String classPath, boolean wait) throws Exception {
    URLClassLoader loader =
        new URLClassLoader(
            Arrays.stream(classPath.split(File.pathSeparator))
                .map(ColdProbe::url)
                .toArray(URL[]::new),
            ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class<?> kernels = loader.loadClass("org.logitkernels.Kernels");
      System.out.println("own classes " + (kernels != Kernels.class));
      Object best = kernels.getMethod("best").invoke(null);
      float[] row = {1, 3, 2};
      Object token =
          kernels.getMethod("argMax", float[].class, int.class, int.class).invoke(best, row, 0, 3);
      System.out.println(best + ", arg-max " + token);
      if (wait) {
        Object report;
        do { // all that was called
          Thread.sleep(20);
          report = loader.loadClass("org.logitkernels.Backends").getMethod("report").invoke(null);
        } while (!report.toString().contains(", warm after "));
      } else {
        loader.close(); // and what is not loaded yet cannot be had any more
      }
      return loader;
    } finally {
      Thread.currentThread().setContextClassLoader(ClassLoader.getSystemClassLoader());
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** How many threads there are when those that have told of their end have had time to end. */
  private static int threadsLeft() throws InterruptedException {
    for (Thread thread : warmUpThreads()) {
      thread.join(1000);
    }
    return warmUpThreads().size();
  }

  private static List<Thread> warmUpThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .toList();
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalStateException(message);
    }
  }
}
