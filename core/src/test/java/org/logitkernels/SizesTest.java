package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;
import org.logitkernels.testkit.SizesContract;

/** Objects for rows up to the largest int: they work, or an error says the limit. */
class SizesTest {
  private static final int LIMIT = 2_130_706_432;

  @Test
  void theLongestRowHasALimitThatIsSaid() {
    Kernels scalar = Kernels.scalar();
    for (int size :
        new int[] {
          LIMIT + 1, Integer.MAX_VALUE - 1024, Integer.MAX_VALUE - 16, Integer.MAX_VALUE
        }) {
      String most = " must be <= 2130706432, but was " + size;
      Failures.illegalArgument("capacity" + most, () -> Workspace.of(size));
      Failures.illegalArgument(
          "vocabularySize" + most, () -> SamplerChain.greedy().newSampler(size, 1));
      Failures.illegalArgument(
          "vocabularySize" + most, () -> SamplerChain.of().newSampler(size, 1, scalar));
      Failures.illegalArgument(
          "vocabularySize" + most,
          () -> BatchSampler.of(SamplerChain.greedy(), size, new long[] {1}));
      Failures.illegalArgument("vocabulary" + most, () -> Beams.of(1, size, 1, scalar));
    }
  }

  /** Where such an object has no memory, that is what is said. */
  @Test
  void rowsUpToTheLimitAreServedIfThereIsMemory() {
    Kernels scalar = Kernels.scalar();
    made(LIMIT, Workspace::of, Workspace::capacity);
    int size = (1 << 28) + 1;
    made(
        size,
        n -> SamplerChain.greedy().newSampler(n, 1, scalar),
        sampler -> {
          assertEquals(1, sampler.sample(new float[] {1, 2}));
          return sampler.vocabularySize();
        });
    made(
        size,
        n -> Beams.of(1, n, 1, scalar),
        beams -> {
          double[] dead = {Double.NEGATIVE_INFINITY};
          Failures.illegalState(
              "every beam is dead: no score is above -Infinity",
              () -> beams.step(new float[1], 0, size, dead, 1, new int[1], new int[1], dead));
          return size;
        });
  }

  private static <T> void made(int size, IntFunction<T> maker, ToIntFunction<T> used) {
    try {
      assertEquals(size, used.applyAsInt(maker.apply(size)));
    } catch (OutOfMemoryError noMemory) {
      // As good as any answer.
    }
  }

  @Test
  void beamsTimesContinuationsHaveALimitThatIsSaid() {
    Kernels scalar = Kernels.scalar();
    for (int n : SizesContract.sizes()) {
      for (int[] of :
          new int[][] {{n, 1 << 20, n}, {n, n, Integer.MAX_VALUE}, {n, 1 << 20, 1 << 20}}) {
        long most = Math.min(of[1], of[2]);
        if (of[1] <= LIMIT && of[0] * most > 2_147_483_639) {
          Failures.illegalArgument(
              of[0]
                  + " beams with "
                  + most
                  + " continuations each are more than an array holds: 2147483639",
              () -> Beams.of(of[0], of[1], of[2], scalar));
        }
      }
    }
    Failures.illegalArgument(
        "2147483647 beams with 1 continuations each are more than an array holds: 2147483639",
        () -> Beams.of(Integer.MAX_VALUE, 5, 1, scalar));
  }

  /** No array here is so long. */
  @Test
  void theLastIndexOfARowHasALimitThatIsSaid() {
    Kernels.checkEnd(LIMIT);
    for (int to : new int[] {LIMIT + 1, Integer.MAX_VALUE}) {
      Failures.illegalArgument(
          "the row ends at index " + to + " of its array, but must end at 2130706432 or before",
          () -> Kernels.checkEnd(to));
    }
  }
}
