package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * A billion tokens: with the profile {@code soak} alone.
 *
 * <p>Each token is one that may be drawn, one in {@value #CHECKED} is drawn again by a scalar
 * sampler at the same position, the frequencies are those of the exact probabilities by a
 * chi-square, and neither heap nor process grows after the first tenth.
 */
@Tag("soak")
class SoakTest {
  private static final long TOKENS = Long.getLong("logitkernels.soak", 1_000_000_000L);
  private static final int THREADS = Runtime.getRuntime().availableProcessors();
  private static final int ROUNDS = 20;
  private static final int CHECKED = 1009;

  /** What memory may vary by. */
  private static final long SLACK = 32L << 20;

  /** What a normal variable exceeds once in 10^9, and so a chi-square's transform. */
  private static final double SIGMAS = 6;

  /** A row, its sampler, the scalar one that checks it, and what was drawn. */
  private static final class Stream {
    final float[] x;
    final Sampler sampler;
    final Sampler checker;
    final long[] drawn;
    final double[] probabilities;
    long done;

    Stream(SamplerChain chain, int length, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      x = new float[length];
      for (int i = 0; i < length; i++) {
        x[i] =
            random.nextInt(9) == 0 ? Float.NEGATIVE_INFINITY : (float) (2 * random.nextGaussian());
      }
      x[0] = 1;
      sampler = chain.newSampler(length, seed);
      checker = chain.newSampler(length, seed, Kernels.scalar());
      drawn = new long[length];
      checker.sample(x);
      float[] floats = new float[length];
      checker.probabilities(floats, 0);
      probabilities = new double[length];
      for (int i = 0; i < length; i++) {
        probabilities[i] = floats[i];
      }
    }

    void draw(int count) {
      for (int n = 0; n < count; n++) {
        int token = sampler.sample(x);
        if (probabilities[token] == 0) {
          throw new AssertionError("token " + token + " at " + (sampler.position() - 1));
        }
        drawn[token]++;
        if (++done % CHECKED == 0) {
          checker.position(sampler.position() - 1);
          if (checker.sample(x) != token) {
            throw new AssertionError("not scalar's at " + checker.position());
          }
        }
      }
    }

    /** Chi-square, made a standard normal variable by the cube root (Wilson and Hilferty, 1931). */
    double excess() {
      double sum = 0;
      double total = 0;
      int bins = 0;
      for (double p : probabilities) {
        total += p;
      }
      for (int i = 0; i < x.length; i++) {
        double expected = done * probabilities[i] / total;
        if (expected >= 10) {
          sum += (drawn[i] - expected) * (drawn[i] - expected) / expected;
          bins++;
        }
      }
      double spread = 2.0 / (9 * Math.max(1, bins - 1));
      return bins < 2 ? 0 : (Math.cbrt(sum / (bins - 1)) - (1 - spread)) / Math.sqrt(spread);
    }
  }

  @Test
  void aBillionTokens() throws InterruptedException, ExecutionException {
    SamplerChain[] chains = {
      SamplerChain.of(),
      SamplerChain.of(Step.temperature(0.7f)),
      SamplerChain.of(Step.topK(5)),
      SamplerChain.of(Step.minP(0.1f), Step.temperature(1.5f)),
      SamplerChain.of(Step.topP(0.9f))
    };
    List<Stream> streams = new ArrayList<>();
    for (int length : new int[] {2, 3, 8, 33, 64}) {
      for (SamplerChain chain : chains) {
        streams.add(new Stream(chain, length, 1000L * length + streams.size()));
      }
    }
    long each = TOKENS / ROUNDS / streams.size() + 1;
    long heap = 0;
    long process = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      for (int round = 0; round < ROUNDS; round++) {
        long begun = System.nanoTime();
        List<Future<?>> futures = new ArrayList<>();
        for (Stream stream : streams) {
          futures.add(pool.submit(() -> stream.draw((int) each)));
        }
        for (Future<?> future : futures) {
          future.get();
        }
        System.gc();
        long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long resident = resident();
        if (round == ROUNDS / 10) {
          heap = used;
          process = resident;
        }
        System.err.printf(
            Locale.ROOT,
            "%d of %d: %.0f million tokens in %.0f s; heap %.1f MB, process %.1f MB%n",
            round + 1,
            ROUNDS,
            each * streams.size() / 1e6,
            (System.nanoTime() - begun) / 1e9,
            used / 1048576.0,
            resident / 1048576.0);
        if (round > ROUNDS / 10) {
          assertTrue(used < heap + SLACK, "the heap grows");
          assertTrue(resident < process + SLACK, "the process grows");
        }
      }
    }
    double worst = 0;
    for (Stream stream : streams) {
      assertEquals(ROUNDS * each, stream.done);
      worst = Math.max(worst, stream.excess());
    }
    System.err.printf(
        Locale.ROOT,
        "%d tokens; of %d chi-squares the worst is %.1f standard deviations off%n",
        ROUNDS * each * streams.size(),
        streams.size(),
        worst);
    assertTrue(worst < SIGMAS, "chi-square " + worst);
  }

  /** Bytes of the process that are in memory; 0 where the system does not tell. */
  private static long resident() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    } catch (IOException e) {
      // another system
    }
    return 0;
  }
}
