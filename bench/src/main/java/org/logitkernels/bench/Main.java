package org.logitkernels.bench;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the benchmarks and prints one table: the program behind {@code bin/benchmark}. */
@Command(
    name = "bin/benchmark",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Times the kernels on 16 rotating rows: vector, scalar and plain Java, each in a JVM of its own, and "
          + "prints microseconds a call, multiples of a bare read of the row, and bytes allocated a call.",
      ""
    })
public final class Main implements Callable<Integer> {
  @Option(names = "--quick", description = "Short measurements: the table in a few minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = ".*",
      description = "Workloads whose name holds a match: argMax, softmax, topK40, chain, ...")
  private String only = "";

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      split = ",",
      defaultValue = "128256",
      description = "Logits in a row (default: ${DEFAULT-VALUE}).")
  private List<Integer> vocabularies = List.of();

  @Option(
      names = "--distribution",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "llm",
      description = "${COMPLETION-CANDIDATES}, in lower case (default: ${DEFAULT-VALUE}).")
  private List<Rows.Distribution> distributions = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "vector,scalar,naive",
      description = "vector, scalar, naive (default: all).")
  private List<String> backends = List.of();

  @Option(
      names = "--inputs",
      paramLabel = "DIR",
      description = "Read the rows from DIR/{distribution}_{vocabulary}.f32: 16 rows of floats.")
  private @Nullable Path inputs;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "benchmark.json",
      description = "Where JMH's results go (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  /** The names of the workloads. */
  private static final List<String> WORKLOADS =
      Arrays.stream(KernelBenchmark.class.getMethods())
          .filter(method -> method.isAnnotationPresent(Benchmark.class))
          .map(Method::getName)
          .sorted()
          .toList();

  private Main() {}

  /**
   * Runs the program and ends the JVM with its exit status: 0, or 2 for unusable options.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    CommandLine commandLine =
        new CommandLine(new Main())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((e, a) -> refuse(e))
            .setExecutionExceptionHandler(
                (e, c, parsed) -> {
                  if (e instanceof IllegalArgumentException) {
                    return refuse(e);
                  }
                  throw e;
                });
    System.exit(commandLine.execute(args));
  }

  private static int refuse(Exception e) {
    System.err.println("benchmark: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws RunnerException {
    check();
    if (WORKLOADS.stream().noneMatch(Pattern.compile(only).asPredicate())) {
      throw new IllegalArgumentException(
          "--only: '" + only + "' matches none of " + String.join(", ", WORKLOADS));
    }
    System.err.println("Measuring a bare read ...");
    List<RunResult> reads = new ArrayList<>(run(options(ReadBenchmark.class, "read")));
    ChainedOptionsBuilder kernels = options(KernelBenchmark.class, ".*(" + only + ").*");
    kernels.param("backend", backends.toArray(String[]::new));
    kernels.param("inputs", inputs == null ? "" : inputs.toAbsolutePath().toString());
    kernels.result(json.toString()).resultFormat(ResultFormatType.JSON);
    System.err.println("Measuring the workloads ...");
    Collection<RunResult> results = run(kernels);
    print(reads, results);
    System.out.println();
    System.out.println("Processor: " + Machine.processor() + "; " + Machine.jdk());
    System.out.println("Written to " + json.toAbsolutePath().normalize());
    return CommandLine.ExitCode.OK;
  }

  private void check() {
    try {
      Pattern.compile(only);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--only: '" + only + "' is not a regular expression: " + e.getDescription());
    }
    for (int vocabulary : vocabularies) {
      if (vocabulary < 64) {
        throw new IllegalArgumentException("--vocabulary must be >= 64, but was " + vocabulary);
      }
      for (Rows.Distribution distribution : distributions) {
        if (inputs != null) {
          Path file = KernelBenchmark.file(inputs.toString(), name(distribution), vocabulary);
          if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("--inputs: " + file + " does not exist");
          }
        }
      }
    }
    for (String backend : backends) {
      if (!List.of("vector", "scalar", "naive").contains(backend)) {
        throw new IllegalArgumentException(
            "--backend: '" + backend + "' is none of vector, scalar, naive");
      }
    }
  }

  private static String name(Rows.Distribution distribution) {
    return distribution.name().toLowerCase(Locale.ROOT);
  }

  private ChainedOptionsBuilder options(Class<?> benchmarks, String method) {
    return new OptionsBuilder()
        .include("^" + benchmarks.getName().replace(".", "\\.") + "\\." + method + "$")
        .param("vocabulary", vocabularies.stream().map(String::valueOf).toArray(String[]::new))
        .param("distribution", distributions.stream().map(Main::name).toArray(String[]::new))
        .warmupIterations(quick ? 3 : 5)
        .warmupTime(TimeValue.milliseconds(quick ? 500 : 1000))
        .measurementIterations(quick ? 3 : 10)
        .measurementTime(TimeValue.milliseconds(quick ? 300 : 1000))
        .forks(quick ? 1 : 2)
        .addProfiler(GCProfiler.class)
        .verbosity(VerboseMode.SILENT);
  }

  private static Collection<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
    return new Runner(options.build()).run();
  }

  private static void print(Collection<RunResult> reads, Collection<RunResult> results) {
    Map<String, Double> roofs = new LinkedHashMap<>();
    for (RunResult read : reads) {
      roofs.put(row(read), read.getPrimaryResult().getScore());
    }
    System.out.printf(
        "%-12s %-11s %10s %-8s %11s %8s %9s %10s%n",
        "workload", "rows", "vocabulary", "backend", "us/call", "+-", "x read", "bytes/call");
    for (RunResult result : results) {
      Result<?> time = result.getPrimaryResult();
      Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
      double roof = roofs.getOrDefault(row(result), Double.NaN);
      System.out.printf(
          Locale.ROOT,
          "%-12s %-11s %10s %-8s %11.2f %8.2f %9.2f %10.0f%n",
          time.getLabel(),
          result.getParams().getParam("distribution"),
          result.getParams().getParam("vocabulary"),
          result.getParams().getParam("backend"),
          time.getScore(),
          time.getScoreError(),
          time.getScore() / roof,
          bytes == null ? Double.NaN : bytes.getScore());
    }
    roofs.forEach(
        (row, us) -> System.out.printf(Locale.ROOT, "a bare read of %s: %.2f us%n", row, us));
  }

  private static String row(RunResult result) {
    return result.getParams().getParam("vocabulary")
        + " logits, "
        + result.getParams().getParam("distribution");
  }
}
