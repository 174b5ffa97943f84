package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import net.jqwik.api.Example;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.ElementType;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.Routing.GroupScore;
import org.logitkernels.Routing.Scoring;

/** Routings that there cannot be, and rows that cannot be routed: nothing is written. */
public interface RoutingErrors extends KernelsUnderTest {
  /** Experts, the chosen, the scale. */
  @Example
  default void routingNamesTheNumberThatItDoesNotTake() {
    for (int experts : new int[] {3, 0, -1, 513, Integer.MAX_VALUE}) {
      Failures.illegalArgument(
          "experts must be in [4, 512], but were " + experts,
          () -> Routing.of(experts, 1, Scoring.SOFTMAX));
    }
    for (int k : new int[] {0, -1, 33, Integer.MAX_VALUE}) {
      Failures.illegalArgument(
          "k must be in [1, 32], but was " + k, () -> Routing.of(64, k, Scoring.SIGMOID));
    }
    Failures.illegalArgument("k is 9, but there are 8 experts", () -> Routing.mixtral(8, 9));
    Routing routing = Routing.of(8, 2, Scoring.SOFTMAX);
    for (float scale :
        new float[] {0, -0f, -2.5f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Failures.illegalArgument(
          "scale must be finite and above 0, but was " + scale, () -> routing.withScale(scale));
    }
  }

  /** Biases. */
  @Example
  default void routingNamesTheBiasThatItDoesNotTake() {
    Routing routing = Routing.of(8, 2, Scoring.SIGMOID);
    for (int length : new int[] {0, 7, 9}) {
      Failures.illegalArgument(
          "bias has " + length + " numbers, but there are 8 experts",
          () -> routing.withBias(new float[length]));
    }
    for (float bad :
        new float[] {
          Float.NaN,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          Math.nextUp(0x1p100f),
          -Float.MAX_VALUE
        }) {
      float[] bias = new float[8];
      bias[5] = bad;
      Failures.illegalArgument(
          "the bias of expert 5 must be in [-2^100, 2^100], but was " + bad,
          () -> routing.withBias(bias));
    }
    routing.withBias(0x1p100f, -0x1p100f, 0, 0, 0, 0, 0, 0);
  }

  /** Groups. */
  @Example
  default void routingNamesTheGroupsThatItDoesNotTake() {
    Routing routing = Routing.of(12, 5, Scoring.SIGMOID);
    for (int groups : new int[] {0, -1, 5, 7, 24}) {
      Failures.illegalArgument(
          "groups must divide the 12 experts, but were " + groups,
          () -> routing.withGroups(groups, 1, GroupScore.BEST));
    }
    for (int kept : new int[] {0, -1, 4}) {
      Failures.illegalArgument(
          "keptGroups must be in [1, 3], but were " + kept,
          () -> routing.withGroups(3, kept, GroupScore.BEST));
    }
    Failures.illegalArgument(
        "k is 5, but the groups that are kept hold 4 experts",
        () -> routing.withGroups(3, 1, GroupScore.BEST_TWO));
    Failures.illegalArgument(
        "groups of one expert have no best two",
        () -> routing.withGroups(12, 12, GroupScore.BEST_TWO));
    Failures.illegalArgument(
        "groups must divide the 12 experts, but were 8",
        () -> Routing.deepSeekV3(12, 5, 8, 4, new float[12], true, 1));
  }

  /** Fifty rows of 20 experts, of which 4 are chosen. */
  final class Call {
    final float[] x = new float[1000];
    final int[] experts = new int[200];
    final float[] weights = new float[200];
    final Router router;

    Call(KernelsUnderTest test) {
      router = Routing.of(20, 4, Scoring.SOFTMAX).newRouter(test.kernels());
      Arrays.fill(experts, -7);
      Arrays.fill(weights, -7);
    }

    /** Fails so, or in any words if there are none, and leaves every number as it was. */
    void fails(Class<? extends Throwable> type, String message, Executable call) {
      float[] before = x.clone();
      int[] expertsBefore = experts.clone();
      float[] weightsBefore = weights.clone();
      if (message.isEmpty()) {
        assertThrows(type, call);
      } else {
        Failures.expect(type, message, call);
      }
      assertEquals(0, Arrays.compare(before, x), message);
      assertArrayEquals(expertsBefore, experts, message);
      assertEquals(0, Arrays.compare(weightsBefore, weights), message);
    }

    /** Rows from a place of an array. */
    void route(int from, int stride, int rows, int expertsFrom, int weightsFrom) {
      router.route(x, from, stride, rows, experts, expertsFrom, weights, weightsFrom);
    }

    /** Rows of a segment. */
    void route(MemorySegment logits, long offset, int stride, int rows, ElementType type) {
      router.route(logits, offset, stride, rows, type, experts, 0, weights, 0);
    }
  }

  /** What ends too soon. */
  @Example
  default void routingNamesWhatIsTooShort() {
    Call call = new Call(this);
    Class<? extends Throwable> outside = IndexOutOfBoundsException.class;
    call.fails(
        outside, "logits from -1 on need 20, but end at 1000", () -> call.route(-1, 20, 1, 0, 0));
    call.fails(
        outside, "logits from 1 on need 1000, but end at 1000", () -> call.route(1, 20, 50, 0, 0));
    call.fails(
        outside,
        "logits from 0 on need 42949672940, but end at 1000",
        () -> call.route(0, 20, Integer.MAX_VALUE, 0, 0));
    call.fails(
        outside, "experts from 1 on need 200, but end at 200", () -> call.route(0, 20, 50, 1, 0));
    call.fails(
        outside, "weights from 197 on need 4, but end at 200", () -> call.route(0, 20, 1, 0, 197));
    call.fails(
        outside, "weights from -1 on need 4, but end at 200", () -> call.route(0, 20, 1, 0, -1));
    ElementType type = ElementType.FLOAT32;
    MemorySegment logits = MemorySegment.ofArray(call.x.clone());
    call.fails(
        outside,
        "logits from 1 on need 4000, but end at 4000",
        () -> call.route(logits, 1, 20, 50, type));
    call.fails(
        outside,
        "logits from -4 on need 80, but end at 4000",
        () -> call.route(logits, -4, 20, 1, type));
    call.fails(
        outside,
        "logits from 0 on need more than there can be, but end at 4000",
        () -> call.route(logits, 0, Integer.MAX_VALUE, Integer.MAX_VALUE, type));
    call.route(0, 20, 50, 0, 0);
    assertEquals(3, call.experts[199]);
  }

  /** Rows of a segment are all looked at before the first is written, be they many. */
  @Example
  default void routingNamesTheRowOfASegment() {
    Call call = new Call(this);
    try (Arena arena = Arena.ofConfined()) {
      for (ElementType type : ElementType.values()) {
        MemorySegment logits = arena.allocate(1000L * type.bytes());
        for (int expert = 3; expert < 20; expert++) {
          put(logits, type, 40 * 20 + expert, Float.NEGATIVE_INFINITY);
        }
        call.fails(
            IllegalStateException.class,
            "row 40 leaves 3 experts to choose from, but k is 4",
            () -> call.route(logits, 0, 20, 50, type));
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
          put(logits, type, 39 * 20 + 19, bad);
          call.fails(
              IllegalArgumentException.class,
              "row 39: the logit of expert 19 is " + bad,
              () -> call.route(logits, 0, 20, 50, type));
        }
        call.fails(
            IllegalArgumentException.class,
            "rows overlap: stride is 19, but there are 20 experts",
            () -> call.route(logits, 0, 19, 2, type));
        call.fails(
            IllegalArgumentException.class,
            "rows must be >= 1, but were 0",
            () -> call.route(logits, 0, 20, 0, type));
      }
    }
  }

  private static void put(MemorySegment logits, ElementType type, int index, float value) {
    int bits = Float.floatToRawIntBits(value);
    if (type == ElementType.FLOAT32) {
      logits.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
    } else {
      boolean isBinary16 = type == ElementType.FLOAT16;
      short half = isBinary16 ? Float.floatToFloat16(value) : (short) (bits >>> 16);
      logits.setAtIndex(ValueLayout.JAVA_SHORT, index, half);
    }
  }

  /** Results over logits, seen or hidden by a view that can only be read. */
  @Example
  default void routingRefusesResultsOverLogits() {
    Call call = new Call(this);
    Class<? extends Throwable> illegal = IllegalArgumentException.class;
    String weights = "weights overlap logits";
    String experts = "experts overlap logits";
    Router router = call.router;
    call.fails(
        illegal, weights, () -> router.route(call.x, 100, 20, 3, call.experts, 0, call.x, 159));
    call.fails(
        illegal, weights, () -> router.route(call.x, 100, 20, 3, call.experts, 0, call.x, 89));
    Arrays.fill(call.weights, 1);
    Arrays.fill(call.experts, 1);
    for (ElementType type : ElementType.values()) {
      MemorySegment ofWeights = MemorySegment.ofArray(call.weights);
      MemorySegment ofExperts = MemorySegment.ofArray(call.experts);
      call.fails(illegal, weights, () -> call.route(ofWeights, 4, 20, 1, type));
      call.fails(illegal, weights, () -> call.route(ofWeights.asReadOnly(), 4, 20, 1, type));
      call.fails(illegal, experts, () -> call.route(ofExperts, 4, 20, 1, type));
      call.fails(illegal, experts, () -> call.route(ofExperts.asReadOnly(), 4, 20, 1, type));
    }
  }

  /** Memory that is no longer there, or another thread's. */
  @Example
  default void routingRefusesMemoryThatItMayNotUse() throws InterruptedException {
    Call call = new Call(this);
    MemorySegment released;
    try (Arena arena = Arena.ofConfined()) {
      released = arena.allocate(4000);
      MemorySegment confined = released;
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    call.fails(
                        WrongThreadException.class,
                        "",
                        () -> call.route(confined, 0, 20, 50, ElementType.FLOAT32));
                    call.route(0, 20, 50, 0, 0);
                  });
      other.join();
      assertEquals(3, call.experts[199], "the other thread failed");
    }
    call.fails(
        IllegalStateException.class,
        "",
        () -> call.route(released, 0, 20, 50, ElementType.FLOAT32));
  }
}
