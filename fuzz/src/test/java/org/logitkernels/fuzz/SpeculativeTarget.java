package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.Arrays;
import org.logitkernels.Speculative;

/** Speculative sampling against its definition, on rows of any numbers. */
public final class SpeculativeTarget {
  private static final float[] EDGES = {
    0, 0, 0, 1, 0.5f, 0.25f, Float.MIN_VALUE, Float.MAX_VALUE, 0x1p-60f, -0f
  };

  private SpeculativeTarget() {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    int vocabulary = cases.between(1, 40);
    int n = cases.between(0, 5);
    int[] draft = new int[n + cases.between(0, 3)];
    double[] u = new double[Math.max(0, n + 1 + cases.between(0, 1) - (cases.oneIn(30) ? 2 : 0))];
    for (int i = 0; i < draft.length; i++) {
      draft[i] = cases.orAny(cases.between(0, vocabulary - 1));
    }
    for (int i = 0; i < u.length; i++) {
      u[i] = cases.orAny(cases.draw());
    }
    float[] target = probabilities(cases, (n + 1) * vocabulary);
    float[] drafted = probabilities(cases, n * vocabulary);
    if (cases.oneIn(4)) {
      System.arraycopy(target, 0, drafted, 0, drafted.length); // no residual
    }
    int claimed = cases.orAny(n);
    int[] out = new int[n + 1 + cases.between(0, 1) - (cases.oneIn(30) ? 1 : 0)];
    Arrays.fill(out, -7);
    float[] targetCopy = target.clone();
    float[] draftedCopy = drafted.clone();

    Outcome outcome =
        Outcome.of(
            notes ->
                notes.add(Speculative.verify(draft, claimed, vocabulary, drafted, target, u, out)));
    assertArrayEquals(targetCopy, target);
    assertArrayEquals(draftedCopy, drafted);
    if (outcome.failed()) {
      assertTrue(Arrays.stream(out).allMatch(token -> token == -7), "out was written");
      boolean bad =
          claimed != n
              || u.length <= n
              || out.length <= n
              || Arrays.stream(u).limit(n + 1).anyMatch(x -> !(x >= 0 && x < 1))
              || Arrays.stream(draft).limit(n).anyMatch(t -> t < 0 || t >= vocabulary)
              || !areProbabilities(target)
              || !areProbabilities(drafted)
              || outcome.error() instanceof IllegalStateException;
      assertTrue(bad, () -> "failed: " + outcome.error());
      return;
    }
    if (claimed != n) {
      return; // fewer tokens of the same arrays
    }
    int written = outcome.first();
    assertTrue(written >= 1 && written <= n + 1);
    int row = (written - 1) * vocabulary;
    for (int i = 0; i < written - 1; i++) {
      int at = i * vocabulary + draft[i];
      assertTrue(u[i] * drafted[at] < target[at], "accepted");
      assertEquals(draft[i], out[i]);
    }
    int last = out[written - 1];
    assertTrue(last >= 0 && last < vocabulary && target[row + last] > 0, "a token of no weight");
    if (written <= n) {
      int at = row + draft[written - 1];
      assertTrue(!(u[written - 1] * drafted[at] < target[at]), "rejected");
    }
    assertEquals(drawn(target, drafted, row, vocabulary, u[n], written <= n), last);
    for (int i = written; i < out.length; i++) {
      assertEquals(-7, out[i]);
    }
  }

  private static float[] probabilities(Cases cases, int length) {
    float[] p = new float[length];
    for (int i = 0; i < length; i++) {
      p[i] = cases.oneIn(3) ? EDGES[cases.between(0, EDGES.length - 1)] : cases.share();
    }
    if (length > 0 && cases.oneIn(16)) {
      p[cases.between(0, length - 1)] = Float.intBitsToFloat((int) cases.any());
    }
    return p;
  }

  private static boolean areProbabilities(float[] p) {
    for (float x : p) {
      if (!(x >= 0 && x < Float.POSITIVE_INFINITY)) {
        return false;
      }
    }
    return true;
  }

  /** By ascending id the first whose running sum exceeds u times the total; the last, if none. */
  private static int drawn(
      float[] target, float[] draft, int row, int vocabulary, double u, boolean residual) {
    double[] mass = new double[vocabulary];
    double total = 0;
    for (int i = 0; i < vocabulary; i++) {
      double p = target[row + i];
      mass[i] = residual ? Math.max(0, p - draft[row + i]) : p;
      total += mass[i];
    }
    if (residual && total == 0) {
      return drawn(target, draft, row, vocabulary, u, false);
    }
    double sum = 0;
    int last = -1;
    for (int i = 0; i < vocabulary; i++) {
      sum += mass[i];
      last = mass[i] > 0 ? i : last;
      if (sum > u * total) {
        break;
      }
    }
    return last;
  }
}
