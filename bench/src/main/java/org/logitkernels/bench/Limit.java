package org.logitkernels.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.logitkernels.Kernels;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares the library with loops written by hand in C++: the program behind {@code bin/limit}.
 * Each round times one, then the other, on the same rows, so that a machine that is shared meets
 * both alike.
 */
@Command(
    name = "bin/limit",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Compares the kernels with loops written by hand in C++ (folder limit), which it builds: with AVX-512 where "
          + "the processor has it and this JVM uses it, or else with AVX2. Both are timed by turns on the same rows; a table has the "
          + "medians and the ratios. Takes some minutes.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bin/limit",
      "  bin/limit --only 'softmax|argMax'",
      "  bin/limit --only topK40 --rounds 101",
      "  JDK_JAVA_OPTIONS=-XX:UseAVX=3 bin/limit     # AVX-512 also where a JVM leaves it alone",
      "",
      "Exit status: 0; 1 if there is no C++ compiler, or neither AVX-512 nor AVX2 with FMA, or if a measurement failed; "
          + "2 for unusable options."
    })
public final class Limit implements Callable<Integer> {
  private static final int[] LONG = {32_000, 128_256};
  private static final int[] SHORT = {
    64, 128, 256, 512, 1024, 2048, 4096, LimitLoops.LONGEST_SHORT
  };
  private static final int[] ATTENTION = {8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
  private static final int[] EXPERTS = {64, 128, 256};
  private static final int LONGEST_TOP_K = 512;

  /** Short rows in turn: more than the first level of cache holds, where they are not tiny. */
  private static final int MOST_ROWS = 512;

  private static final int MOST_LOGITS = 1 << 18;

  /** Logits in a burst of short rows. A burst of long ones is one call. */
  private static final int BURST = 1 << 20;

  private static final int WARM_UP = 50;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = ".*",
      description =
          "Workloads whose whole name matches: argMax, softmax, softmaxRows, route128, topK40, topP90Token, ...")
  private String only = "";

  @Option(
      names = "--logits",
      paramLabel = "N",
      split = ",",
      description = "Only rows of these lengths: 8 to 8192 by powers of two, 32000, 128256.")
  private List<Integer> lengths = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "15",
      description = "How often each is timed (default: ${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--milliseconds",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "How long at a time (default: ${DEFAULT-VALUE}); the warm-up is 50 times that or longer.")
  int milliseconds;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results to a file too.")
  private @Nullable Path json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final Path source;

  Limit(Path root) {
    source = root.resolve("limit/limit.cpp");
  }

  /**
   * Runs the program and ends the JVM with its exit status: 0, 1 if the C++ cannot be built or run,
   * 2 for unusable options.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    Children.endWithThisJvm();
    int status = commandLine(Path.of(System.getProperty("logitkernels.root", ""))).execute(args);
    if (System.out.checkError()) { // which println keeps to itself
      System.err.println("bin/limit: the output could not be written");
      status = Math.max(status, CommandLine.ExitCode.SOFTWARE);
    }
    System.exit(status);
  }

  /** The program, for the project in a folder. */
  static CommandLine commandLine(Path root) {
    return new CommandLine(new Limit(root))
        .setParameterExceptionHandler((e, a) -> failed(e, CommandLine.ExitCode.USAGE))
        .setExecutionExceptionHandler(
            (e, c, parsed) -> {
              if (e instanceof IllegalArgumentException) {
                return failed(e, CommandLine.ExitCode.USAGE);
              }
              if (e instanceof LimitProgram.Lacking || e instanceof IOException) {
                return failed(e, CommandLine.ExitCode.SOFTWARE);
              }
              throw e;
            });
  }

  private static int failed(Exception e, int status) {
    Children.awaitEnd();
    System.err.println("bin/limit: " + e.getMessage());
    return status;
  }

  /**
   * A workload.
   *
   * @param name as the table has it
   * @param ours the library's loop
   * @param loops the loops in C++, of which the fastest counts
   */
  record Workload(String name, String ours, List<String> loops) {
    static Workload of(String name) {
      return new Workload(name, name, List.of(name));
    }
  }

  /**
   * Workloads on the same rows.
   *
   * @param logits in a row
   * @param allowed how many tokens the mask allows; 0 for no mask
   */
  record Part(int logits, int allowed, List<Workload> workloads) {
    /** Calls to a burst. */
    int calls() {
      return isShort() ? BURST / logits : 1;
    }

    private boolean isShort() {
      return logits <= LimitLoops.LONGEST_SHORT;
    }

    /** The rows, one behind the other: those of the other benchmarks, or normal ones if short. */
    float[] rows() {
      if (!isShort()) {
        float[] rows = new float[BenchRows.COUNT * logits];
        float[][] each = BenchRows.of(BenchRows.Distribution.LLM, logits);
        for (int i = 0; i < each.length; i++) {
          System.arraycopy(each[i], 0, rows, i * logits, logits);
        }
        return rows;
      }
      int count = Math.max(BenchRows.COUNT, Math.min(MOST_ROWS, MOST_LOGITS / logits));
      float[] rows = new float[count * logits];
      SplittableRandom random = new SplittableRandom(logits);
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) (2.5 * random.nextGaussian());
      }
      return rows;
    }

    /** The mask, a bit to a token. */
    long[] mask() {
      long[] mask = new long[allowed == 0 ? 0 : (logits + Long.SIZE - 1) / Long.SIZE];
      SplittableRandom random = new SplittableRandom(allowed);
      int left = allowed;
      for (int i = 0; left > 0; i++) { // each choice of so many tokens is as likely as any other
        if (random.nextInt(logits - i) < left) {
          mask[i / Long.SIZE] |= 1L << i;
          left--;
        }
      }
      return mask;
    }

    private Part only(Predicate<String> names) {
      return new Part(logits, allowed, workloads.stream().filter(w -> names.test(w.name)).toList());
    }
  }

  /** All that is measured. */
  static List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (int logits : LONG) {
      parts.add(
          new Part(
              logits,
              0,
              Stream.of(
                      "argMax",
                      "logSumExp",
                      "softmax",
                      "topK40",
                      "topK1000",
                      "chain",
                      "draw",
                      "topP90Token")
                  .map(Workload::of)
                  .toList()));
    }
    for (int logits : SHORT) {
      Stream<String> names = Stream.of("softmax", "logSumExp", "argMax");
      parts.add(
          new Part(
              logits,
              0,
              (logits <= LONGEST_TOP_K ? Stream.concat(names, Stream.of("topK8")) : names)
                  .map(Workload::of)
                  .toList()));
    }
    for (int length : ATTENTION) {
      parts.add(
          new Part(
              length, 0, List.of(new Workload("softmaxRows", "softmaxRows", List.of("softmax")))));
    }
    for (int experts : EXPERTS) {
      parts.add(
          new Part(
              experts, 0, List.of(new Workload("route" + experts, "route8", List.of("route8")))));
    }
    int logits = LONG[1];
    parts.add(masked(logits, logits / 2, "Half"));
    parts.add(masked(logits, logits / 100, "OneInHundred"));
    parts.add(masked(logits, 16, "Sixteen"));
    return parts;
  }

  /** Workloads with a mask. */
  static Part masked(int logits, int allowed, String name) {
    return new Part(
        logits,
        allowed,
        List.of(
            new Workload("greedy" + name, "greedy", List.of("greedyMasked", "greedyGathered")),
            new Workload("draw" + name, "drawAllowed", List.of("drawMasked", "drawGathered"))));
  }

  @Override
  public Integer call() throws IOException, LimitProgram.Lacking {
    LimitRun run = compare(chosen());
    System.out.print(run.table(name -> true)); // first: a file may fail
    if (json != null) {
      JSON.writeValue(json.toFile(), run);
      System.out.println("Written to " + json.toAbsolutePath().normalize());
    }
    return CommandLine.ExitCode.OK;
  }

  /** Builds the program and measures parts, one after the other. */
  LimitRun compare(List<Part> parts) throws IOException, LimitProgram.Lacking {
    Path folder = Files.createTempDirectory("limit");
    try (Progress progress =
        Progress.of(parts.stream().mapToLong(part -> part.workloads.size()).sum())) {
      LimitProgram.Compiler compiler = LimitProgram.Compiler.find(System.getenv("CXX"));
      LimitProgram.Vectors vectors = compiler.vectors(folder, Kernels.named("vector").vectorBits());
      Path program = compiler.compile(source, vectors, folder);
      List<LimitRun.Line> lines = new ArrayList<>();
      for (Part part : parts) {
        lines.addAll(measure(part, program, folder, progress));
      }
      return new LimitRun(
          Machine.processor(),
          Machine.jdk(),
          compiler.version(),
          vectors.text,
          Machine.commit(),
          rounds,
          milliseconds,
          Machine.flags(),
          lines);
    } finally {
      remove(folder);
    }
  }

  private List<Part> chosen() {
    if (rounds < 1 || milliseconds < 1) {
      throw new IllegalArgumentException("--rounds and --milliseconds must be >= 1");
    }
    Predicate<String> names;
    try {
      names = Pattern.compile(only).asMatchPredicate();
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--only: '" + only + "' is not a regular expression: " + e.getDescription());
    }
    List<Part> chosen =
        parts().stream()
            .filter(part -> lengths.isEmpty() || lengths.contains(part.logits))
            .map(part -> part.only(names))
            .filter(part -> !part.workloads.isEmpty())
            .toList();
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "--only and --logits leave nothing of "
              + parts().stream()
                  .flatMap(part -> part.workloads.stream().map(w -> w.name + " " + part.logits))
                  .toList());
    }
    return chosen;
  }

  private List<LimitRun.Line> measure(Part part, Path program, Path folder, Progress progress)
      throws IOException {
    float[] rows = part.rows();
    long[] mask = part.mask();
    List<LimitRun.Line> lines = new ArrayList<>();
    LimitLoops loops = new LimitLoops(rows, part.logits, mask);
    try (LimitProgram limit = LimitProgram.start(program, folder, rows, part.logits, mask)) {
      for (Workload workload : part.workloads) {
        IntUnaryOperator loop = loops.loop(workload.ours);
        loops.warmUp(loop, part.calls(), (long) WARM_UP * milliseconds);
        double[] ours = new double[rounds];
        double[][] theirs = new double[workload.loops.size()][rounds];
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < theirs.length; i++) {
            theirs[i][round] = limit.time(workload.loops.get(i), part.calls(), milliseconds);
          }
          ours[round] = loops.time(loop, part.calls(), milliseconds);
        }
        LimitRun.Line line = line(workload, part.logits, theirs, ours);
        progress.step(
            String.format(
                Locale.ROOT, "%s of %d: %.2f", line.workload(), line.logits(), line.ratio()));
        lines.add(line);
      }
    }
    return lines;
  }

  /** What came out: the fastest loop in C++, and the ratios to it, round by round. */
  static LimitRun.Line line(Workload workload, int logits, double[][] theirs, double[] ours) {
    int fastest =
        IntStream.range(0, theirs.length)
            .boxed()
            .min(Comparator.comparingDouble(i -> quantile(theirs[i], 2)))
            .orElseThrow();
    double[] ratios = new double[ours.length];
    Arrays.setAll(ratios, round -> ours[round] / theirs[fastest][round]);
    return new LimitRun.Line(
        workload.name,
        logits,
        workload.loops.get(fastest),
        quantile(theirs[fastest], 2),
        quantile(ours, 2),
        quantile(ratios, 1),
        quantile(ratios, 2),
        quantile(ratios, 3));
  }

  private static double quantile(double[] values, int quarters) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) * quarters / 4];
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    Files.delete(folder);
  }
}
