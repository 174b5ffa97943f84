package org.logitkernels.examples;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.logitkernels.SamplerChain;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures what Spark adds to the time of a job: the program of {@code bin/spark-tales --cost}. */
@Command(
    name = "bin/spark-tales --cost",
    sortOptions = false,
    usageHelpWidth = 80,
    description =
        "%nMeasures what Apache Spark adds to the time of a job, and what a million tokens cost on a "
            + "cluster and in this JVM, with as many threads as the cluster has cores.%n",
    optionListHeading = "Options:%n")
public final class SparkCost implements Callable<Integer> {
  private static final int ROUNDS = 8;
  private static final int TASKS = 500;
  private static final int TALES = 16;

  @Option(names = "--cost", hidden = true)
  private boolean cost;

  @Option(
      names = "--chain",
      paramLabel = "TEXT",
      defaultValue = "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8",
      description = "The chain of the draws (default: \"${DEFAULT-VALUE}\").")
  private String chain = "";

  @Option(
      names = "--draws",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Draws of each core in a round (default: 20,000).")
  private int draws;

  @Mixin private final Cluster cluster = new Cluster();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;

  private SparkCost(PrintStream out) {
    this.out = out;
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
    return SparkTales.run(new SparkCost(out), out, err, args);
  }

  @Override
  public Integer call() throws BadInputException {
    SamplerChain parsed;
    try {
      parsed = SamplerChain.parse(chain);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--chain: " + e.getMessage());
    }
    if (draws < 1) {
      throw new BadInputException("--draws must be >= 1, but was " + draws);
    }
    Path model = Generate.modelFile(null, null, null, Cluster.MODEL);
    Checkpoint checkpoint = Checkpoint.read(model);
    Tokenizer tokenizer =
        Tokenizer.read(
            Generate.modelFile(null, null, null, "tokenizer.bin"), checkpoint.vocabularySize);
    int[] prompt = tokenizer.encode("Once upon a time", checkpoint.contextLength);
    long start = System.nanoTime();
    try (cluster) {
      JavaSparkContext context = cluster.open("bin/spark-tales --cost");
      int cores = Math.max(1, context.defaultParallelism());
      line("context and first executor", "%.1f s", seconds(start));
      context.addFile(model.toAbsolutePath().toString());
      try (ExecutorService threads = Executors.newFixedThreadPool(cores)) {
        jobs(context);
        ExecutorKernels kernels = new ExecutorKernels(context);
        line("a chain, serialized", "%,.0f bytes", bytes(parsed));
        line(
            "the function of a task, serialized",
            "%,.0f bytes",
            bytes(new TaleTeller(parsed, checkpoint.contextLength, kernels)));
        draws(context, new DrawCost(parsed, draws, kernels), cores, threads);
        tales(context, checkpoint, prompt, cores, threads);
        line("what has worked", "%s", kernels);
      } catch (Exception e) { // Scala's methods throw what they like
        throw Cluster.failed(e);
      }
    }
    return 0;
  }

  /** Jobs that do nothing: what they take is Spark's. */
  private void jobs(JavaSparkContext context) {
    line("first job", "%.0f ms", 1e3 * empty(context, 1));
    line("a job of one task, after 20", "%.1f ms", 1e3 * median(context, 1));
    line(
        "each further task",
        "%.2f ms",
        1e3 * (median(context, TASKS) - median(context, 1)) / (TASKS - 1));
  }

  private static double median(JavaSparkContext context, int tasks) {
    int times = tasks == 1 ? 20 : 3;
    for (int i = 0; i < times; i++) {
      empty(context, tasks);
    }
    return IntStream.range(0, times)
        .mapToDouble(i -> empty(context, tasks))
        .sorted()
        .toArray()[times / 2];
  }

  private static double empty(JavaSparkContext context, int tasks) {
    long start = System.nanoTime();
    context.parallelize(Collections.nCopies(tasks, 0), tasks).count();
    return seconds(start);
  }

  /** Rounds of draws on executors, and in this JVM. The first rounds are warm-up. */
  private void draws(JavaSparkContext context, DrawCost draw, int cores, ExecutorService threads)
      throws Exception {
    List<Integer> tasks = IntStream.range(0, cores).boxed().toList();
    List<Double> there = new ArrayList<>();
    List<Double> here = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      there.add(seconds(context.parallelize(tasks, cores).map(draw).collect()));
      List<Callable<Long>> calls =
          tasks.stream().map(task -> (Callable<Long>) () -> draw.call(task)).toList();
      List<Long> nanos = new ArrayList<>();
      for (Future<Long> future : threads.invokeAll(calls)) {
        nanos.add(future.get());
      }
      here.add(seconds(nanos));
    }
    draws("draws of each core", there);
    draws("the same in this JVM", here);
  }

  private void draws(String what, List<Double> rounds) {
    double[] last = rounds.stream().skip(ROUNDS / 2).mapToDouble(round -> round).sorted().toArray();
    line(what + ": the first round", "%.2f s", rounds.getFirst());
    line("  a round once warm", "%.2f s", last[last.length / 2]);
    line("  a million draws once warm", "%.1f s", last[last.length / 2] / draws * 1e6);
  }

  /** The seconds of a round: the mean of its tasks, which run side by side. */
  private static double seconds(List<Long> nanos) {
    return nanos.stream().mapToLong(Long::longValue).average().orElseThrow() / 1e9;
  }

  /** Whole tales, the model's time included. */
  private void tales(
      JavaSparkContext context,
      Checkpoint checkpoint,
      int[] prompt,
      int cores,
      ExecutorService threads)
      throws Exception {
    SamplerChain usual = SamplerChain.parse("temperature=0.8, top_p=0.95");
    int steps = checkpoint.contextLength;
    List<Tale> begun =
        IntStream.range(0, TALES).mapToObj(i -> new Tale(i, i, prompt, new int[0])).toList();
    ExecutorKernels kernels = new ExecutorKernels(context);
    double[] seconds = new double[3];
    long tokens = 0;
    for (int round = 0; round < 3; round++) { // the last one counts
      for (int stages = 1; stages <= 2; stages++) {
        long start = System.nanoTime();
        tokens =
            TaleTeller.tell(context.parallelize(begun, 4 * cores), usual, steps, stages, kernels)
                .collect()
                .stream()
                .mapToLong(tale -> tale.drawn().length)
                .sum();
        seconds[stages] = seconds(start);
      }
      long start = System.nanoTime();
      TaleTeller teller = new TaleTeller(usual, steps, kernels);
      List<Callable<Object>> calls =
          begun.stream()
              .map(tale -> (Callable<Object>) () -> teller.call(List.of(tale).iterator()))
              .toList();
      for (Future<Object> future : threads.invokeAll(calls)) {
        future.get();
      }
      seconds[0] = seconds(start);
    }
    double million = 1e6 / tokens;
    line("a million tokens of tales, all cores", "%.0f s", million * seconds[1]);
    line("  in two stages", "%.0f s", million * seconds[2]);
    line("  in this JVM", "%.0f s", million * seconds[0]);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static double bytes(Object object) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.size();
  }

  private void line(String what, String format, Object value) {
    out.println("%-44s".formatted(what) + String.format(Locale.ROOT, format, value));
    out.flush();
  }
}
