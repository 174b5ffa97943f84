package org.logitkernels.adaptive;

import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/** What a warm-up routes: a trial's row as rows of experts, by one rule in each turn. */
final class RoutingTrial {
  /** So many that eight are left of a row that is mostly masked. */
  private static final int MANY = 512;

  /**
   * Many experts, by each way to weigh them; so few that a row is sorted in one piece; and more
   * chosen than are sorted at once, from groups that are less than a vector.
   */
  static final RoutingRule[] RULES = {
    rule(MANY, 4, RoutingRule.Choice.LOGIT, RoutingRule.Weighing.CHOSEN, null, 1),
    rule(MANY, 4, RoutingRule.Choice.SIGMOID, RoutingRule.Weighing.SIGMOID, new float[MANY], 8),
    rule(MANY, 4, RoutingRule.Choice.LOGIT, RoutingRule.Weighing.PROBABILITY, null, 1),
    rule(8, 2, RoutingRule.Choice.LOGIT, RoutingRule.Weighing.CHOSEN, null, 1),
    rule(96, 12, RoutingRule.Choice.LOGIT, RoutingRule.Weighing.CHOSEN, null, 32),
  };

  private final RoutingScratch[] scratches = new RoutingScratch[RULES.length];
  private final int[] experts;
  private final float[] weights;

  /** For rows of a trial of this length. */
  RoutingTrial(int length) {
    int most = 0;
    for (int i = 0; i < RULES.length; i++) {
      scratches[i] = new RoutingScratch(RULES[i]);
      most = Math.max(most, length / RULES[i].experts() * RULES[i].k());
    }
    experts = new int[most];
    weights = new float[most];
  }

  private static RoutingRule rule(
      int experts,
      int k,
      RoutingRule.Choice choice,
      RoutingRule.Weighing weighing,
      float @Nullable [] bias,
      int groups) {
    return new RoutingRule(
        experts,
        k,
        choice,
        weighing,
        bias,
        groups,
        (groups + 1) / 2,
        true,
        weighing == RoutingRule.Weighing.SIGMOID,
        1);
  }

  /**
   * Routes the rows of experts that a row is. Rows of few experts lie apart, and are those of
   * another row, of which nothing is masked. Returns the first choice.
   */
  int call(Backend kernels, float[] row, float[] unmasked, int to, int turn) {
    RoutingRule rule = RULES[turn];
    RoutingScratch scratch = scratches[turn];
    boolean many = rule.experts() == MANY;
    float[] x = many ? row : unmasked;
    int stride = many ? MANY : rule.experts() + 1;
    int rows = to / stride;
    kernels.checkRoutes(rule, x, 0, stride, rows, 0, scratch);
    kernels.route(rule, x, 0, stride, rows, scratch, experts, 0, weights, 0);
    return experts[0];
  }
}
