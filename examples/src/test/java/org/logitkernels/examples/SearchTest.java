package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;

/** A search by brute force finds what sorting all scores finds, ties included. */
class SearchTest {
  private static final int DIM = 16;
  private static final int COUNT = 5_000;

  /** Small whole numbers, so that many scores are equal and all are exact. */
  private static float[] whole(long seed, int length) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = random.nextInt(-3, 4);
    }
    return numbers;
  }

  private static float dot(float[] embeddings, long id, float[] query) {
    float sum = 0;
    for (int c = 0; c < DIM; c++) {
      sum += embeddings[(int) id * DIM + c] * query[c];
    }
    return sum;
  }

  /** The same, by sorting everything. */
  private static List<String> sorted(float[] scores, int k) {
    return LongStream.range(0, scores.length)
        .boxed()
        .filter(id -> scores[id.intValue()] > Float.NEGATIVE_INFINITY)
        .sorted(
            Comparator.comparing((Long id) -> -(double) scores[id.intValue()])
                .thenComparing(Comparator.naturalOrder()))
        .limit(k)
        .map(id -> id + ": " + scores[id.intValue()])
        .toList();
  }

  private static List<String> found(Search search) {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < search.size(); i++) {
      found.add(search.id(i) + ": " + search.score(i));
    }
    return found;
  }

  private static float[] allScores(float[] embeddings, float[] query) {
    float[] all = new float[COUNT];
    for (int id = 0; id < COUNT; id++) {
      all[id] = dot(embeddings, id, query) + 0f; // the kernel writes -0 as +0
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 37, 1024, 5_000, 9_000})
  void theBestOfAllChunks(int chunk) {
    float[] embeddings = whole(1, COUNT * DIM);
    int count = COUNT;
    for (Kernels kernels : List.of(Kernels.scalar(), Kernels.best())) {
      for (int k : new int[] {1, 10, 100, 6_000}) {
        float[] query = whole(2 + k, DIM);
        // docs/engines.md: search
        Search search = new Search(kernels, k, chunk);
        float[] scores = new float[chunk];
        Logits row = Logits.of(scores);
        for (long offset = 0; offset < count; offset += chunk) {
          int length = (int) Math.min(chunk, count - offset);
          for (int i = 0; i < length; i++) {
            scores[i] = dot(embeddings, offset + i, query);
          }
          search.add(row.at(scores, 0, length), offset);
        }
        // docs/engines.md: end
        assertEquals(sorted(allScores(embeddings, query), k), found(search));
        search.reset();
        assertEquals(0, search.size());
      }
    }
  }

  /** Whatever the order of chunks, and however searches on several threads share them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theOrderOfChunksDoesNotMatter(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] all = allScores(whole(seed, COUNT * DIM), whole(seed + 1, DIM));
    Search[] searches = new Search[3];
    Arrays.setAll(searches, i -> new Search(Kernels.best(), 50, 500));
    List<Integer> offsets = new ArrayList<>();
    for (int offset = 0; offset < COUNT; offset += 500) {
      offsets.add(random.nextInt(offsets.size() + 1), offset);
    }
    for (int offset : offsets) {
      searches[random.nextInt(3)].add(Logits.of(all, offset, offset + 500), offset);
    }
    searches[0].add(searches[1]);
    searches[0].add(searches[2]);
    assertEquals(sorted(all, 50), found(searches[0]));
  }

  /** Ids go beyond 2^31, filtered embeddings are never found, and scores may lie off the heap. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void filteredScoresInNativeMemory(boolean everySecond) {
    Search search = new Search(Kernels.best(), 3, 100);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(2L * 100, 2);
      float none = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < 100; i++) {
        boolean filtered = !everySecond || i % 2 == 0;
        memory.set(ValueLayout.JAVA_SHORT, 2L * i, Float.floatToFloat16(filtered ? none : i / 10));
      }
      search.add(Logits.of(memory, 0, 100, ElementType.FLOAT16), 5_000_000_000L);
    }
    assertEquals(
        everySecond ? List.of("5000000091: 9.0", "5000000093: 9.0", "5000000095: 9.0") : List.of(),
        found(search));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void scoresThatAreNoNumbersAreErrors(float bad) {
    Search search = new Search(Kernels.best(), 2, 4);
    search.add(Logits.of(new float[] {1, 2, 3, 4}), 0);
    List<String> before = found(search);
    float[] scores = {9, 9, bad, 9};
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> search.add(Logits.of(scores), 4_000_000_000L));
    assertEquals("chunk from id 4000000000: logit 2 is " + bad, e.getMessage());
    assertEquals(List.of("3: 4.0", "2: 3.0"), before);
    assertEquals(before, found(search));
  }
}
