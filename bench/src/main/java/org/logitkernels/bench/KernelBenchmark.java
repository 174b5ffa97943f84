package org.logitkernels.bench;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What the library does to a row, by either backend or, as a yardstick, in plain Java. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "-Xmx2g"})
public class KernelBenchmark {
  /** {@code vector}, {@code scalar} or {@code naive}; one to a JVM. */
  @Param({"vector", "scalar", "naive"})
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

  private float[][] rows = new float[0][];
  private int next;
  private Workload workload = new Naive(1);

  /** The workloads, each on one row. */
  interface Workload {
    int argMax(float[] x);

    double logSumExp(float[] x);

    float[] softmax(float[] x);

    float[] logSoftmax(float[] x);

    int topK(float[] x, int k);

    int topP(float[] x, float p);

    int chain(float[] x);

    int topPToken(float[] x);

    int draw(float[] x);
  }

  /** By a backend of the library. */
  record Library(
      Kernels kernels, Workspace workspace, int[] ids, float[] out, Sampler chain, Sampler nucleus)
      implements Workload {
    static Library of(String backend, int vocabulary) {
      Kernels kernels = Kernels.named(backend);
      return new Library(
          kernels,
          Workspace.of(vocabulary),
          new int[vocabulary],
          new float[vocabulary],
          SamplerChain.of(Step.topK(40), Step.topP(0.95f), Step.minP(0.05f), Step.temperature(0.8f))
              .newSampler(vocabulary, 1, kernels),
          SamplerChain.of(Step.topP(0.9f)).newSampler(vocabulary, 1, kernels));
    }

    @Override
    public int argMax(float[] x) {
      return kernels.argMax(x, 0, x.length);
    }

    @Override
    public double logSumExp(float[] x) {
      return kernels.logSumExp(x, 0, x.length, 1);
    }

    @Override
    public float[] softmax(float[] x) {
      kernels.softmax(x, 0, x.length, 1, out, 0);
      return out;
    }

    @Override
    public float[] logSoftmax(float[] x) {
      kernels.logSoftmax(x, 0, x.length, 1, out, 0);
      return out;
    }

    @Override
    public int topK(float[] x, int k) {
      return kernels.topK(x, 0, x.length, k, workspace, ids, out);
    }

    @Override
    public int topP(float[] x, float p) {
      return kernels.topP(x, 0, x.length, 1, p, workspace, ids, out);
    }

    @Override
    public int chain(float[] x) {
      return chain.sample(x);
    }

    @Override
    public int topPToken(float[] x) {
      return nucleus.sample(x);
    }

    @Override
    public int draw(float[] x) {
      double u = (chain.position() & 1023) / 1024.0;
      chain.position(chain.position() + 1);
      return kernels.sample(x, 0, x.length, 0.8f, u, workspace);
    }
  }

  /** Makes the rows. */
  @Setup
  public void setUp() {
    rows =
        inputs.isEmpty()
            ? Rows.of(Rows.Distribution.valueOf(distribution.toUpperCase(Locale.ROOT)), vocabulary)
            : Rows.read(file(inputs, distribution, vocabulary), vocabulary);
    workload = backend.equals("naive") ? new Naive(vocabulary) : Library.of(backend, vocabulary);
  }

  static Path file(String folder, String distribution, int vocabulary) {
    return Path.of(folder, distribution + "_" + vocabulary + ".f32");
  }

  private float[] row() {
    next = (next + 1) % Rows.COUNT;
    return rows[next];
  }

  /** Arg-max. */
  @Benchmark
  public int argMax() {
    return workload.argMax(row());
  }

  /** Log-sum-exp. */
  @Benchmark
  public double logSumExp() {
    return workload.logSumExp(row());
  }

  /** Softmax. */
  @Benchmark
  public float[] softmax() {
    return workload.softmax(row());
  }

  /** Log-softmax. */
  @Benchmark
  public float[] logSoftmax() {
    return workload.logSoftmax(row());
  }

  /** Top-k 40 as a list. */
  @Benchmark
  public int topK40() {
    return workload.topK(row(), 40);
  }

  /** Top-k 1000 as a list. */
  @Benchmark
  public int topK1000() {
    return workload.topK(row(), 1000);
  }

  /** Top-p 0.9 as a list. */
  @Benchmark
  public int topP90() {
    return workload.topP(row(), 0.9f);
  }

  /** Top-p 0.9 to a token. */
  @Benchmark
  public int topP90Token() {
    return workload.topPToken(row());
  }

  /** Top-k 40, top-p 0.95, min-p 0.05, temperature 0.8 to a token. */
  @Benchmark
  public int chain() {
    return workload.chain(row());
  }

  /** A draw from the whole row at temperature 0.8. */
  @Benchmark
  public int draw() {
    return workload.draw(row());
  }
}
