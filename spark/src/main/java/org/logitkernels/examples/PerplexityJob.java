package org.logitkernels.examples;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Perplexity;

/** Perplexities in partitions. The sums of a partition travel as a text, and merge in any order. */
final class PerplexityJob {
  private PerplexityJob() {}

  /** Some rows of a file. */
  private record Rows(long from, long to) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  /** The perplexity of the model over texts. */
  static Perplexity ofTexts(JavaRDD<int[]> texts, ExecutorKernels kernels) {
    // docs/scaling.md: perplexity
    JavaRDD<String> sums =
        texts.mapPartitions(part -> List.of(foretell(part, kernels).toString()).iterator());
    String all = sums.reduce((one, other) -> merge(one, other));
    return Perplexity.parse(all);
    // docs/scaling.md: end
  }

  // docs/scaling.md: merge
  private static String merge(String one, String other) {
    return Perplexity.parse(one).merge(Perplexity.parse(other)).toString();
  }

  // docs/scaling.md: end

  private static Perplexity foretell(Iterator<int[]> texts, ExecutorKernels kernels)
      throws BadInputException {
    Kernels best = kernels.best();
    Checkpoint checkpoint = Checkpoint.read(Path.of(SparkFiles.get(Cluster.MODEL)));
    Transformer model = new Transformer(checkpoint, best, checkpoint.contextLength);
    Perplexity perplexity = Perplexity.of(checkpoint.vocabularySize, best);
    while (texts.hasNext()) {
      int[] tokens = texts.next();
      for (int i = 1; i < tokens.length; i++) {
        try {
          perplexity.add(Logits.of(model.forward(tokens[i - 1], i - 1)), tokens[i]);
        } catch (IllegalArgumentException | IllegalStateException e) { // NaN; all is masked
          throw new BadInputException(
              "the checkpoint's weights give no usable logits: " + e.getMessage());
        }
      }
    }
    return perplexity;
  }

  /** The perplexity of stored logits, in a file that every executor finds by the same path. */
  static Perplexity ofFile(
      JavaSparkContext context, StoredLogits stored, int partitions, ExecutorKernels kernels) {
    String file = stored.file().toAbsolutePath().toString();
    long rows = stored.rows();
    int parts = (int) Math.min(partitions, rows);
    List<Rows> all =
        IntStream.range(0, parts)
            .mapToObj(part -> new Rows(part * rows / parts, (part + 1L) * rows / parts))
            .toList();
    return Perplexity.parse(
        context
            .parallelize(all, parts)
            .map(part -> read(Path.of(file), part, kernels).toString())
            .reduce((one, other) -> merge(one, other)));
  }

  private static Perplexity read(Path file, Rows part, ExecutorKernels kernels)
      throws BadInputException {
    StoredLogits stored = StoredLogits.read(file);
    Perplexity perplexity = Perplexity.of(stored.vocabulary(), kernels.best());
    Logits place = stored.row(Logits.of(new float[1]), 0);
    for (long row = part.from; row < part.to; row++) {
      try {
        perplexity.add(stored.row(place, row), stored.target(row));
      } catch (IllegalArgumentException | IllegalStateException e) { // NaN; all is masked
        throw new BadInputException("row %,d of %s: %s".formatted(row, file, e.getMessage()));
      }
    }
    return perplexity;
  }
}
