package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Log-sum-exp against the oracle, and with it the total of a row. */
public interface LogSumExpContract extends Inputs {
  /** The bound for any row. */
  @Property
  default void logSumExpIsAccurate(@ForAll("rowsAtTemperatures") RowAt rowAt) {
    assertAccurate(rowAt.row(), rowAt.temperature(), Accuracy.TOTAL);
  }

  /** On rows as they come the total is better than its bound. The rows are always the same. */
  @Example
  default void logSumExpIsMoreAccurateOnUsualRows() {
    TestRows.Distribution[] usual = {
      TestRows.Distribution.NORMAL,
      TestRows.Distribution.PEAKED,
      TestRows.Distribution.NEGATIVE,
      TestRows.Distribution.POSITIVE
    };
    for (int seed = 0; seed < 200; seed++) {
      int length = (int) (20 * StrictMath.pow(1000, seed / 200.0));
      assertAccurate(TestRows.of(usual[seed % 4], length, 3, seed), 1, Accuracy.USUAL_TOTAL);
    }
  }

  private void assertAccurate(TestRow row, float temperature, double additions) {
    Oracle oracle = new Oracle(row.logits(), temperature);
    DoubleDouble exact = oracle.logSumExp();
    double actual = kernels().logSumExp(row.array(), row.from(), row.to(), temperature);
    double error = Math.abs(new DoubleDouble(actual, 0).minus(exact).hi());
    double bound = oracle.logSumExpError(additions);
    assertTrue(error <= bound, () -> "error " + error + ", bound " + bound + ", exact " + exact);
  }

  /**
   * Of n equal logits x it is x / T + ln n, as doubles give it: wherever groups and lanes add up
   * exactly, and for any n where the maximum is far from 0, which makes its weight 1.
   */
  @Example
  default void logSumExpOfEqualLogits() {
    for (float logit : new float[] {-1.7f, 30.3906f, 1.25f}) {
      for (float temperature : new float[] {Float.MIN_VALUE, 0.3f, 1, Float.MAX_VALUE}) {
        for (int length : new int[] {1, 2, 31, 32, 33, 64, 128, 512, 1024, 1025, 2048, 3136}) {
          double exact = logit / (double) temperature + StrictMath.log(length);
          assertEquals(exact, logSumExp(logit, length, temperature), logit + ", " + length);
        }
        for (int length : new int[] {1000, 5000}) {
          double exact = logit / (double) temperature + StrictMath.log(length);
          double bound = temperature == Float.MIN_VALUE ? 0 : Accuracy.TOTAL;
          assertEquals(exact, logSumExp(logit, length, temperature), bound);
        }
      }
    }
  }

  private double logSumExp(float logit, int length, float temperature) {
    float[] row = new float[length];
    Arrays.fill(row, logit);
    return kernels().logSumExp(row, 0, length, temperature);
  }
}
