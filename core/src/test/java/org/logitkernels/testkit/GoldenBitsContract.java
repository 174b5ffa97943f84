package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Example;
import net.jqwik.api.Tag;

/**
 * The bits are those that were frozen: the hashes of every backend, width and number of threads.
 */
public interface GoldenBitsContract extends KernelsUnderTest {
  /** In one thread. */
  @Example
  default void theBitsAreTheFrozenOnes() {
    assertEquals("", GoldenBits.differences(GoldenBits.of(kernels())));
  }

  /** In four threads that share the kernels. What threads share is the same at every width. */
  @Example
  @Tag("once")
  default void theBitsAreTheSameInFourThreads() throws ExecutionException, InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Map<GoldenBits.Section, String>>> hashes = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        hashes.add(threads.submit(() -> GoldenBits.of(kernels())));
      }
      for (Future<Map<GoldenBits.Section, String>> hash : hashes) {
        assertEquals("", GoldenBits.differences(hash.get()));
      }
    }
  }
}
