package org.logitkernels.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * A chain taken apart: the candidates before it, and behind each of its steps.
 *
 * <p>What a step that steers has learned is known to the sampler of the whole chain alone. Such a
 * step and all behind it are one stage.
 */
final class Stages {
  private final Sampler whole;

  /** Of the chain's beginnings, each one step longer; none has the last stage. */
  private final List<Sampler> beginnings = new ArrayList<>();

  private final List<String> names = new ArrayList<>();

  /** The stages of a sampler that has accepted the prompt, or will before it draws. */
  Stages(Sampler whole, Kernels kernels, int... prompt) {
    this.whole = whole;
    List<Step> steps = whole.chain().steps();
    int alone = 0; // steps with a stage of their own, the last stage not counted
    while (alone < steps.size() - 1 && !steers(steps.get(alone))) {
      alone++;
    }
    for (int n = 0; n <= alone; n++) {
      Step[] beginning = steps.subList(0, n).toArray(Step[]::new);
      Sampler sampler =
          SamplerChain.of(beginning).newSampler(whole.vocabularySize(), whole.seed(), kernels);
      sampler.acceptPrompt(prompt);
      beginnings.add(sampler);
    }
    steps.subList(0, alone).forEach(step -> names.add(step.toString()));
    if (!steps.isEmpty()) {
      List<Step> last = steps.subList(alone, steps.size());
      names.add(last.stream().map(Step::toString).collect(Collectors.joining(", ")));
    }
  }

  private static boolean steers(Step step) {
    return step instanceof Step.MirostatV1
        || step instanceof Step.MirostatV2
        || step instanceof Step.AdaptiveP;
  }

  /** The text of each stage's steps; the stage before the chain has none, and is not among them. */
  List<String> names() {
    return names;
  }

  /** Of the row that the sampler has just drawn from: before the chain, and behind each stage. */
  List<Distribution> distributions(float[] logits) {
    List<Distribution> distributions = new ArrayList<>();
    for (Sampler beginning : beginnings) {
      beginning.position(whole.position() - 1); // of the draw, by which XTC decides
      distributions.add(Distribution.of(beginning.apply(logits)));
    }
    if (!names.isEmpty()) {
      distributions.add(Distribution.of(whole.candidates()));
    }
    return distributions;
  }

  /** The token that was drawn. */
  void accept(int token) {
    beginnings.forEach(beginning -> beginning.accept(token));
  }
}
