package org.logitkernels;

import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Room;

/**
 * An ordered list of sampling steps, ending in a draw; the order is the order in which they apply.
 *
 * <p>Each step sees what its predecessors left: a top-p after a top-k cuts the renormalised
 * distribution of those k, and a min-p after a temperature measures at that temperature. After the
 * last step a token is drawn from what is left, in proportion to {@code exp(x / T)} with T the
 * product of all temperatures.
 *
 * <p>A step that can narrow nothing is passed over: a temperature of 1, a top-k at least as long as
 * the row, a top-p or typical of 1, a min-p or cutoff of 0. A chain that narrows nothing (of
 * temperatures, penalties, biases, bans and masks) draws from the whole row, with the logits that
 * it has changed, as {@link Kernels#sample} does. So does an XTC on a whole row, as
 * docs/numerics.md tells. Any other draws from the survivors: the first by ascending id whose
 * running sum of weights, in double, exceeds {@code u * total}.
 *
 * <p>Immutable, thread-safe and serializable, with equality by value.
 *
 * {@snippet lang=java :
 * SamplerChain chain = SamplerChain.of(Step.temperature(0.8), Step.topK(40), Step.topP(0.95));
 * System.out.println(chain);
 * // temperature=0.8, top_k=40, top_p=0.95
 * System.out.println(chain.equals(SamplerChain.parse("temperature=0.8, top_k=40, top_p=0.95")));
 * // true
 * Sampler sampler = chain.newSampler(3, 42); // one for each sequence
 * System.out.println(sampler.next(new float[] {2, 1, 0.5f}));
 * // 1
 * }
 */
public final class SamplerChain implements Serializable {
  private static final long serialVersionUID = 1;
  private static final SamplerChain GREEDY = of(Step.temperature(0));

  private final transient List<Step> steps;

  private SamplerChain(List<Step> steps) {
    this.steps = steps;
  }

  /**
   * A chain of these steps, in this order. Without a step it draws from the whole row at
   * temperature 1.
   *
   * @param steps the steps
   * @return the chain
   */
  public static SamplerChain of(Step... steps) {
    return new SamplerChain(List.of(steps));
  }

  /**
   * The chain of a text, as {@link #toString()} writes it: {@code temperature=0.8, top_k=40,
   * top_p=0.95}.
   *
   * <p>Steps stand in the order in which they apply, with commas between them. A step is {@code
   * name=value}, or {@code name(value, name=value, ...)}, where the first value may have its name
   * too: {@code top_p(0.95, min_keep=2)}, {@code xtc(probability=0.5, threshold=0.1)}. A step
   * without values is {@code name()}, and a minimum to keep always has its name: {@code p_less()},
   * {@code p_less(min_keep=2)}. An empty text is the chain without a step. A comma may follow the
   * last step, or the last value, so that a file can have one on each line.
   *
   * <p><b>White space</b> may stand around names, values and signs, not within a value. It is all
   * that Java or Unicode calls white space: line breaks of every kind, tabs, form feeds, no-break
   * spaces; and a byte order mark, with which some files begin.
   *
   * <p><b>Names</b>, {@code true} and {@code false} are in lower case: {@code Top_K} is unknown.
   *
   * <p><b>Numbers</b> consist of the digits 0 to 9. A whole number may have a sign before them, a
   * token id may not. Other numbers are as in {@code 1}, {@code .5}, {@code +1.} and {@code
   * -1.5e-3}; {@code -Infinity} is one too, for biases. Each is rounded to the nearest float, as
   * {@link Step} says of doubles.
   *
   * {@snippet lang=java :
   * SamplerChain chain = SamplerChain.parse("temperature=0.8, top_p(0.95, min_keep=2)");
   * System.out.println(chain.steps().get(1));
   * // top_p(0.95, min_keep=2)
   * try {
   *   SamplerChain.parse("temperature=0.8, top_k=many");
   * } catch (IllegalArgumentException e) {
   *   System.out.println(e.getMessage());
   *   // k must be a whole number, but was 'many', at 23 of "temperature=0.8, top_k=many"
   * }
   * }
   *
   * @param text the chain's text
   * @return the chain
   * @throws IllegalArgumentException for a step or parameter that is unknown, given twice or
   *     missing, and for a bad value; the message says what it is, and at which index of the text,
   *     in one line: what does not show is escaped, as in {@code \n}
   */
  public static SamplerChain parse(String text) {
    return of(ChainText.parse(text, StepKinds.Texts.FORMS).toArray(new Step[0]));
  }

  /**
   * {@return the greedy chain, which always takes the best token; equal to {@code
   * of(temperature(0))}}
   */
  public static SamplerChain greedy() {
    return GREEDY;
  }

  /** {@return the steps, in order; unmodifiable} */
  public List<Step> steps() {
    return steps;
  }

  /**
   * A sampler on {@link Kernels#best()}.
   *
   * @param vocabularySize the longest row it will be given, at most 2^31 - 2^24; memory for a
   *     sampler grows with it (see {@link Workspace})
   * @param seed selects the random stream
   * @return a sampler at position 0
   * @throws IllegalArgumentException if the vocabulary size is below 1 or above 2^31 - 2^24, or a
   *     bias, ban or breaker names a token outside it
   * @throws IllegalStateException if a backend is forced and cannot serve
   */
  public Sampler newSampler(int vocabularySize, long seed) {
    return newSampler(vocabularySize, seed, Kernels.best());
  }

  /**
   * A sampler on these kernels.
   *
   * @param vocabularySize the longest row it will be given, at most 2^31 - 2^24; memory for a
   *     sampler grows with it (see {@link Workspace})
   * @param seed selects the random stream
   * @param kernels the backend
   * @return a sampler at position 0
   * @throws IllegalArgumentException if the vocabulary size is below 1 or above 2^31 - 2^24, or a
   *     bias, ban or breaker names a token outside it
   */
  public Sampler newSampler(int vocabularySize, long seed, Kernels kernels) {
    Room.checkRow("vocabularySize", vocabularySize);
    return new Sampler(this, vocabularySize, seed, kernels);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SamplerChain chain && steps.equals(chain.steps);
  }

  @Override
  public int hashCode() {
    return steps.hashCode();
  }

  /**
   * The steps, as in {@code temperature=0.8, top_k=40, top_p=0.95}: what {@link #parse} reads, if
   * no step stands in the chain twice.
   */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    steps.forEach(step -> text.add(step.toString()));
    return text.toString();
  }

  /**
   * What is written in a chain's place: its steps, which are validated again when they are read.
   */
  private record Form(Step[] steps) implements Serializable {
    /** Here and not in readResolve, whose exceptions a stream passes on as they are. */
    private Form {
      steps = List.of(steps).toArray(new Step[0]);
    }

    private Object readResolve() {
      return of(steps);
    }
  }

  private Object writeReplace() {
    return new Form(steps.toArray(new Step[0]));
  }

  private void readObject(ObjectInputStream in) throws InvalidObjectException {
    throw new InvalidObjectException("a chain is read through its steps");
  }
}
