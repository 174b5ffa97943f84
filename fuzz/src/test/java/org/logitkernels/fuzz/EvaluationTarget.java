package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.ModelComparison;
import org.logitkernels.Perplexity;
import org.logitkernels.Workspace;

/** Evaluation of two rows: the same bits from every backend, and what must hold of any rows. */
public final class EvaluationTarget {
  private static final int LONGEST = 1_100;

  private EvaluationTarget() {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    int length = cases.length(LONGEST);
    HeldRow p = HeldRow.of(cases.row(length), cases);
    MemorySegment ofFirst = p.segment();
    if (ofFirst.isNative()) { // the second row is held in the same memory
      ofFirst = Arena.ofAuto().allocate(ofFirst.byteSize()).copyFrom(ofFirst);
    }
    HeldRow q = HeldRow.of(cases.oneIn(4) ? p.logits().clone() : cases.row(length), cases);
    int target = cases.orAny(cases.between(0, length - 1));
    float temperature = cases.orAny(cases.temperature());
    Logits ofP = Logits.of(ofFirst, p.offset(), length, p.type());
    Logits ofQ = Logits.of(q.segment(), q.offset(), length, q.type());
    Outcome scalar =
        evaluate(
            Kernels.scalar(), Logits.of(p.logits()), Logits.of(q.logits()), target, temperature);
    scalar.assertSame(
        evaluate(Kernels.named("vector"), ofP, ofQ, target, temperature), "vector, held");
    if (scalar.failed()) {
      return;
    }
    assertTrue(target >= 0 && target < length, "took a target out of range");
    double divergence =
        Kernels.scalar()
            .klDivergence(Logits.of(p.logits()), Logits.of(q.logits()), Workspace.of(length));
    assertTrue(divergence >= 0, () -> "divergence " + divergence);
    if (Arrays.equals(p.logits(), q.logits())) {
      assertEquals(0, divergence);
    }
  }

  private static Outcome evaluate(
      Kernels kernels, Logits p, Logits q, int target, float temperature) {
    int[] tokens = {0, target, p.length() - 1};
    double[] logs = new double[3];
    return Outcome.of(
        notes -> {
          Workspace workspace = Workspace.of(p.length());
          notes.add(kernels.klDivergence(p, q, workspace));
          Perplexity perplexity = Perplexity.of(p.length(), kernels);
          notes.add(perplexity.add(p, target));
          notes.add(perplexity.add(q, target));
          notes.add(perplexity.perplexity());
          notes.add(perplexity.standardError());
          assertEquals(perplexity, Perplexity.parse(perplexity.toString()));
          ModelComparison comparison = ModelComparison.of(p.length(), 0, kernels);
          notes.add(comparison.add(p, q, target));
          notes.add(comparison.add(q, p, target));
          notes.add(comparison.meanDivergence());
          notes.add(comparison.changeQuantile(0.25));
          notes.add(comparison.logPerplexityRatioError());
          assertEquals(comparison, ModelComparison.ofBytes(comparison.toBytes()));
          kernels.logProbabilities(p, temperature, tokens, workspace, logs);
          notes.add(logs);
          double[] thrice = new double[3];
          kernels.logProbabilities(p, 3, 0, temperature, tokens, workspace, thrice); // one row
          assertArrayEquals(logs, thrice);
        });
  }
}
