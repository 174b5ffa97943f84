package org.logitkernels.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.logitkernels.Kernels;
import org.logitkernels.SamplerChain;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One workload of one backend, in a JVM that runs nothing else. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KernelBenchmark {
  /** Calls whose allocation is counted. */
  private static final int COUNTED = 100;

  /** A call on one row, or on a batch. */
  interface Call {
    double on(Workload workload, float[] x, double u, int[] ids, float[] values);
  }

  /** A workload's method and the call that is timed. */
  record Timed(String method, Call call) {}

  /** The workloads by name. */
  static final Map<String, Timed> WORKLOADS = new LinkedHashMap<>();

  static {
    add("argMax", "argMax", (w, x, u, ids, values) -> w.argMax(x));
    add("logSumExp", "logSumExp", (w, x, u, ids, values) -> w.logSumExp(x));
    add("softmax", "softmax", (w, x, u, ids, values) -> w.softmax(x)[0]);
    add("logSoftmax", "logSoftmax", (w, x, u, ids, values) -> w.logSoftmax(x)[0]);
    for (int k : new int[] {1, 40, 50, 1000}) {
      add("topK" + k, "topK", (w, x, u, ids, values) -> w.topK(x, k, ids, values));
    }
    for (float t : new float[] {1, 0.8f}) {
      for (float p : new float[] {0.9f, 0.95f}) {
        String name = "topP" + Math.round(100 * p) + (t == 1 ? "" : "T08");
        add(name, "topP", (w, x, u, ids, values) -> w.topP(x, t, p, ids, values));
        add(name + "Token", "topPToken", (w, x, u, ids, values) -> w.topPToken(x, t, p, u));
      }
    }
    add("chain", "chain", (w, x, u, ids, values) -> w.chain(x, u));
    add("draw", "draw", (w, x, u, ids, values) -> w.draw(x, 0.8f, u));
    BenchChains.ALL.forEach(
        (name, text) ->
            add(name, Check.TOKEN + text, (w, x, u, ids, values) -> w.token(x, text, u)));
    add("alone" + BenchRows.BATCH, BenchRows.BATCH, Library.CHAIN, 0);
    for (int threads : new int[] {1, 2}) {
      String by = threads == 1 ? "" : "x" + threads;
      add("batch" + BenchRows.BATCH + by, BenchRows.BATCH, Library.CHAIN, threads);
      add("batch1" + by, 1, Library.CHAIN, threads);
      add("draw1" + by, 1, SamplerChain.of(), threads);
    }
    add("perplexity", "perplexity", (w, x, u, ids, values) -> w.perplexity(x));
    add("divergence", "divergence", (w, x, u, ids, values) -> w.divergence(x));
    add("draw8", "several", (w, x, u, ids, values) -> w.several(x, u, ids));
  }

  private static void add(String name, int rows, SamplerChain chain, int threads) {
    add(
        name,
        rows == 1 ? "row" : "batch",
        (w, x, u, ids, values) -> {
          w.batch(x, rows, chain, threads, (long) (1024 * u), ids);
          return ids[0];
        });
  }

  private static void add(String name, String method, Call call) {
    WORKLOADS.put(name, new Timed(method, call));
  }

  /** What is timed. */
  @Param("argMax")
  public String workload = "";

  /** Who does it. */
  @Param("vector")
  public String backend = "";

  /** Logits in a row. */
  @Param("128256")
  public int vocabulary;

  /** Distribution of the logits, in lower case. */
  @Param("llm")
  public String distribution = "";

  /** Folder to read rows from, instead of computing them; empty for none. */
  @Param("")
  public String inputs = "";

  /** Whether it is the same row at every call, rather than one of 16 in turn. */
  @Param("false")
  public boolean hot;

  private float[][] rows = new float[0][];
  private int next;
  private double allocated;
  private Workload implementation = new Naive(1);
  private Call call = (w, x, u, ids, values) -> 0;
  private int[] ids = new int[0];
  private float[] values = new float[0];

  /** What a workload's method takes in turn: rows, or one batch of them. */
  static float[][] inputs(String method, float[][] rows) {
    return method.equals("batch") ? new float[][] {BenchRows.batch(rows)} : rows;
  }

  /** A backend, {@code naive}, or a peer. */
  static Workload implementation(String backend, int vocabulary) {
    return switch (backend) {
      case "naive" -> new Naive(vocabulary);
      case "scalar" -> new Library(Kernels.scalar(), vocabulary);
      case "vector", "vector256", "vector128", "avx2" ->
          new Library(Kernels.named("vector"), vocabulary);
      case "native", "float16", "bfloat16", "mixed" -> new Held(backend, vocabulary);
      case "jlama" -> peer("Jlama", vocabulary);
      case "onnxruntime" -> peer("OnnxRuntime", vocabulary);
      case "pytorch" -> peer("PyTorch", vocabulary);
      default -> throw new IllegalArgumentException("no such backend: " + backend);
    };
  }

  private static Workload peer(String name, int vocabulary) {
    try {
      return (Workload)
          Class.forName("org.logitkernels.bench.peers." + name)
              .getConstructor(int.class)
              .newInstance(vocabulary);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(name + " does not start", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(name + " is not here: run bin/benchmark with --peers", e);
    }
  }

  /** Makes the rows, and checks the results on each before anything is timed. */
  @Setup
  public void setUp() {
    rows =
        inputs.isEmpty()
            ? BenchRows.of(
                BenchRows.Distribution.valueOf(distribution.toUpperCase(Locale.ROOT)), vocabulary)
            : BenchRows.read(file(inputs, distribution, vocabulary), vocabulary);
    implementation = implementation(backend, vocabulary);
    if (implementation instanceof Held held) {
      for (float[] row : rows) {
        held.round(row);
      }
    }
    Timed timed = WORKLOADS.getOrDefault(workload, new Timed("", call));
    call = timed.call;
    rows = inputs(timed.method, rows);
    ids = new int[Math.max(vocabulary, BenchRows.BATCH)];
    values = new float[vocabulary];
    Check check = new Check(vocabulary);
    for (float[] row : rows) {
      check.row(implementation, timed.method, row);
    }
    if (timed.method.equals("topPToken")) {
      implementation = implementation(backend, vocabulary); // it keeps the p it was checked with
    }
  }

  /** Reported beside the time of a call. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Allocation {
    /** Bytes a call. */
    public double bytes;
  }

  /** Counts the bytes that calls allocate: on their own, as the sampling of times allocates too. */
  @Setup(Level.Iteration)
  public void count() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double sum = 0;
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < COUNTED; i++) {
      sum += call();
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    allocated = Double.isNaN(sum) ? Double.NaN : (double) bytes / COUNTED;
  }

  static Path file(String folder, String distribution, int vocabulary) {
    return Path.of(folder, distribution + "_" + vocabulary + ".f32");
  }

  /** The next row, or the batch. */
  @Benchmark
  public double call(Allocation allocation) {
    allocation.bytes = allocated;
    return call();
  }

  /** The same, outside JMH. */
  double call() {
    next++;
    float[] row = rows[hot ? 0 : next % rows.length];
    return call.on(implementation, row, (next & 1023) / 1024.0, ids, values);
  }
}
