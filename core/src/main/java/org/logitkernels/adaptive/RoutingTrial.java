package org.logitkernels.adaptive;

import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/** What a warm-up routes: a trial's row as rows of experts, by one rule after the other. */
final class RoutingTrial {
  /** So many that eight are left of a row that is mostly masked. */
  private static final int EXPERTS = 512;

  private static final int K = 4;

  private static final RoutingRule[] RULES = {
    rule(RoutingRule.Choice.LOGIT, RoutingRule.Weighing.CHOSEN, null, 1),
    rule(RoutingRule.Choice.SIGMOID, RoutingRule.Weighing.SIGMOID, new float[EXPERTS], 8),
    rule(RoutingRule.Choice.LOGIT, RoutingRule.Weighing.PROBABILITY, null, 1),
  };

  private final RoutingScratch[] scratches = new RoutingScratch[RULES.length];
  private final int[] experts;
  private final float[] weights;

  /** For rows of a trial of this length. */
  RoutingTrial(int length) {
    for (int i = 0; i < RULES.length; i++) {
      scratches[i] = new RoutingScratch(RULES[i]);
    }
    experts = new int[length / EXPERTS * K];
    weights = new float[experts.length];
  }

  private static RoutingRule rule(
      RoutingRule.Choice choice,
      RoutingRule.Weighing weighing,
      float @Nullable [] bias,
      int groups) {
    return new RoutingRule(
        EXPERTS,
        K,
        choice,
        weighing,
        bias,
        groups,
        (groups + 1) / 2,
        true,
        weighing == RoutingRule.Weighing.SIGMOID,
        1);
  }

  /** Routes the rows of experts that a row is, by the rule of a turn. Returns the first choice. */
  int call(Backend kernels, float[] row, int to, int turn) {
    int i = turn % RULES.length;
    int rows = to / EXPERTS;
    RoutingScratch scratch = scratches[i];
    kernels.checkRoutes(RULES[i], row, 0, EXPERTS, rows, 0, scratch);
    kernels.route(RULES[i], row, 0, EXPERTS, rows, scratch, experts, 0, weights, 0);
    return experts[0];
  }
}
