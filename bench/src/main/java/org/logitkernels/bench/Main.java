package org.logitkernels.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
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
      "Times the kernels on 16 rotating rows, each backend and workload in a JVM of its own, and prints "
          + "microseconds a call, multiples of a bare read of the row, and bytes allocated a call.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bin/benchmark --quick",
      "  bin/benchmark --quick --only 'topK40|softmax' --backend vector,scalar",
      "  bin/benchmark --quick --peers --backend vector,jlama",
      "  bin/benchmark --quick --compare docs/results.json",
      "  bin/benchmark --turns --backend vector,native",
      "  bin/benchmark --sweep k,history",
      "  bin/benchmark --cold",
      "  bin/benchmark --engine --jvms 3",
      "  bin/benchmark --quick --html report.html",
      "  bin/benchmark --results docs/results.json,docs/cold-start.json --html report.html",
      "",
      "Exit status: 0; 1 if a measurement failed; 2 for unusable options."
    })
public final class Main implements Callable<Integer> {
  /** Pages with tables that are made from stored results. */
  static final List<String> PAGES =
      List.of("README.md", "docs/performance.md", "docs/cold-start.md");

  /** The page of all stored results, and what it is made from: the last is compared with others. */
  static final String REPORT = "docs/report.html";

  static final List<String> REPORTED =
      Stream.of(
              "results",
              "results-limit",
              "results-limit-xeon",
              "results-limit-avx2",
              "results-length",
              "results-sweeps",
              "results-masks",
              "cold-start",
              "results-xeon",
              "results-vocabularies",
              "results-steps",
              "results-histories",
              "results-distributions")
          .map(name -> "docs/" + name + ".json")
          .toList();

  /** Every workload draws 8 tokens at most, and names none above 7. */
  private static final int LEAST_VOCABULARY = 8;

  private static final String[] FLAGS = {"--add-modules", "jdk.incubator.vector", "-Xmx2g"};
  private static final List<String> BACKENDS =
      List.of("vector", "vector256", "vector128", "avx2", "scalar", "naive");
  private static final List<String> QUICK_BACKENDS = List.of("vector", "scalar", "naive");
  private static final List<String> HELD = List.of("native", "float16", "bfloat16", "mixed");
  private static final List<String> SWEPT = List.of("vector", "scalar");
  private static final List<String> PEERS = List.of("jlama", "onnxruntime", "pytorch");
  private static final List<String> IN_TURN =
      Stream.concat(Stream.of("vector"), HELD.stream()).toList();

  @Option(names = "--quick", description = "Short measurements, fewer backends: minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = ".*",
      description = "Workloads whose whole name matches: argMax, softmax, topK40, topP90Token, ...")
  private String only = "";

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      split = ",",
      defaultValue = "128256",
      description =
          "Logits in a row, from 8 (default: ${DEFAULT-VALUE}); of interest: 64, 512, 32000, 50257, 151936, 262144.")
  private List<Integer> vocabularies = List.of();

  @Option(
      names = "--distribution",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "llm",
      description = "${COMPLETION-CANDIDATES}, in lower case (default: ${DEFAULT-VALUE}).")
  private List<BenchRows.Distribution> distributions = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      description =
          "vector, vector256 and vector128 (no wider than that), avx2 (nothing of AVX-512), scalar, naive (plain "
              + "Java); vector on rows off the heap: native, float16, bfloat16, or mixed (by turns an array, native, "
              + "a segment of the heap); or a peer: jlama, onnxruntime, pytorch. Default: the first six; if quick, "
              + "vector, scalar and naive.")
  private @Nullable List<String> backends;

  @Option(
      names = "--peers",
      description =
          "The peers that --backend names, or else Jlama, ONNX Runtime and PyTorch too; downloads them.")
  private boolean peers;

  @Option(names = "--hot", description = "The same row at every call, not 16 in turn.")
  private boolean hot;

  @Option(
      names = "--inputs",
      paramLabel = "DIR",
      description = "Read the rows from DIR/{distribution}_{vocabulary}.f32: 16 rows of floats.")
  private @Nullable Path inputs;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where the results go (default: benchmark.json).")
  private @Nullable Path json;

  @Option(
      names = "--compare",
      paramLabel = "FILE",
      description =
          "After measuring, compare each median, in bare reads, with an earlier result, and flag what moved by "
              + "more than the noise of both.")
  private @Nullable Path compare;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Write a page with charts and tables of the results too: one file that needs nothing else. With --compare "
              + "it shows what moved.")
  private @Nullable Path html;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      split = ",",
      description =
          "Measure nothing: take these results, of whatever kind, for --html. Files of this program's and of "
              + "bin/limit's --json.")
  private @Nullable List<Path> results;

  @Option(
      names = "--jmh-json",
      paramLabel = "FILE",
      description =
          "Write what JMH has measured in JMH's own form too, for viewers such as jmh.morethan.io.")
  private @Nullable Path jmhJson;

  @Option(
      names = "--pictures",
      paramLabel = "DIR",
      description =
          "Measure nothing: draw ratios-light.svg, ratios-dark.svg and cold-start.svg from the results stored in "
              + "DIR. Needs Chromium or Chrome, which the variable CHROMIUM may name.")
  private @Nullable Path pictures;

  @Option(
      names = "--tables",
      description =
          "Measure nothing: fill the tables of README.md, docs/performance.md and docs/cold-start.md from the "
              + "files they name, and write docs/report.html.")
  private boolean tables;

  @Option(
      names = "--turns",
      description =
          "Measure backends by turns in one JVM, and print how many times the first one's each takes, with "
              + "quartiles; with one backend its workloads by turns. For machines that are shared.")
  private boolean turns;

  @Option(
      names = "--sweep",
      paramLabel = "NAME",
      split = ",",
      description =
          "Let a second input grow, and print the time, multiples of the first, and the exponent of growth between "
              + "neighbours: ${COMPLETION-CANDIDATES}, in lower case. In one JVM, by turns; --only names series, "
              + "--backend is vector or scalar. Writes a file only if --json names it.")
  private @Nullable List<Sweep.Input> sweeps;

  @Option(
      names = "--cold",
      description =
          "Measure the first seconds of JVMs that have just started, not the steady state: scalar, vector, "
              + "adaptive, and adaptive with an ahead-of-time cache; scalar and adaptive also on one processor. The "
              + "results go to cold-start.json unless --json says otherwise.")
  private boolean cold;

  @Option(
      names = "--engine",
      description =
          "Measure an engine that keeps every processor busy: the tokens of its first eight seconds with scalar, "
              + "vector and adaptive kernels, on all processors and on one. Writes a file only if --json names it.")
  private boolean engine;

  @Option(
      names = "--graal",
      paramLabel = "DIR",
      description =
          "With --cold and --engine: also with the compiler Graal, whose jars ./mvnw test-compile -Pgraal -pl core,vector leaves "
              + "in vector/target/graal.")
  private @Nullable Path graal;

  @Option(
      names = "--jvms",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "With --cold and --engine: JVMs to a backend and workload (default: ${DEFAULT-VALUE}).")
  private int jvms;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "5",
      description = "With --cold: how long each JVM samples (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private int failed;
  private final List<RunResult> jmh = new ArrayList<>();

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Main() {}

  /**
   * Runs the program and ends the JVM with its exit status: 0, 1 if a measurement failed or its
   * results could not be written, 2 for unusable options.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    Children.endWithThisJvm();
    CommandLine commandLine =
        new CommandLine(new Main())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler((e, a) -> refuse(e))
            .setExecutionExceptionHandler(
                (e, c, parsed) -> {
                  if (e instanceof IllegalArgumentException) {
                    return refuse(e);
                  }
                  if (e instanceof IOException || e instanceof IllegalStateException) {
                    System.err.println("benchmark: " + e.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                  }
                  throw e;
                });
    int status = commandLine.execute(args);
    if (System.out.checkError()) { // which println keeps to itself
      System.err.println("benchmark: the output could not be written");
      status = Math.max(status, CommandLine.ExitCode.SOFTWARE);
    }
    System.exit(status);
  }

  private static int refuse(Exception e) {
    System.err.println("benchmark: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws RunnerException, IOException, InterruptedException {
    if (tables) {
      Path root = Path.of(System.getProperty("logitkernels.root", ""));
      for (String page : PAGES) {
        Tables.fill(root, page, Main::table);
      }
      WebPage.write(root.resolve(REPORT), report(root));
      System.out.println(REPORT + ": " + REPORTED.size() + " results");
      return CommandLine.ExitCode.OK;
    }
    check();
    if (pictures != null) {
      for (Path picture : Pictures.draw(pictures)) {
        System.out.println("Written to " + written(picture));
      }
      return CommandLine.ExitCode.OK;
    }
    Result.@Nullable Run before = compare == null ? null : Runs.read(compare, Result.Run.class);
    if (results != null) {
      writePage(Runs.read(results), before);
      return CommandLine.ExitCode.OK;
    }
    if (cold) {
      return measureCold(json == null ? Path.of("cold-start.json") : json);
    }
    if (engine) {
      return measureEngine();
    }
    if (sweeps != null) {
      return measureGrowth(sweeps);
    }
    return turns
        ? measureInTurn()
        : measureWarm(json == null ? Path.of("benchmark.json") : json, before);
  }

  /** The page of the results stored in the project. */
  static String report(Path root) throws IOException {
    return WebPage.of(
        Runs.read(REPORTED.stream().map(root::resolve).toList()),
        Runs.read(root.resolve(REPORTED.getLast()), Result.Run.class));
  }

  private int measureGrowth(List<Sweep.Input> inputs) throws IOException {
    Sweep.Run run =
        Sweep.run(
            inputs,
            backends == null ? "vector" : backends.getFirst(),
            vocabularies,
            distributions,
            Pattern.compile(only).asMatchPredicate(),
            quick ? Sweep.QUICK : Sweep.LONG,
            System.out);
    if (json != null) {
      JSON.writeValue(json.toFile(), run);
      System.out.println("Written to " + written(json));
    }
    writePage(Runs.of(run), null);
    return CommandLine.ExitCode.OK;
  }

  private void writePage(Runs runs, Result.@Nullable Run before) throws IOException {
    if (html != null) {
      WebPage.write(html, WebPage.of(runs, before));
      System.out.println("Written to " + written(html));
    }
  }

  private int measureInTurn() {
    List<String> what = what();
    List<String> who = who();
    boolean ofOne = who.size() == 1;
    for (int vocabulary : vocabularies) {
      for (BenchRows.Distribution distribution : distributions) {
        String rows = vocabulary + " " + name(distribution) + (hot ? ", hot" : "");
        System.out.println(rows + ", " + Machine.processor() + ", " + Machine.jdk());
        List<List<String>> groups = ofOne ? List.of(what) : what.stream().map(List::of).toList();
        for (List<String> group : groups) {
          List<Turns.Contender> contenders =
              pairs(who, group).stream()
                  .map(pair -> contender(pair, ofOne, vocabulary, distribution))
                  .toList();
          if (!contenders.isEmpty()) {
            String title = ofOne ? who.getFirst() : group.getFirst();
            System.out.print(Turns.table(title, Turns.measure(contenders, Turns.FULL)));
          }
        }
      }
    }
    return CommandLine.ExitCode.OK;
  }

  private Turns.Contender contender(
      Pair pair, boolean byWorkload, int vocabulary, BenchRows.Distribution distribution) {
    KernelBenchmark benchmark = new KernelBenchmark();
    benchmark.workload = pair.workload;
    benchmark.backend = pair.backend;
    benchmark.vocabulary = vocabulary;
    benchmark.distribution = name(distribution);
    benchmark.inputs = folder();
    benchmark.hot = hot;
    return Turns.Contender.of(byWorkload ? pair.workload : pair.backend, benchmark);
  }

  private int measureEngine() throws IOException, InterruptedException {
    EngineRun run = EngineBenchmark.run(vocabularies.getFirst(), jvms, Setting.all(graal));
    System.out.print(run.table()); // first: a file may fail
    if (json != null) {
      JSON.writeValue(json.toFile(), run);
      System.out.println("Written to " + written(json));
    }
    return CommandLine.ExitCode.OK;
  }

  private int measureCold(Path json) throws IOException, InterruptedException {
    ColdResult.Run run =
        ColdBenchmark.run(vocabularies.getFirst(), jvms, seconds, Setting.all(graal));
    System.out.print(ColdBenchmark.table(run)); // first: a file may fail
    JSON.writeValue(json.toFile(), run);
    System.out.println("Written to " + written(json));
    writePage(Runs.of(run), null);
    return CommandLine.ExitCode.OK;
  }

  private static Path written(Path file) {
    return file.toAbsolutePath().normalize();
  }

  private int measureWarm(Path json, Result.@Nullable Run before)
      throws RunnerException, IOException {
    List<String> who = who();
    List<String> what = what();
    List<Result> results = measure(who, what);
    List<String> flags = new ArrayList<>(List.of(String.join(" ", FLAGS)));
    for (String backend : who) {
      if (ownFlags(backend).length > 0) {
        flags.add(backend + ": " + String.join(" ", ownFlags(backend)));
      }
    }
    Result.Run run =
        new Result.Run(Machine.processor(), Machine.jdk(), flags, Machine.commit(), results);
    System.out.print(Report.table(run)); // first: a file may fail
    if (before != null) {
      System.out.print(Report.comparison(before, run));
    }
    JSON.writeValue(json.toFile(), run);
    System.out.println("Written to " + written(json));
    if (jmhJson != null) {
      try (PrintStream out = new PrintStream(jmhJson.toFile(), StandardCharsets.UTF_8)) {
        ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(jmh);
      }
      System.out.println("Written to " + written(jmhJson));
    }
    writePage(Runs.of(run), before);
    if (failed > 0) {
      System.err.println("benchmark: " + failed + " failed");
    }
    return failed > 0 ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
  }

  private List<String> what() {
    List<String> what =
        KernelBenchmark.WORKLOADS.keySet().stream()
            .filter(Pattern.compile(only).asMatchPredicate())
            .toList();
    if (what.isEmpty()) {
      throw new IllegalArgumentException(
          "--only: '"
              + only
              + "' matches none of "
              + String.join(", ", KernelBenchmark.WORKLOADS.keySet()));
    }
    return what;
  }

  /** The table of a file of results: warm, cold, sweeps, or against the limit. */
  static String table(Path file, Predicate<String> workloads, Predicate<String> backends)
      throws IOException {
    Runs runs = Runs.read(List.of(file));
    return Stream.of(
            runs.sweeps().stream().map(run -> Sweep.page(run, workloads, backends)),
            runs.limits().stream().map(run -> run.table(workloads)),
            runs.engines().stream().map(EngineRun::table),
            runs.cold().stream().map(run -> Tables.table(run, workloads, backends)),
            runs.warm().stream().map(run -> Tables.table(run, workloads, backends)))
        .flatMap(tables -> tables)
        .findFirst()
        .orElseThrow();
  }

  /** The backends to measure: peers among them only as far as they are named, if any is. */
  List<String> who() {
    List<String> who =
        new ArrayList<>(
            backends != null ? backends : turns ? IN_TURN : quick ? QUICK_BACKENDS : BACKENDS);
    if (peers && who.stream().noneMatch(PEERS::contains)) {
      who.addAll(PEERS);
    }
    return who;
  }

  private void check() {
    if (results != null && html == null) {
      throw new IllegalArgumentException("--results goes with --html");
    }
    if (results != null && (cold || turns || sweeps != null || json != null || jmhJson != null)) {
      throw new IllegalArgumentException("--results goes with --html and --compare alone");
    }
    if (pictures != null && (cold || turns || sweeps != null || results != null || html != null)) {
      throw new IllegalArgumentException("--pictures goes with nothing else");
    }
    if (jmhJson != null && (cold || turns || sweeps != null)) {
      throw new IllegalArgumentException(
          "--jmh-json goes with neither --cold nor --sweep nor --turns: JMH measures none of them");
    }
    for (Path file : Stream.of(json, html, jmhJson).filter(Objects::nonNull).toList()) {
      Path folder = file.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new IllegalArgumentException(
            file + " cannot be written: there is no folder " + folder);
      }
    }
    if (cold && (quick || peers || backends != null || inputs != null || compare != null)) {
      throw new IllegalArgumentException(
          "--cold goes with --jvms, --seconds, --vocabulary, --graal, --json and --html alone");
    }
    if (turns && (cold || quick || peers || json != null || html != null || compare != null)) {
      throw new IllegalArgumentException(
          "--turns goes with --only, --backend, --vocabulary, --distribution, --inputs and --hot alone");
    }
    if (sweeps != null
        && (cold
            || turns
            || peers
            || hot
            || inputs != null
            || compare != null
            || backends != null && !SWEPT.contains(String.join(",", backends)))) {
      throw new IllegalArgumentException(
          "--sweep goes with --only, --quick, --vocabulary, --distribution, --json, --html, and --backend vector or scalar alone");
    }
    if (engine
        && (cold
            || turns
            || quick
            || peers
            || sweeps != null
            || results != null
            || pictures != null
            || backends != null
            || inputs != null
            || compare != null
            || html != null
            || jmhJson != null)) {
      throw new IllegalArgumentException(
          "--engine goes with --jvms, --vocabulary, --graal and --json alone");
    }
    if (graal != null && !((cold || engine) && Files.isDirectory(graal))) {
      throw new IllegalArgumentException(
          "--graal names a folder, and goes with --cold or --engine");
    }
    if ((cold || engine) && vocabularies.size() != 1) {
      throw new IllegalArgumentException("--cold and --engine take one --vocabulary");
    }
    if (jvms < 1) {
      throw new IllegalArgumentException("--jvms must be >= 1, but was " + jvms);
    }
    if (!(seconds > 0 && seconds <= 600)) {
      throw new IllegalArgumentException(
          "--seconds must be above 0 and at most 600, but was " + seconds);
    }
    try {
      Pattern.compile(only);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--only: '" + only + "' is not a regular expression: " + e.getDescription());
    }
    for (int vocabulary : vocabularies) {
      if (vocabulary < LEAST_VOCABULARY) {
        throw new IllegalArgumentException(
            "--vocabulary must be >= " + LEAST_VOCABULARY + ", but was " + vocabulary);
      }
      for (BenchRows.Distribution distribution : distributions) {
        if (inputs != null) {
          Path file = KernelBenchmark.file(inputs.toString(), name(distribution), vocabulary);
          long bytes = (long) Float.BYTES * BenchRows.COUNT * vocabulary;
          if (file.toFile().length() != bytes) { // 0 if there is none
            throw new IllegalArgumentException(
                "--inputs: " + file + " is not there, or has not " + bytes + " bytes");
          }
        }
      }
    }
    for (String backend : who()) {
      if (!BACKENDS.contains(backend) && !HELD.contains(backend) && !PEERS.contains(backend)) {
        throw new IllegalArgumentException(
            "--backend: '"
                + backend
                + "' is none of "
                + String.join(", ", BACKENDS)
                + ", "
                + String.join(", ", HELD)
                + ", "
                + String.join(", ", PEERS));
      }
      if (turns && ownFlags(backend).length > 0) {
        throw new IllegalArgumentException(
            "--backend: '" + backend + "' needs a JVM of its own, and --turns has one");
      }
      if (PEERS.contains(backend) && !peers) { // which is what bin/benchmark builds them by
        throw new IllegalArgumentException("--backend: '" + backend + "' needs --peers");
      }
    }
  }

  /** Where the rows are read from; empty for none. */
  private String folder() {
    return inputs == null ? "" : inputs.toAbsolutePath().toString();
  }

  private static String name(BenchRows.Distribution distribution) {
    return distribution.name().toLowerCase(Locale.ROOT);
  }

  private List<Result> measure(List<String> who, List<String> what) throws RunnerException {
    List<Result> results = new ArrayList<>();
    List<Pair> pairs = pairs(who, what);
    long all = (long) vocabularies.size() * distributions.size() * (1 + pairs.size());
    try (Progress progress = Progress.of(all)) {
      measure(pairs, results, progress);
    }
    return results;
  }

  private void measure(List<Pair> pairs, List<Result> results, Progress progress)
      throws RunnerException {
    for (int vocabulary : vocabularies) {
      for (BenchRows.Distribution distribution : distributions) {
        Measured roof = Measured.of(options(ReadBenchmark.class, vocabulary, distribution, FLAGS));
        jmh.add(roof.run());
        Result read = roof.result(Result.READ, "vector", vocabulary, name(distribution), hot, roof);
        results.add(read);
        progress.step(String.format(Locale.ROOT, "a bare read: %.2f us", read.median()));
        for (Pair pair : pairs) {
          ChainedOptionsBuilder options =
              options(KernelBenchmark.class, vocabulary, distribution, flags(pair.backend))
                  .param("workload", pair.workload)
                  .param("backend", pair.backend)
                  .param("inputs", folder());
          String what = pair.workload + ", " + pair.backend + ": ";
          try {
            Measured measured = Measured.of(options);
            jmh.add(measured.run());
            Result result =
                measured.result(
                    pair.workload, pair.backend, vocabulary, name(distribution), hot, roof);
            progress.step(what + String.format(Locale.ROOT, "%.2f us", result.median()));
            results.add(result);
          } catch (RunnerException e) { // the others are still of use
            Children.awaitEnd();
            progress.say(what + "failed: " + reason(e));
            progress.step(what + "failed");
            failed++;
          }
        }
      }
    }
  }

  /** What went wrong in a measuring JVM: the message of the innermost cause. */
  private static String reason(Throwable e) {
    if (e.getCause() != null) {
      return reason(e.getCause());
    }
    return e.getSuppressed().length > 0 ? reason(e.getSuppressed()[0]) : e.toString();
  }

  /** A backend and a workload that it has. */
  private record Pair(String backend, String workload) {}

  private static List<Pair> pairs(List<String> who, List<String> what) {
    return who.stream()
        .flatMap(backend -> what.stream().map(workload -> new Pair(backend, workload)))
        .filter(pair -> has(pair.backend, KernelBenchmark.WORKLOADS.get(pair.workload).method()))
        .toList();
  }

  /** Whether a backend has the method of a workload. */
  static boolean has(String backend, String method) {
    if (List.of("several", "batch", "row", "perplexity", "divergence").contains(method)) {
      return BACKENDS.contains(backend) && !backend.equals("naive");
    }
    if (method.startsWith(Check.TOKEN)) {
      return !PEERS.contains(backend) && !backend.equals("naive");
    }
    return switch (backend) {
      case "jlama" -> List.of("argMax", "softmax", "draw").contains(method);
      case "onnxruntime" -> List.of("argMax", "softmax", "topK").contains(method);
      case "pytorch" -> !List.of("logSumExp", "chain").contains(method);
      default -> true;
    };
  }

  /** The flags of a measuring JVM. */
  private static String[] flags(String backend) {
    return Stream.concat(Stream.of(FLAGS), Stream.of(ownFlags(backend))).toArray(String[]::new);
  }

  private static String[] ownFlags(String backend) {
    return switch (backend) {
      case "vector256" -> new String[] {"-XX:MaxVectorSize=32"};
      case "vector128" -> new String[] {"-XX:MaxVectorSize=16"};
      case "avx2" -> new String[] {"-XX:+IgnoreUnrecognizedVMOptions", "-XX:UseAVX=2"};
      case "onnxruntime", "pytorch" -> new String[] {"--enable-native-access=ALL-UNNAMED"};
      default -> new String[0];
    };
  }

  private ChainedOptionsBuilder options(
      Class<?> benchmark, int vocabulary, BenchRows.Distribution distribution, String... flags) {
    return new OptionsBuilder()
        .include("^" + benchmark.getName().replace(".", "\\.") + "\\..*$")
        .param("vocabulary", String.valueOf(vocabulary))
        .param("distribution", name(distribution))
        .param("hot", String.valueOf(hot))
        .warmupIterations(quick ? 4 : 5)
        .warmupTime(TimeValue.milliseconds(quick ? 500 : 1000))
        .measurementIterations(quick ? 3 : 5)
        .measurementTime(TimeValue.milliseconds(quick ? 300 : 1000))
        .forks(quick ? 1 : 2)
        .jvmArgsAppend(flags)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
  }
}
