package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import org.logitkernels.Kernels;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes many texts on a cluster: the program behind {@code bin/spark-tales}. */
@Command(
    name = "bin/spark-tales",
    sortOptions = false,
    usageHelpWidth = 80,
    description = SparkTales.DESCRIPTION,
    optionListHeading = "Options:%n",
    footer = SparkTales.FOOTER)
public final class SparkTales implements Callable<Integer> {
  static final String DESCRIPTION =
      """

      Writes tales with the small language model of bin/generate, on Apache Spark. Without \
      options, threads of this machine tell a hundred that begin "Once upon a time".
      """;

  static final String FOOTER =
      """

      Tale n, counted from 0, is the one that bin/generate tells with the seed S + n and the \
      tale's prompt, token by token: whatever the cluster, the partitions and the stages, and \
      whatever has failed on the way and was told again. Between two stages tales move to \
      another partition, with their tokens.

      Tales go to standard output, or to a file, with an empty line between two. The line of \
      figures goes to standard error. Spark's log is spark/target/spark.log.

      Examples:
        bin/spark-tales --tales 1000 --seed 1 --out tales.txt
        bin/spark-tales --cluster --prompts prompts.txt
        bin/spark-tales --master spark://host:7077 --conf spark.speculation=true

      bin/spark-tales --evaluate measures perplexities, and bin/spark-tales --cost what Spark \
      adds to the time of a job. Both have options of their own, listed by --help behind these.

      Exit status: 0; 1 if the tales could not be written, as to a full device; 2 if an option, a \
      file or a cluster cannot be used.""";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "How each tale begins (default: \"Once upon a time\").")
  private @Nullable String prompt;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "How tales begin: each line of a text in UTF-8 is one beginning.")
  private @Nullable Path prompts;

  @Option(
      names = "--tales",
      paramLabel = "N",
      description =
          "How many tales; with --prompts its lines are taken in turn (default: as many as lines, or 100).")
  private @Nullable Integer tales;

  @Option(names = "--steps", paramLabel = "N", description = Generate.STEPS)
  private @Nullable Integer steps;

  @Option(
      names = "--chain",
      paramLabel = "TEXT",
      defaultValue = "temperature=0.8, top_p=0.95",
      description = "The sampler's chain (default: \"${DEFAULT-VALUE}\").")
  private String chain = "";

  @Option(
      names = "--seed",
      paramLabel = "S",
      description =
          "Seed of the first tale; each further one has the next (default: a new one each time; "
              + "the last line names it).")
  private @Nullable Long seed;

  @Option(
      names = "--stages",
      paramLabel = "N",
      description =
          "In how many stages tales are told (default: 2; 1 for mirostat and adaptive-p, which "
              + "cannot move).")
  private @Nullable Integer stages;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the tales to a file, once all are told.")
  private @Nullable Path file;

  @Mixin private final Cluster cluster = new Cluster();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;
  private final PrintStream err;

  private SparkTales(PrintStream out, PrintStream err) {
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
    return run(new SparkTales(out, err), out, err, args);
  }

  /** Runs one of the programs that are called by this name. */
  static int run(Object program, PrintStream out, PrintStream err, String... args) {
    return Generate.wholeNumbers(new CommandLine(program))
        .setOut(new PrintWriter(out, true))
        .setExecutionExceptionHandler(
            (e, c, parsed) -> {
              if (e instanceof BadInputException) {
                return refuse(err, e);
              }
              throw e;
            })
        .setParameterExceptionHandler((e, a) -> refuse(err, e))
        .execute(args);
  }

  private static int refuse(PrintStream err, Exception e) {
    err.println("spark-tales: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws BadInputException {
    Path model = Generate.modelFile(null, null, null, Cluster.MODEL);
    Checkpoint checkpoint = Checkpoint.read(model);
    Tokenizer tokenizer =
        Tokenizer.read(
            Generate.modelFile(null, null, null, "tokenizer.bin"), checkpoint.vocabularySize);
    SamplerChain parsed = chain(checkpoint.vocabularySize);
    int stageCount = stages(parsed);
    int limit = limit(checkpoint.contextLength);
    long first = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
    List<Tale> begun = begun(tokenizer, checkpoint.contextLength, limit, first);
    Path to = file;
    if (to != null
        && (Files.exists(to) && !Files.isRegularFile(to) || !Files.isWritable(folder(to)))) {
      throw new BadInputException("--out: " + to + " is no file that can be written");
    }

    try (cluster) {
      JavaSparkContext context = cluster.open("bin/spark-tales");
      context.addFile(model.toAbsolutePath().toString());
      ExecutorKernels kernels = new ExecutorKernels(context);
      int partitions = cluster.partitions(context);
      long start = System.nanoTime();
      List<Tale> told;
      try {
        told =
            new ArrayList<>(
                TaleTeller.tell(
                        context.parallelize(begun, partitions), parsed, limit, stageCount, kernels)
                    .collect());
      } catch (Exception e) { // Scala's methods throw what they like
        throw Cluster.failed(e);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      told.sort(Comparator.comparingInt(Tale::number));
      write(told, tokenizer);
      kernels.missing().forEach(line -> err.println("spark-tales: " + line));
      err.println(figures(told, seconds, partitions, stageCount, kernels, first));
    }
    return CommandLine.ExitCode.OK;
  }

  private SamplerChain chain(int vocabulary) throws BadInputException {
    try {
      SamplerChain parsed = SamplerChain.parse(chain);
      if (parsed.steps().contains(Step.allowed())) {
        throw new BadInputException("--chain: nothing here gives the mask that allowed() needs");
      }
      parsed.newSampler(vocabulary, 0, Kernels.named("scalar")); // the vocabulary may lack a token
      return parsed;
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--chain: " + e.getMessage());
    }
  }

  /** What mirostat and adaptive-p have learned of each draw does not follow from the tokens. */
  private int stages(SamplerChain parsed) throws BadInputException {
    boolean learns =
        parsed.steps().stream()
            .anyMatch(
                step ->
                    step instanceof Step.MirostatV1
                        || step instanceof Step.MirostatV2
                        || step instanceof Step.AdaptiveP);
    int count = stages != null ? stages : learns ? 1 : 2;
    if (count < 1 || count > 100) {
      throw new BadInputException("--stages must be in [1, 100], but was " + count);
    }
    if (learns && count > 1) {
      throw new BadInputException(
          "--stages must be 1 with mirostat and adaptive-p: what they have learned does not move");
    }
    return count;
  }

  private int limit(int context) throws BadInputException {
    if (steps != null && steps < 1) {
      throw new BadInputException("--steps must be >= 1, but was " + steps);
    }
    return steps == null ? context : Math.min(steps, context);
  }

  private List<Tale> begun(Tokenizer tokenizer, int context, int limit, long first)
      throws BadInputException {
    List<String> beginnings = beginnings();
    int count = tales != null ? tales : prompts == null ? 100 : beginnings.size();
    if (count < 1) {
      throw new BadInputException("--tales must be >= 1, but was " + count);
    }
    List<int[]> encoded = new ArrayList<>();
    for (String beginning : beginnings) {
      String place = "";
      if (prompts != null) {
        place = "line %,d of %s: ".formatted(encoded.size() + 1, prompts);
      }
      try {
        encoded.add(tokenizer.encode(beginning, context));
      } catch (BadInputException e) {
        throw new BadInputException(place + e.getMessage());
      }
      int length = encoded.getLast().length; // the first token begins every text
      if (length > limit) {
        throw new BadInputException(
            "%s--steps counts the prompt's %d tokens too, so it must be >= %d, but was %d"
                .formatted(place, length - 1, length, limit));
      }
    }
    List<Tale> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(new Tale(i, first + i, encoded.get(i % encoded.size()), new int[0]));
    }
    return begun;
  }

  private List<String> beginnings() throws BadInputException {
    if (prompts == null) {
      return List.of(prompt == null ? "Once upon a time" : prompt);
    }
    if (prompt != null) {
      throw new BadInputException("--prompt and --prompts do not go together");
    }
    Checkpoint.checkReadable("file of prompts", prompts);
    List<String> lines;
    try {
      lines = Files.readAllLines(prompts);
    } catch (IOException e) {
      throw new BadInputException(
          "the file of prompts " + prompts + " cannot be read: " + e.getMessage());
    }
    if (lines.isEmpty()) {
      throw new BadInputException("the file of prompts " + prompts + " is empty");
    }
    return lines;
  }

  private void write(List<Tale> told, Tokenizer tokenizer) throws BadInputException {
    Path to = file;
    if (to == null) {
      print(told, tokenizer, out);
      return;
    }
    try {
      Path part = Path.of(to + ".part");
      try {
        try (PrintStream stream = new PrintStream(part.toFile(), UTF_8)) {
          print(told, tokenizer, stream);
          if (stream.checkError()) {
            throw new IOException("its device takes no more");
          }
        }
        Files.move(part, to, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new BadInputException(to + " cannot be written: " + e.getMessage());
    }
  }

  private static Path folder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? file : folder;
  }

  private static void print(List<Tale> told, Tokenizer tokenizer, PrintStream to) {
    String between = "";
    for (Tale tale : told) {
      to.print(between);
      to.println(tale.text(tokenizer));
      between = System.lineSeparator();
    }
    to.flush();
  }

  private String figures(
      List<Tale> told,
      double seconds,
      int partitions,
      int stageCount,
      ExecutorKernels kernels,
      long first) {
    long tokens = told.stream().mapToLong(tale -> tale.drawn().length).sum();
    return String.format(
        Locale.ROOT,
        "%,d tales, %,d tokens, %,.0f tokens/s, stages %d, partitions %d, %s, %s, seed %d",
        told.size(),
        tokens,
        tokens / seconds,
        stageCount,
        partitions,
        cluster.tasks,
        kernels,
        first);
  }
}
