package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Router;
import org.logitkernels.Routing;

/** Routing against its definition, and against the scalar reference. */
public interface RoutingContract extends KernelsUnderTest {
  /**
   * Of a weight: see {@link Routing}. The scale is in it, and what two floats for 1 / sum leave.
   */
  double WEIGHT = 16 * 0x1p-24;

  /** Choice and weights of random routings are those of the definition, and the scalar bits. */
  @Example
  default void routingIsWhatItsDefinitionSays() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Routings rule = new Routings(random);
      int rows = 1 + random.nextInt(20);
      int stride = rule.experts + (random.nextBoolean() ? 0 : random.nextInt(20));
      int from = random.nextInt(5);
      float[] x = Routings.logits(random, from + (rows - 1) * stride + rule.experts);
      assertAsDefined(rule, x, from, stride, rows, rule + ", seed " + seed);
    }
  }

  /** The same where groups are left with few experts, one or none. */
  @Example
  default void groupsAreComparedByTheExpertsThatAreLeft() {
    int served = 0;
    for (int seed = 0; seed < 1500; seed++) {
      Random random = new Random(seed);
      Routings rule = new Routings(random);
      if (rule.groups > 1 && rule.kept < rule.groups) {
        float[] x = Routings.mostlyMasked(random, rule.experts);
        served += assertAsDefined(rule, x, 0, rule.experts, 1, rule + ", seed " + seed) ? 1 : 0;
      }
    }
    assertTrue(served > 100, () -> "too few rows could be routed");
  }

  /** False if there is a row that cannot be routed. */
  private boolean assertAsDefined(
      Routings rule, float[] x, int from, int stride, int rows, String what) {
    int[] experts = new int[rows * rule.k];
    float[] weights = new float[rows * rule.k];
    String error = route(kernels(), rule.routing(), x, from, stride, rows, experts, weights);
    int[] scalarExperts = new int[experts.length];
    float[] scalarWeights = new float[weights.length];
    Kernels scalar = Kernels.scalar();
    assertEquals(
        route(scalar, rule.routing(), x, from, stride, rows, scalarExperts, scalarWeights),
        error,
        what);
    assertArrayEquals(scalarExperts, experts, what);
    assertEquals(0, Arrays.compare(scalarWeights, weights), what);
    String first = "";
    for (int row = rows - 1; row >= 0; row--) {
      if (!isAsDefined(rule, x, from + row * stride, row, experts, weights, error, what)) {
        first = "row " + row + " leaves ";
      }
    }
    assertEquals(first.isEmpty(), error.isEmpty(), what);
    assertTrue(error.startsWith(first), () -> what + ": " + error);
    return error.isEmpty();
  }

  private static String route(
      Kernels kernels,
      Routing routing,
      float[] x,
      int from,
      int stride,
      int rows,
      int[] experts,
      float[] weights) {
    try {
      routing.newRouter(kernels).route(x, from, stride, rows, experts, 0, weights, 0);
      return "";
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** False if too few experts are left. */
  private boolean isAsDefined(
      Routings rule,
      float[] x,
      int at,
      int row,
      int[] experts,
      float[] weights,
      String error,
      String what) {
    int n = rule.experts;
    float[] probabilities = new float[n];
    for (int i = 0; i < n && rule.scoring == Routing.Scoring.SOFTMAX; i++) {
      if (x[at + i] > Float.NEGATIVE_INFINITY) {
        kernels().softmax(x, at, at + n, 1, probabilities, 0);
        break;
      }
    }
    double[] scores = rule.scores(x, at, probabilities);
    if (Arrays.stream(scores).filter(s -> s > Double.NEGATIVE_INFINITY).count() < rule.k) {
      return false;
    }
    if (!error.isEmpty()) {
      return true; // this row is not the one
    }
    int k = rule.k;
    int[] chosen = Arrays.copyOfRange(experts, row * k, (row + 1) * k);
    int[] best = Arrays.copyOf(Routings.bestFirst(scores), k);
    // A sigmoid may be rounded the other way here: then scores next to each other change places,
    // or groups do.
    if (rule.scoring != Routing.Scoring.SIGMOID) {
      assertArrayEquals(best, chosen, what);
    } else if (rule.kept == rule.groups) {
      for (int j = 0; j < k; j++) {
        double apart = Math.abs(scores[best[j]] - scores[chosen[j]]);
        assertTrue(apart <= Math.ulp((float) scores[best[j]]), what);
      }
    }
    double[] exact = rule.weights(x, at, chosen);
    boolean all = rule.scoring == Routing.Scoring.SOFTMAX && !rule.renormalised;
    for (int j = 0; j < k; j++) {
      float weight = weights[row * k + j];
      if (all) {
        assertEquals(probabilities[chosen[j]] * rule.scale, weight, what);
      }
      double error1 = Math.abs(weight - exact[j]);
      assertTrue(
          error1 <= WEIGHT * exact[j] + 0x1p-120, () -> what + ": " + weight + ", " + error1);
    }
    return true;
  }

  /** A row alone gives what it gives among others, and so does a router that is used again. */
  @Example
  default void aRowsResultsDoNotDependOnOtherRows() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      Routings rule = new Routings(random);
      int n = rule.experts;
      int rows = 37;
      float[] x = new float[rows * n];
      for (int i = 0; i < x.length; i++) {
        x[i] = Math.round(random.nextGaussian() * 300) / 100f;
      }
      Router router = rule.routing().newRouter(kernels());
      int[] experts = new int[rows * rule.k];
      float[] weights = new float[rows * rule.k];
      router.route(x, 0, n, rows, experts, 0, weights, 0);
      int[] alone = new int[experts.length];
      float[] weightsAlone = new float[weights.length];
      for (int row = 0; row < rows; row++) {
        router.route(x, row * n, n, 1, alone, row * rule.k, weightsAlone, row * rule.k);
      }
      assertArrayEquals(experts, alone, rule::toString);
      assertEquals(0, Arrays.compare(weights, weightsAlone), rule::toString);
    }
  }

  /** A lone expert of a group counts as it is, and a group without one comes last. */
  @Example
  default void aGroupWithOneExpertLeftHasItsScore() {
    float masked = Float.NEGATIVE_INFINITY;
    assertEquals(2, best(-5, masked, 5, masked, 0, masked, 0, masked));
    assertEquals(2, best(masked, masked, 5, masked, 0, masked, 0, masked));
    assertEquals(6, best(masked, masked, -9, masked, masked, masked, -8, masked));
    assertEquals(3, best(1, 0, masked, 2, -1, 2, 0.5f, 1));
    assertEquals(6, best(-5, -5, -9, masked, -10, 1, -8, masked));
    // A sum below all floats counts as the least, which is still better than nothing.
    float least = -Float.MAX_VALUE;
    assertEquals(3, best(masked, masked, least, -3e38f, masked, masked, masked, masked));
    assertEquals(6, best(masked, masked, least, -3e38f, masked, masked, -3.1e38f, masked));
    assertEquals(2, best(masked, masked, least, masked, least, least, masked, masked));
  }

  /** The expert that is chosen of four groups of two; the same of four groups of 32. */
  private int best(float... logits) {
    int chosen = -1;
    for (int size : new int[] {2, 32}) {
      float[] x = new float[4 * size];
      Arrays.fill(x, Float.NEGATIVE_INFINITY);
      for (int i = 0; i < 8; i++) {
        x[i / 2 * size + i % 2 * (size - 1)] = logits[i];
      }
      int[] expert = new int[1];
      Routing.of(4 * size, 1, Routing.Scoring.CHOSEN_SOFTMAX)
          .withGroups(4, 1, Routing.GroupScore.BEST_TWO)
          .newRouter(kernels())
          .route(x, 0, 4 * size, 1, expert, 0, new float[1], 0);
      int place = expert[0] / size * 2 + expert[0] % size / (size - 1);
      assertTrue(chosen < 0 || chosen == place, () -> Arrays.toString(logits));
      chosen = place;
    }
    return chosen;
  }

  /** Equal experts come by id, and so do sigmoids that round to 1. */
  @Example
  default void tiesGoToTheLowerId() {
    float[] x = new float[512];
    for (int n = 4; n <= 512; n += n < 70 ? 1 : 37) {
      for (int i = 0; i < n; i++) {
        x[i] = 30 + i % 3;
      }
      int k = Math.min(n, 17);
      int[] experts = new int[k];
      float[] weights = new float[k];
      Router router = Routing.of(n, k, Routing.Scoring.SIGMOID).newRouter(kernels());
      router.route(x, 0, n, 1, experts, 0, weights, 0);
      for (int j = 0; j < k; j++) {
        assertEquals(j, experts[j]);
        assertEquals(1, weights[j]);
      }
    }
  }

  /** Rows in memory of any kind give what the array gives. */
  @Example
  default void segmentsAreRoutedAsArraysAre() {
    Random random = new Random(5);
    try (Arena arena = Arena.ofConfined()) {
      for (int stride : new int[] {60, 61, 500, 2000}) {
        int n = 60;
        int rows = 35;
        Routing routing = Routing.qwen3Moe(n, 6, true);
        Router router = routing.newRouter(kernels());
        int length = (rows - 1) * stride + n;
        float[] x = new float[length];
        MemorySegment floats = arena.allocate(4L * length + 3);
        MemorySegment halves = arena.allocate(2L * length + 2);
        MemorySegment heap = MemorySegment.ofArray(new byte[2 * length + 1]);
        for (int i = 0; i < length; i++) {
          short half = Float.floatToFloat16((float) random.nextGaussian());
          x[i] = Float.float16ToFloat(half);
          floats.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 3 + 4L * i, x[i]);
          halves.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 + 2L * i, half);
          heap.set(ValueLayout.JAVA_SHORT_UNALIGNED, 1 + 2L * i, half);
        }
        int[] experts = new int[rows * 6];
        float[] weights = new float[rows * 6];
        router.route(x, 0, stride, rows, experts, 0, weights, 0);
        MemorySegment[] segments = {floats, MemorySegment.ofArray(x), halves, heap};
        for (int i = 0; i < segments.length; i++) {
          ElementType type = i < 2 ? ElementType.FLOAT32 : ElementType.FLOAT16;
          int[] ids = new int[experts.length + 1];
          float[] w = new float[weights.length + 2];
          int offset = new int[] {3, 0, 2, 1}[i];
          router.route(segments[i], offset, stride, rows, type, ids, 1, w, 2);
          assertArrayEquals(experts, Arrays.copyOfRange(ids, 1, ids.length));
          assertEquals(0, Arrays.compare(weights, Arrays.copyOfRange(w, 2, w.length)));
        }
        halves.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * length, Float.floatToFloat16(Float.NaN));
        int[] ids = new int[experts.length];
        IllegalArgumentException error =
            assertThrows(
                IllegalArgumentException.class,
                () ->
                    router.route(halves, 2, stride, rows, ElementType.FLOAT16, ids, 0, weights, 0));
        assertEquals("row 34: the logit of expert 59 is NaN", error.getMessage());
        assertArrayEquals(new int[ids.length], ids);
      }
    }
  }

  /** What cannot be routed: said with its place, and before anything is written. */
  @Example
  default void badRowsAreErrorsBeforeAnythingIsWritten() {
    int n = 20;
    Router router = Routing.deepSeekV3(n, 4, 5, 2, new float[n], true, 2.5f).newRouter(kernels());
    float[] x = new float[50 * n];
    int[] experts = new int[200];
    float[] weights = new float[200];
    x[40 * n + 7] = Float.NaN;
    assertFails(router, x, n, 50, experts, weights, "row 40: the logit of expert 7 is NaN");
    x[40 * n + 7] = Float.POSITIVE_INFINITY;
    assertFails(router, x, n, 50, experts, weights, "row 40: the logit of expert 7 is Infinity");
    Arrays.fill(x, 40 * n, 41 * n, Float.NEGATIVE_INFINITY);
    assertFails(
        router, x, n, 50, experts, weights, "row 40 leaves 0 experts to choose from, but k is 4");
    Arrays.fill(x, 40 * n, 40 * n + 2, 1f);
    Arrays.fill(x, 40 * n + 8, 40 * n + 9, 1f);
    Arrays.fill(x, 40 * n + 12, 40 * n + 14, 1f);
    Arrays.fill(x, 40 * n + 19, 40 * n + 20, 1f);
    router.route(x, 0, n, 50, experts, 0, weights, 0); // two groups of two
    assertEquals(0, experts[160]);
    assertEquals(13, experts[163]);
    x[40 * n] = Float.NEGATIVE_INFINITY;
    Arrays.fill(experts, 0);
    assertFails(
        router, x, n, 50, experts, weights, "row 40 leaves 3 experts to choose from, but k is 4");
    assertFails(
        router,
        x,
        n - 1,
        50,
        experts,
        weights,
        "rows overlap: stride is 19, but there are 20 experts");
    assertFails(
        router,
        x,
        -n,
        2,
        experts,
        weights,
        "rows overlap: stride is -20, but there are 20 experts");
    assertFails(router, x, n, 0, experts, weights, "rows must be >= 1, but were 0");
    for (int rows : new int[] {51, Integer.MAX_VALUE}) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> router.route(x, 0, n, rows, experts, 0, weights, 0));
    }
    assertThrows(
        IndexOutOfBoundsException.class, () -> router.route(x, -1, n, 1, experts, 0, weights, 0));
    assertThrows(
        IndexOutOfBoundsException.class, () -> router.route(x, 0, n, 1, experts, 197, weights, 0));
    assertThrows(
        IndexOutOfBoundsException.class, () -> router.route(x, 0, n, 1, experts, 0, weights, -1));
    assertEquals(
        "weights overlap logits",
        assertThrows(
                IllegalArgumentException.class, () -> router.route(x, 0, n, 1, experts, 0, x, 19))
            .getMessage());
    MemorySegment heap = MemorySegment.ofArray(experts);
    assertEquals(
        "experts overlap logits",
        assertThrows(
                IllegalArgumentException.class,
                () -> router.route(heap, 0, n, 1, ElementType.FLOAT32, experts, 19, weights, 0))
            .getMessage());
    assertArrayEquals(new int[200], experts);
  }

  private static void assertFails(
      Router router,
      float[] x,
      int stride,
      int rows,
      int[] experts,
      float[] weights,
      String message) {
    int[] before = experts.clone();
    RuntimeException error =
        assertThrows(
            RuntimeException.class, () -> router.route(x, 0, stride, rows, experts, 0, weights, 0));
    assertEquals(message, error.getMessage());
    assertArrayEquals(before, experts);
  }

  /** The example of {@link Router}. */
  @Example
  default void threeTokensOfAModelWithEightExperts() {
    float[] logits = {
      0.5f, 2, -1, 2, 0, -3, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, -9, -9, -9, -9, -9, -9, -9, 30,
    };
    Router router = Routing.mixtral(8, 2).newRouter(kernels());
    int[] experts = new int[3 * 2];
    float[] weights = new float[3 * 2];
    router.route(logits, 0, 8, 3, experts, 0, weights, 0);
    assertEquals("[1, 3, 0, 1, 7, 0]", Arrays.toString(experts));
    assertEquals("[0.5, 0.5, 0.5, 0.5, 1.0, 1.1548225E-17]", Arrays.toString(weights));
  }

  /** The example of {@link Routing}. */
  @Example
  default void twoOfEightExpertsInTwoGroups() {
    Routing routing =
        Routing.of(8, 2, Routing.Scoring.SIGMOID)
            .withBias(0, 0, 0, 0, 0, 0, 0, 0.5f)
            .withGroups(2, 1, Routing.GroupScore.BEST_TWO)
            .withRenormalisation(true)
            .withScale(2.5f);
    int[] experts = new int[2];
    float[] weights = new float[2];
    float[] logits = {3, 0, 0, 0, 1, 1, 0, 0};
    routing.newRouter(kernels()).route(logits, 0, 8, 1, experts, 0, weights, 0);
    assertEquals("[7, 4]", Arrays.toString(experts));
    assertEquals("[1.0153863, 1.4846137]", Arrays.toString(weights));
  }
}
