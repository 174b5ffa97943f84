package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.logitkernels.Kernels;
import org.logitkernels.Router;
import org.logitkernels.Routing;

/**
 * Any routing of any rows: the same experts and the same bits of weights from every backend, in
 * arrays and in segments; where logits are compared, the experts of the definition; and where a
 * call fails, nothing is written.
 */
public final class RoutingTarget {
  private static final int[] USUAL = {4, 8, 16, 32, 60, 64, 96, 128, 160, 256, 384, 512};
  private static final int MOST_NUMBERS = 12_000;
  private static final int UNWRITTEN = -77;

  private final HeldRow held;
  private final int skipped;
  private final int experts;
  private final int k;
  private final Routing.Scoring scoring;
  private final float[] bias;
  private final int groups;
  private final int kept;
  private final Routing.GroupScore groupScore;
  private final boolean renormalised;
  private final float scale;
  private final int stride;
  private final int rows;
  private final int room;
  private final int expertsFrom;
  private final int weightsFrom;

  private RoutingTarget(Cases cases) {
    int n = cases.oneIn(2) ? cases.between(4, 512) : USUAL[cases.between(0, USUAL.length - 1)];
    experts = cases.orAny(n);
    int chosen = cases.between(1, Math.min(n, cases.oneIn(2) ? 32 : 8));
    k = cases.orAny(chosen);
    scoring = Routing.Scoring.values()[cases.between(0, 3)];
    bias = new float[cases.oneIn(2) ? cases.oneIn(24) ? n - 1 : n : 0];
    SplittableRandom random = new SplittableRandom(cases.any());
    float size = cases.oneIn(3) ? cases.amount() : 0.125f;
    for (int i = 0; i < bias.length; i++) {
      bias[i] = size * random.nextInt(-4, 5);
    }
    if (bias.length > 0) {
      int edited = cases.between(0, bias.length - 1);
      bias[edited] = cases.orAny(bias[edited]);
    }
    int parts = cases.between(1, 16);
    groups = cases.orAny(cases.oneIn(2) && n % parts == 0 ? parts : 1);
    kept = cases.orAny(cases.between(1, Math.clamp(groups, 1, 512)));
    groupScore = cases.oneIn(2) ? Routing.GroupScore.BEST_TWO : Routing.GroupScore.BEST;
    renormalised = cases.oneIn(2);
    scale = cases.orAny(cases.oneIn(2) ? cases.temperature() : 1);
    int step = n + (cases.oneIn(3) ? cases.between(0, 1200) : 0);
    int most = cases.between(1, Math.clamp(MOST_NUMBERS / step, 1, 40));
    stride = cases.orAny(step);
    rows = cases.orAny(most);
    skipped = cases.between(0, 3);
    float[] x = cases.row(skipped + (most - 1) * step + n);
    if (groups > 1 && n % groups == 0 && random.nextInt(3) == 0) {
      for (int at = skipped; at <= x.length - n; at += step) {
        maskGroups(x, at, n, random);
      }
    }
    held = HeldRow.of(x, cases);
    room = 2 + most * chosen;
    expertsFrom = cases.orAny(cases.between(0, 2));
    weightsFrom = cases.orAny(cases.between(0, 2));
  }

  /** Masks some groups of a row as wholes, and others but for an expert or two. */
  private void maskGroups(float[] x, int at, int n, SplittableRandom random) {
    int size = n / groups;
    for (int g = 0; g < groups; g++) {
      int left = random.nextInt(4); // 3: all of them
      int first = random.nextInt(size);
      for (int i = 0; left < 3 && i < size; i++) {
        int place = at + g * size + (first + i) % size;
        x[place] = i < left ? x[place] : Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    RoutingTarget target = new RoutingTarget(new Cases(data));
    Outcome scalar = target.route(Kernels.scalar(), false);
    scalar.assertSame(target.route(Kernels.named("vector"), false), "vector");
    Outcome segment = target.route(Kernels.scalar(), true);
    segment.assertSame(target.route(Kernels.named("vector"), true), "vector, segments");
    assertEquals(scalar.errorType(), segment.errorType(), "segments");
    scalar.assertSameNumbers(segment, "segments");
    target.held.assertUntouched();
  }

  private Routing routing() {
    Routing routing = Routing.of(experts, k, scoring);
    routing = bias.length > 0 ? routing.withBias(bias) : routing;
    return routing
        .withGroups(groups, kept, groupScore)
        .withRenormalisation(renormalised)
        .withScale(scale);
  }

  /** Whether scores are compared that are exact here. */
  private boolean isByLogits() {
    return switch (scoring) {
      case CHOSEN_SOFTMAX, CHOSEN_SIGMOID -> true;
      case SOFTMAX -> bias.length == 0 && (groupScore == Routing.GroupScore.BEST || kept == groups);
      case SIGMOID -> false;
    };
  }

  /** What a row's experts should be chosen from, best first. */
  private int[] routed(float[] x, int row) {
    return Promises.routed(
        Arrays.copyOfRange(x, row, row + experts),
        bias,
        groups,
        kept,
        groupScore == Routing.GroupScore.BEST_TWO);
  }

  private Outcome route(Kernels kernels, boolean segment) {
    int[] ids = new int[room];
    float[] weights = new float[room];
    Arrays.fill(ids, UNWRITTEN);
    Arrays.fill(weights, UNWRITTEN);
    float[] x = held.logits();
    Outcome outcome =
        Outcome.of(
            notes -> {
              Router router = routing().newRouter(kernels);
              if (segment) {
                long offset = held.offset() + (long) skipped * held.type().bytes();
                router.route(
                    held.segment()
                        .asSlice(0, held.offset() + (long) x.length * held.type().bytes()),
                    offset,
                    stride,
                    rows,
                    held.type(),
                    ids,
                    expertsFrom,
                    weights,
                    weightsFrom);
              } else {
                router.route(x, skipped, stride, rows, ids, expertsFrom, weights, weightsFrom);
              }
            });
    if (outcome.error() instanceof IllegalStateException e && isByLogits()) {
      int row = Integer.parseInt(e.getMessage().replaceAll("row (\\d+) leaves .*", "$1"));
      int left = routed(x, skipped + row * stride).length;
      assertTrue(left < k, () -> left + " experts are left: " + e.getMessage());
    }
    outcome.notes().add(ids);
    outcome.notes().add(weights);
    int written = outcome.failed() ? 0 : rows * k;
    for (int i = 0; i < room; i++) {
      boolean isId = i >= expertsFrom && i < expertsFrom + written;
      assertEquals(isId, ids[i] != UNWRITTEN, "experts are not where they should be");
      boolean isWeight = i >= weightsFrom && i < weightsFrom + written;
      assertEquals(isWeight, weights[i] != UNWRITTEN, "weights are not where they should be");
      assertTrue(!isWeight || weights[i] >= 0, "a weight is none");
    }
    for (int at = expertsFrom; at < expertsFrom + written; at += k) {
      int row = skipped + (at - expertsFrom) / k * stride;
      int[] chosen = Arrays.copyOfRange(ids, at, at + k);
      for (int id : chosen) {
        assertTrue(id >= 0 && id < experts, "no expert");
        assertTrue(x[row + id] > Float.NEGATIVE_INFINITY, "a masked expert");
      }
      assertEquals(k, Arrays.stream(chosen).distinct().count(), "an expert twice");
      if (isByLogits()) {
        assertArrayEquals(Arrays.copyOf(routed(x, row), k), chosen);
      }
    }
    return outcome;
  }
}
