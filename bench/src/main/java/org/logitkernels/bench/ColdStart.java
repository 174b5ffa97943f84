package org.logitkernels.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * A service that has just started and samples at once: the program of a measured JVM.
 *
 * <p>It samples without a pause for so many seconds, and writes when each call ended. The clock
 * starts before the library is touched, so the first call is all of it: loading, choosing a
 * backend, making a sampler, and a token. Nothing but the library is measured: rows are read from a
 * file, and no class is loaded that the library would need.
 */
final class ColdStart {
  /** No call takes less, in nanoseconds, so no more room is needed. */
  private static final long SHORTEST_CALL = 10_000;

  private ColdStart() {}

  /**
   * Runs the program.
   *
   * @param args the backend, the workload, the logits in a row, seconds, the file of rows, the file
   *     for a hash of the first tokens and the nanoseconds at which calls ended
   */
  public static void main(String[] args) throws IOException {
    String backend = args[0];
    String workload = args[1];
    int vocabulary = Integer.parseInt(args[2]);
    double seconds = Double.parseDouble(args[3]);
    float[][] rows = BenchRows.read(Path.of(args[4]), vocabulary);
    long length = (long) (seconds * 1e9);
    long[] ends = new long[(int) (length / SHORTEST_CALL) + 1];
    long tokens = 0; // a hash of the first
    int calls = 0;

    long start = System.nanoTime();
    long before = start;
    Kernels kernels = backend.equals("adaptive") ? Kernels.best() : Kernels.named(backend);
    Sampler sampler = chain(workload).newSampler(vocabulary, 1, kernels);
    do {
      int token = sampler.sample(rows[calls % BenchRows.COUNT]);
      before = System.nanoTime();
      if (calls < ColdResult.FIRST_CALLS) {
        tokens = tokens * 31 + token;
      }
      ends[calls] = before - start;
      calls++;
    } while (before - start < length && calls < ends.length);

    ByteBuffer buffer = ByteBuffer.allocate((calls + 1) * Long.BYTES);
    buffer.asLongBuffer().put(tokens).put(ends, 0, calls);
    Files.write(Path.of(args[5]), buffer.array());
  }

  private static SamplerChain chain(String workload) {
    return workload.equals("chain")
        ? SamplerChain.of(Step.topK(40), Step.topP(0.95f), Step.minP(0.05f), Step.temperature(0.8f))
        : SamplerChain.of(Step.temperature(0.8f));
  }
}
