package org.logitkernels.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Goes on with the tales of a partition: the function that Spark sends to its executors. */
final class TaleTeller implements FlatMapFunction<Iterator<Tale>, Tale> {
  private static final long serialVersionUID = 1;

  private final SamplerChain chain;
  private final int steps;
  private final ExecutorKernels kernels;

  /** Goes on until a tale has had so many forward passes, those of its prompt included. */
  TaleTeller(SamplerChain chain, int steps, ExecutorKernels kernels) {
    this.chain = chain;
    this.steps = steps;
    this.kernels = kernels;
  }

  /**
   * Tells tales in stages. Between two stages Spark hands tales on to other partitions, which may
   * be other executors': each to the one of its number, and one further with each stage. So a move
   * that is repeated, after the loss of an executor, ends as it did before, in whatever order tales
   * arrive. {@code repartition} deals them out by their order, and Spark then gives up a job whose
   * last stage is partly done.
   */
  static JavaRDD<Tale> tell(
      JavaRDD<Tale> tales, SamplerChain chain, int steps, int stages, ExecutorKernels kernels) {
    // docs/scaling.md: stages
    JavaRDD<Tale> told = tales;
    for (int stage = 1; stage <= stages; stage++) {
      JavaRDD<Tale> here = stage == 1 ? tales : move(told, stage);
      int until = Math.toIntExact((long) steps * stage / stages);
      told = here.mapPartitions(new TaleTeller(chain, until, kernels));
    }
    // docs/scaling.md: end
    return told;
  }

  // docs/scaling.md: move
  private static JavaRDD<Tale> move(JavaRDD<Tale> tales, int stage) {
    return tales
        .keyBy(tale -> tale.number() + stage)
        .partitionBy(new HashPartitioner(tales.getNumPartitions()))
        .values();
  }

  // docs/scaling.md: end

  /** All at once, not one by one as they are asked for: a tale that fails can say which it is. */
  @Override
  public Iterator<Tale> call(Iterator<Tale> tales) throws BadInputException {
    List<Tale> told = new ArrayList<>();
    if (tales.hasNext()) {
      Kernels best = kernels.best();
      Checkpoint checkpoint = Checkpoint.read(Path.of(SparkFiles.get(Cluster.MODEL)));
      Transformer model = new Transformer(checkpoint, best, steps);
      while (tales.hasNext()) {
        Tale tale = tales.next();
        try {
          told.add(goOn(tale, model, checkpoint.vocabularySize, best));
        } catch (IllegalArgumentException
            | IllegalStateException e) { // NaN; nothing to choose from
          throw new BadInputException(
              "tale %,d, of seed %d: %s".formatted(tale.number() + 1, tale.seed(), e.getMessage()));
        }
      }
    }
    return told.iterator();
  }

  private Tale goOn(Tale tale, Transformer model, int vocabulary, Kernels best) {
    int[] tokens = tale.tokens();
    int from = tokens.length;
    if (tale.isOver() || from > steps) {
      return tale;
    }
    // docs/scaling.md: resume
    Sampler sampler = chain.newSampler(vocabulary, tale.seed(), best);
    sampler.acceptPrompt(tale.prompt());
    for (int token : tale.drawn()) {
      sampler.accept(token); // the history, which penalties look at
    }
    sampler.position(tale.drawn().length); // the place in the random stream
    // docs/scaling.md: end
    for (int position = 0; position < from - 1; position++) {
      model.forward(tokens[position], position); // its attention looks at what came before
    }
    int n = from;
    tokens = Arrays.copyOf(tokens, steps + 1);
    for (boolean over = false; n <= steps && !over; n++) {
      tokens[n] = sampler.next(model.forward(tokens[n - 1], n - 1));
      over = tokens[n] == Tokenizer.BEGIN || tokens[n] == Tokenizer.END;
    }
    return new Tale(
        tale.number(),
        tale.seed(),
        tale.prompt(),
        Arrays.copyOfRange(tokens, tale.prompt().length, n));
  }
}
