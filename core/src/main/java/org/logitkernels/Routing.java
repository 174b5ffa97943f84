package org.logitkernels;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.RoutingRule;

/**
 * The routing of a mixture of experts: how a token's k experts are chosen from their logits, and
 * how they are weighed. A value that never changes; a {@link Router} applies it.
 *
 * <p>For example, of eight experts in two groups the best two of the better group:
 *
 * {@snippet lang=java :
 * Routing routing =
 *     Routing.of(8, 2, Routing.Scoring.SIGMOID)
 *         .withBias(0, 0, 0, 0, 0, 0, 0, 0.5f)
 *         .withGroups(2, 1, Routing.GroupScore.BEST_TWO)
 *         .withRenormalisation(true)
 *         .withScale(2.5f);
 * int[] experts = new int[2];
 * float[] weights = new float[2];
 * float[] logits = {3, 0, 0, 0, 1, 1, 0, 0};
 * routing.newRouter().route(logits, 0, 8, 1, experts, 0, weights, 0);
 * System.out.println(Arrays.toString(experts) + " " + Arrays.toString(weights));
 * // [7, 4] [1.0153863, 1.4846137]
 * }
 *
 * <p><b>Choice.</b> Each expert has a score c, a float. The k best scores are chosen, best first;
 * of equal scores the lower id comes first. Where there are groups, the groups with the best group
 * scores are found first, equal ones by number, and experts of other groups are out of it. The
 * score is, in float,
 *
 * <ul>
 *   <li>{@code logit + bias} for {@link Scoring#CHOSEN_SOFTMAX} and {@link Scoring#CHOSEN_SIGMOID},
 *       and the logit itself without a bias;
 *   <li>{@code sigmoid(logit) + bias} for {@link Scoring#SIGMOID}: logits whose sigmoids round to
 *       the same float are equal;
 *   <li>{@code p + bias} for {@link Scoring#SOFTMAX}, where p is the float that {@link
 *       Kernels#softmax} gives at temperature 1. Without a bias, and unless groups have sums, it is
 *       the logit, which orders as p does and tells more.
 * </ul>
 *
 * <p><b>Weights.</b> A weight is a float and does not depend on the bias:
 *
 * <ul>
 *   <li>softmax over all: the bits of {@link Kernels#softmax} of the row, {@code p_i = exp(x_i) /
 *       sum(exp(x_j))};
 *   <li>softmax over the chosen, which is also softmax over all if renormalised: {@code exp(x_i) /
 *       sum over the chosen of exp(x_j)};
 *   <li>sigmoid: {@code s_i = 1 / (1 + exp(-x_i))}; if renormalised {@code s_i / (sum over the
 *       chosen of s_j + 1e-20)}.
 * </ul>
 *
 * Sums over the chosen are in double, in the order of choice. Last comes the scale, one product in
 * float. {@code docs/numerics.md} defines every operation, so that the bits are the same on every
 * backend and however many rows a call has.
 *
 * <p><b>Accuracy:</b> a sigmoid is within 0.501 ULP and monotone ({@code SigmoidTest}). A softmax
 * over the chosen has a relative error of at most 5 * 2^-24, and a renormalised sigmoid of at most
 * 3 * 2^-24, where no sigmoid is subnormal (logits from -87 on); the scale adds 2^-24. Enforced by
 * {@code RoutingContract}.
 *
 * <p><b>Special values:</b> NaN and +Infinity are errors. An expert with the logit -Infinity is
 * masked: it is never chosen, and a row that leaves fewer than k others is an error. Groups that
 * are masked as a whole are the last to be kept. -0 equals +0.
 *
 * <p>Not here, since they change no bit of a weight: the jitter of training, and capacities of
 * experts.
 */
public final class Routing {
  /** What {@link #deepSeekV3} and the other presets follow: {@value}. */
  public static final String TRANSFORMERS_VERSION =
      "deepseek_v3 at 000c33fd, gpt_oss at 0261a467; qwen3_moe, mixtral, llama4 of 2026";

  /** The fewest experts that there can be. */
  static final int FEWEST = 4;

  /** The most experts that there can be. */
  static final int MOST = 512;

  private static final int MOST_CHOSEN = 32;

  /** Beyond it a sum with a logit might overflow. */
  private static final float LARGEST_BIAS = 0x1p100f;

  /** What a weight is made of, and what a choice compares. */
  public enum Scoring {
    /** Softmax over all experts. */
    SOFTMAX,

    /** Choice by logits, then softmax over the chosen. */
    CHOSEN_SOFTMAX,

    /** Choice by sigmoids, and the sigmoids are the weights. */
    SIGMOID,

    /** Choice by logits, then the sigmoids of the chosen. */
    CHOSEN_SIGMOID
  }

  /** What a group of experts is compared by. */
  public enum GroupScore {
    /** Its best score. */
    BEST,

    /**
     * The sum of its best two scores, in float. A second expert that is masked counts as 0: the
     * score of a group with one expert left is that expert's. A sum below all floats counts as the
     * least of them, so that a group with an expert left is better than one without.
     */
    BEST_TWO
  }

  private final int experts;
  private final int k;
  private final Scoring scoring;
  private final float @Nullable [] bias;
  private final int groups;
  private final int keptGroups;
  private final GroupScore groupScore;
  private final boolean renormalised;
  private final float scale;

  private Routing(
      int experts,
      int k,
      Scoring scoring,
      float @Nullable [] bias,
      int groups,
      int keptGroups,
      GroupScore groupScore,
      boolean renormalised,
      float scale) {
    this.experts = experts;
    this.k = k;
    this.scoring = scoring;
    this.bias = bias;
    this.groups = groups;
    this.keptGroups = keptGroups;
    this.groupScore = groupScore;
    this.renormalised = renormalised;
    this.scale = scale;
  }

  /**
   * Routing without a bias, groups, renormalisation or scale.
   *
   * @param experts how many experts there are, 4 to 512
   * @param k how many of them a token gets, 1 to 32
   * @param scoring what weights are made of
   * @return the routing
   * @throws IllegalArgumentException if a number is out of range, or k above the experts
   */
  public static Routing of(int experts, int k, Scoring scoring) {
    if (experts < FEWEST || experts > MOST) {
      throw new IllegalArgumentException("experts must be in [4, 512], but were " + experts);
    }
    if (k < 1 || k > MOST_CHOSEN) {
      throw new IllegalArgumentException("k must be in [1, 32], but was " + k);
    }
    if (k > experts) {
      throw new IllegalArgumentException("k is " + k + ", but there are " + experts + " experts");
    }
    Objects.requireNonNull(scoring, "scoring");
    return new Routing(experts, k, scoring, null, 1, 1, GroupScore.BEST, false, 1);
  }

  /**
   * DeepSeek-V3, and models with its router (GLM-4.5, Kimi K2): choice by sigmoid and bias, groups
   * by their best two, weights by sigmoid.
   *
   * <p>The model itself has 256 experts, k 8, 8 groups of which 4 are kept, renormalises, and has
   * the scale 2.5. <b>Source:</b> {@code DeepseekV3MoE.route_tokens_to_experts} of transformers,
   * {@value #TRANSFORMERS_VERSION}; DeepSeek-AI, arXiv:2412.19437, section 2.1.2.
   * <b>Difference:</b> there the scores of groups that are out are 0, so that an expert of theirs
   * is chosen where too few scores of the others are above 0; here they are out.
   *
   * @param experts {@code n_routed_experts}
   * @param k {@code num_experts_per_tok}
   * @param groups {@code n_group}; 1 for none
   * @param keptGroups {@code topk_group}
   * @param bias {@code e_score_correction_bias}, one for each expert
   * @param renormalised {@code norm_topk_prob}
   * @param scale {@code routed_scaling_factor}
   * @return the routing
   * @throws IllegalArgumentException as the methods below that set these
   */
  public static Routing deepSeekV3(
      int experts,
      int k,
      int groups,
      int keptGroups,
      float[] bias,
      boolean renormalised,
      float scale) {
    return of(experts, k, Scoring.SIGMOID)
        .withBias(bias)
        .withGroups(groups, keptGroups, groups > 1 ? GroupScore.BEST_TWO : GroupScore.BEST)
        .withRenormalisation(renormalised)
        .withScale(scale);
  }

  /**
   * Qwen3-MoE, and Qwen2-MoE and OLMoE: softmax over all experts, perhaps renormalised.
   *
   * <p>Qwen3-30B-A3B has 128 experts and k 8, and renormalises. <b>Source:</b> {@code
   * Qwen3MoeTopKRouter} of transformers, {@value #TRANSFORMERS_VERSION}.
   *
   * @param experts {@code num_experts}
   * @param k {@code num_experts_per_tok}
   * @param renormalised {@code norm_topk_prob}
   * @return the routing
   * @throws IllegalArgumentException as for {@link #of}
   */
  public static Routing qwen3Moe(int experts, int k, boolean renormalised) {
    return of(experts, k, Scoring.SOFTMAX).withRenormalisation(renormalised);
  }

  /**
   * Mixtral: softmax over all experts, renormalised.
   *
   * <p>Mixtral-8x7B has 8 experts and k 2. <b>Source:</b> {@code MixtralTopKRouter} of
   * transformers, {@value #TRANSFORMERS_VERSION}; Jiang et al., arXiv:2401.04088, section 2.1.
   *
   * @param experts {@code num_local_experts}
   * @param k {@code num_experts_per_tok}
   * @return the routing
   * @throws IllegalArgumentException as for {@link #of}
   */
  public static Routing mixtral(int experts, int k) {
    return of(experts, k, Scoring.SOFTMAX).withRenormalisation(true);
  }

  /**
   * gpt-oss: softmax over the chosen experts. The router's own bias is part of the logits.
   *
   * <p>gpt-oss-20b has 32 experts, gpt-oss-120b 128, and k is 4. <b>Source:</b> {@code
   * GptOssTopKRouter} of transformers, {@value #TRANSFORMERS_VERSION}.
   *
   * @param experts {@code num_local_experts}
   * @param k {@code num_experts_per_tok}
   * @return the routing
   * @throws IllegalArgumentException as for {@link #of}
   */
  public static Routing gptOss(int experts, int k) {
    return of(experts, k, Scoring.CHOSEN_SOFTMAX);
  }

  /**
   * Llama 4: choice by logits, weights by sigmoid. The engine multiplies the expert's input by the
   * weight, not its output.
   *
   * <p>Scout has 16 experts, Maverick 128, and k is 1. <b>Source:</b> {@code Llama4Router} of
   * transformers, {@value #TRANSFORMERS_VERSION}.
   *
   * @param experts {@code num_local_experts}
   * @param k {@code num_experts_per_tok}
   * @return the routing
   * @throws IllegalArgumentException as for {@link #of}
   */
  public static Routing llama4(int experts, int k) {
    return of(experts, k, Scoring.CHOSEN_SIGMOID);
  }

  /**
   * With a selection bias, which moves the choice and not the weights.
   *
   * @param bias one number for each expert, at most 2^100 in magnitude; copied
   * @return the routing
   * @throws IllegalArgumentException if its length is not the number of experts, or for NaN or a
   *     number beyond the limit
   */
  public Routing withBias(float... bias) {
    if (bias.length != experts) {
      throw new IllegalArgumentException(
          "bias has " + bias.length + " numbers, but there are " + experts + " experts");
    }
    for (int i = 0; i < experts; i++) {
      if (!(Math.abs(bias[i]) <= LARGEST_BIAS)) {
        throw new IllegalArgumentException(
            "the bias of expert " + i + " must be in [-2^100, 2^100], but was " + bias[i]);
      }
    }
    return new Routing(
        experts, k, scoring, bias.clone(), groups, keptGroups, groupScore, renormalised, scale);
  }

  /**
   * With a choice in two steps: first the best groups of neighbours, then the best experts of
   * these.
   *
   * @param groups how many groups there are; a divisor of the number of experts
   * @param keptGroups how many of them are kept, at least 1
   * @param groupScore what groups are compared by
   * @return the routing
   * @throws IllegalArgumentException if the groups do not divide the experts, more are kept than
   *     there are, those that are kept hold fewer than k experts, or groups of one expert are to be
   *     compared by two
   */
  public Routing withGroups(int groups, int keptGroups, GroupScore groupScore) {
    Objects.requireNonNull(groupScore, "groupScore");
    if (groups < 1 || experts % groups != 0) {
      throw new IllegalArgumentException(
          "groups must divide the " + experts + " experts, but were " + groups);
    }
    if (keptGroups < 1 || keptGroups > groups) {
      throw new IllegalArgumentException(
          "keptGroups must be in [1, " + groups + "], but were " + keptGroups);
    }
    int size = experts / groups;
    if (k > keptGroups * size) {
      throw new IllegalArgumentException(
          "k is " + k + ", but the groups that are kept hold " + keptGroups * size + " experts");
    }
    if (groupScore == GroupScore.BEST_TWO && size < 2) {
      throw new IllegalArgumentException("groups of one expert have no best two");
    }
    return new Routing(
        experts, k, scoring, bias, groups, keptGroups, groupScore, renormalised, scale);
  }

  /**
   * With weights that are divided by their sum, or without. A softmax over the chosen is the same
   * either way.
   *
   * @param renormalised whether weights are divided by their sum
   * @return the routing
   */
  public Routing withRenormalisation(boolean renormalised) {
    return new Routing(
        experts, k, scoring, bias, groups, keptGroups, groupScore, renormalised, scale);
  }

  /**
   * With weights that are multiplied by a number, after all else.
   *
   * @param scale the factor, finite and above 0
   * @return the routing
   * @throws IllegalArgumentException if it is not
   */
  public Routing withScale(float scale) {
    if (!(scale > 0 && scale < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("scale must be finite and above 0, but was " + scale);
    }
    return new Routing(
        experts, k, scoring, bias, groups, keptGroups, groupScore, renormalised, scale);
  }

  /** {@return how many experts there are} */
  public int experts() {
    return experts;
  }

  /** {@return how many experts a token gets} */
  public int k() {
    return k;
  }

  /**
   * A router on {@link Kernels#best()}.
   *
   * @return a router, for one thread at a time
   * @throws IllegalStateException if a backend is forced and cannot serve
   */
  public Router newRouter() {
    return newRouter(Kernels.best());
  }

  /**
   * A router on these kernels.
   *
   * @param kernels the backend
   * @return a router, for one thread at a time
   */
  public Router newRouter(Kernels kernels) {
    return new Router(kernels.rows, rule());
  }

  /** What kernels know of it. */
  RoutingRule rule() {
    boolean sums = groupScore == GroupScore.BEST_TWO && keptGroups < groups;
    return new RoutingRule(
        experts,
        k,
        switch (scoring) {
          case SOFTMAX ->
              bias != null || sums ? RoutingRule.Choice.PROBABILITY : RoutingRule.Choice.LOGIT;
          case SIGMOID -> RoutingRule.Choice.SIGMOID;
          case CHOSEN_SOFTMAX, CHOSEN_SIGMOID -> RoutingRule.Choice.LOGIT;
        },
        switch (scoring) {
          case SOFTMAX ->
              renormalised ? RoutingRule.Weighing.CHOSEN : RoutingRule.Weighing.PROBABILITY;
          case CHOSEN_SOFTMAX -> RoutingRule.Weighing.CHOSEN;
          case SIGMOID, CHOSEN_SIGMOID -> RoutingRule.Weighing.SIGMOID;
        },
        bias,
        groups,
        keptGroups,
        groupScore == GroupScore.BEST_TWO,
        renormalised && (scoring == Scoring.SIGMOID || scoring == Scoring.CHOSEN_SIGMOID),
        scale);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Routing that
        && experts == that.experts
        && k == that.k
        && scoring == that.scoring
        && Arrays.equals(bias, that.bias)
        && groups == that.groups
        && keptGroups == that.keptGroups
        && groupScore == that.groupScore
        && renormalised == that.renormalised
        && scale == that.scale;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        experts, k, scoring, Arrays.hashCode(bias), groups, keptGroups, renormalised, scale);
  }

  /** As in {@code Routing[experts=128, k=8, SOFTMAX, renormalised]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Routing[experts=").append(experts);
    text.append(", k=").append(k).append(", ").append(scoring);
    if (bias != null) {
      text.append(", bias");
    }
    if (groups > 1) {
      text.append(", ").append(keptGroups).append(" of ").append(groups);
      text.append(" groups by ").append(groupScore);
    }
    if (renormalised) {
      text.append(", renormalised");
    }
    if (scale != 1) {
      text.append(", scale=").append(scale);
    }
    return text.append(']').toString();
  }
}
