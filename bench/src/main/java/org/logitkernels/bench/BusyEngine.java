package org.logitkernels.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * An engine that keeps every processor busy: the program of a measured JVM.
 *
 * <p>A product of a matrix and a vector, on all processors, makes each row of logits, as the last
 * layer of a model does. Then one thread samples a token. The products are compiled before the
 * clock starts. The library is touched first after that.
 */
final class BusyEngine {
  /** So many tokens are compared: as many as the slowest start makes in time. */
  static final int COMPARED = 10;

  private static final int DIMENSION = 96;
  private static final int PARTS = 64;
  private static final int WARM_UP = 300;

  private final int vocabulary;
  private final float[] matrix;
  private final float[] vector = new float[DIMENSION];
  private final float[] logits;

  private BusyEngine(int vocabulary) {
    this.vocabulary = vocabulary;
    this.matrix = new float[vocabulary * DIMENSION];
    this.logits = new float[vocabulary];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = (float) random.nextGaussian() * 0.3f;
    }
    for (int i = 0; i < DIMENSION; i++) {
      vector[i] = (float) random.nextGaussian();
    }
  }

  /**
   * Runs the program.
   *
   * @param args the backend, the logits in a row, seconds, the file for a hash of the first tokens
   *     and the tokens made by the end of each second
   */
  public static void main(String[] args) throws IOException {
    String backend = args[0];
    BusyEngine engine = new BusyEngine(Integer.parseInt(args[1]));
    int seconds = Integer.parseInt(args[2]);
    for (int i = 0; i < WARM_UP; i++) {
      engine.multiply();
    }
    long[] results = new long[seconds + 1];

    long start = System.nanoTime();
    Kernels kernels = backend.equals("adaptive") ? Kernels.best() : Kernels.named(backend);
    Sampler sampler =
        SamplerChain.of(Step.temperature(0.8f), Step.topP(0.95f))
            .newSampler(engine.vocabulary, 7, kernels);
    int tokens = 0;
    for (int second = 1; second <= seconds; second++) {
      for (; System.nanoTime() - start < second * 1_000_000_000L; tokens++) {
        engine.vector[tokens % DIMENSION] = (float) Math.sin(tokens * 0.7) * 1.5f;
        engine.multiply();
        int token = sampler.sample(engine.logits);
        results[0] = tokens < COMPARED ? results[0] * 31 + token : results[0];
      }
      results[second] = tokens;
    }

    ByteBuffer buffer = ByteBuffer.allocate(results.length * Long.BYTES);
    buffer.asLongBuffer().put(results);
    Files.write(Path.of(args[3]), buffer.array());
  }

  private void multiply() {
    IntStream.range(0, PARTS).parallel().forEach(this::multiply);
  }

  private void multiply(int part) {
    int from = (int) ((long) vocabulary * part / PARTS);
    int to = (int) ((long) vocabulary * (part + 1) / PARTS);
    for (int row = from; row < to; row++) {
      float a = 0;
      float b = 0;
      for (int i = 0, at = row * DIMENSION; i < DIMENSION; i += 2) {
        a += matrix[at + i] * vector[i];
        b += matrix[at + i + 1] * vector[i + 1];
      }
      logits[row] = a + b;
    }
  }
}
