package org.logitkernels.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.logitkernels.ElementType;
import org.logitkernels.Perplexity;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures perplexities on a cluster: the program of {@code bin/spark-tales --evaluate}. */
@Command(
    name = "bin/spark-tales --evaluate",
    sortOptions = false,
    usageHelpWidth = 80,
    description =
        "%nMeasures how well the model of bin/generate foretells a text, or stored logits their "
            + "targets, on Apache Spark: with the bits of bin/evaluate, whatever the partitions.%n",
    optionListHeading = "Options:%n",
    footer =
        "%nStored logits are read by every executor, so they must lie in a folder that all share.")
public final class SparkEvaluate implements Callable<Integer> {
  @Option(names = "--evaluate", hidden = true)
  private boolean evaluate;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Stored logits to measure, which bin/evaluate --store has written.")
  private @Nullable Path file;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "A text in UTF-8 to foretell, instead of the one that is bundled.")
  private @Nullable Path text;

  @Mixin private final Cluster cluster = new Cluster();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;
  private final PrintStream err;

  private SparkEvaluate(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    System.exit(Output.run("spark-tales", System.err, out -> run(out, System.err, args)));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    return SparkTales.run(new SparkEvaluate(out, err), out, err, args);
  }

  @Override
  public Integer call() throws BadInputException {
    if (file != null && text != null) {
      throw new BadInputException("a file of logits and --text do not go together");
    }
    StoredLogits stored = file == null ? null : StoredLogits.read(file);
    Path model = Generate.modelFile(null, null, null, Cluster.MODEL);
    Checkpoint checkpoint = Checkpoint.read(model);
    int vocabulary = stored == null ? checkpoint.vocabularySize : stored.vocabulary();
    List<int[]> texts =
        stored != null
            ? List.of()
            : Evaluate.texts(
                text,
                Tokenizer.read(Generate.modelFile(null, null, null, "tokenizer.bin"), vocabulary),
                checkpoint.contextLength);
    try (cluster) {
      JavaSparkContext context = cluster.open("bin/spark-tales --evaluate");
      context.addFile(model.toAbsolutePath().toString());
      ExecutorKernels kernels = new ExecutorKernels(context);
      int partitions = cluster.partitions(context);
      Perplexity found;
      try {
        found =
            stored == null
                ? PerplexityJob.ofTexts(context.parallelize(texts, partitions), kernels)
                : PerplexityJob.ofFile(context, stored, partitions, kernels);
      } catch (Exception e) { // Scala's methods throw what they like
        throw Cluster.failed(e);
      }
      if (stored == null) {
        Evaluate.print(out, "text", Evaluate.name(text), vocabulary, ElementType.FLOAT32, found);
      } else {
        Evaluate.print(out, "file", stored.file().toString(), vocabulary, stored.type(), found);
      }
      kernels.missing().forEach(line -> err.println("spark-tales: " + line));
      err.println("partitions %d, %s, %s".formatted(partitions, cluster.tasks, kernels));
    }
    return CommandLine.ExitCode.OK;
  }
}
