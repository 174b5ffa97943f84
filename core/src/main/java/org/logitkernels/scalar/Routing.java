package org.logitkernels.scalar;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Sigmoid;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/**
 * Routing: for each row the best k experts and their weights. One row after the other, with the
 * rows' places in the scratch counted from 0.
 */
final class Routing {
  private Routing() {}

  /** Throws for the first row that cannot be routed. */
  static void check(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      int first,
      RoutingScratch scratch) {
    int experts = rule.experts();
    for (int row = 0; row < rows; row++) {
      int at = from + row * stride;
      int masked = 0;
      for (int i = 0; i < experts; i++) {
        float logit = x[at + i];
        if (!(logit < Float.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException(
              "row " + (first + row) + ": the logit of expert " + i + " is " + logit);
        }
        masked += logit == Float.NEGATIVE_INFINITY ? 1 : 0;
      }
      if (masked > 0) { // else each group is full
        int left = experts - masked;
        if (rule.keptGroups() < rule.groups() && left >= rule.k()) {
          score(rule, x, at, scratch);
          left = 0;
          for (int i = 0; i < experts; i++) {
            left += scratch.scores[i] > Float.NEGATIVE_INFINITY ? 1 : 0;
          }
        }
        if (left < rule.k()) {
          throw new IllegalStateException(
              "row "
                  + (first + row)
                  + " leaves "
                  + left
                  + (left == 1 ? " expert" : " experts")
                  + " to choose from, but k is "
                  + rule.k());
        }
      }
    }
  }

  /** Routes the rows. */
  static void route(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    int k = rule.k();
    for (int row = 0; row < rows; row++) {
      int at = from + row * stride;
      score(rule, x, at, scratch);
      RoutingScratch.choose(scratch.scores, 0, rule.experts(), k, experts, expertsFrom + row * k);
      weigh(rule, x, at, scratch, experts, expertsFrom + row * k, weights, weightsFrom + row * k);
    }
  }

  /** Leaves the scores that are compared: -Infinity for experts that cannot be chosen. */
  private static void score(RoutingRule rule, float[] x, int at, RoutingScratch scratch) {
    int experts = rule.experts();
    float[] scores = scratch.scores;
    if (rule.needsProbabilities()) {
      Softmax.softmax(x, at, at + experts, 1, scratch.probabilities, 0);
    }
    float[] bias = rule.bias();
    for (int i = 0; i < experts; i++) {
      float logit = x[at + i];
      float score =
          switch (rule.choice()) {
            case LOGIT -> logit;
            case SIGMOID -> Sigmoid.of(logit);
            case PROBABILITY -> scratch.probabilities[i];
          };
      score += bias == null ? 0 : bias[i];
      scores[i] = logit == Float.NEGATIVE_INFINITY ? logit : score;
    }
    if (rule.keptGroups() < rule.groups()) {
      limit(rule, scores, scratch.groups);
    }
  }

  /** Makes the scores of all but the best groups -Infinity. */
  private static void limit(RoutingRule rule, float[] scores, float[] groups) {
    int size = rule.experts() / rule.groups();
    for (int g = 0; g < groups.length; g++) {
      float best = Float.NEGATIVE_INFINITY;
      float second = Float.NEGATIVE_INFINITY;
      for (int i = g * size; i < (g + 1) * size; i++) {
        float score = scores[i];
        if (score > best) {
          second = best;
          best = score;
        } else if (score > second) {
          second = score;
        }
      }
      groups[g] = rule.bestTwo() ? RoutingRule.groupScore(best, second) : best;
    }
    for (int g = 0; g < groups.length; g++) {
      int better = 0;
      for (int other = 0; other < groups.length; other++) {
        boolean above = groups[other] > groups[g];
        better += above || other < g && groups[other] == groups[g] ? 1 : 0;
      }
      if (better >= rule.keptGroups()) {
        Arrays.fill(scores, g * size, (g + 1) * size, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** The weights of the chosen. */
  private static void weigh(
      RoutingRule rule,
      float[] x,
      int at,
      RoutingScratch scratch,
      int[] ids,
      int idsFrom,
      float[] weights,
      int weightsFrom) {
    int k = rule.k();
    float max = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < k; j++) {
      max = Math.max(max, x[at + ids[idsFrom + j]] + 0f);
    }
    double total = rule.weighing() == RoutingRule.Weighing.SIGMOID ? RoutingRule.EPSILON : 0;
    double sum = 0;
    for (int j = 0; j < k; j++) {
      int expert = ids[idsFrom + j];
      float logit = x[at + expert];
      float weight =
          switch (rule.weighing()) {
            case SIGMOID -> Sigmoid.of(logit);
            case PROBABILITY -> scratch.probabilities[expert];
            case CHOSEN -> Exponential.weight(logit, max, 1);
          };
      weights[weightsFrom + j] = weight;
      sum += weight;
    }
    total += sum;
    boolean divided = rule.weighing() == RoutingRule.Weighing.CHOSEN || rule.renormalised();
    float first = divided ? Exponential.first(total) : 1;
    float second = divided ? Exponential.second(total) : 0;
    for (int j = 0; j < k; j++) {
      float weight = weights[weightsFrom + j];
      weights[weightsFrom + j] = Exponential.probability(weight, first, second) * rule.scale();
    }
  }
}
