package org.logitkernels.bench;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * How the time of a call grows with a second input, all else the same. Between neighbours stands
 * the exponent of growth: 1 where the time grows as the input does, 2 for a square, and more at a
 * cliff. The sizes of one series are measured by turns.
 */
final class Sweep {
  /** An exponent above this is a square or a cliff; what is linear is below it on any machine. */
  static final double STEEP = 1.3;

  static final Turns.Effort LONG = effort(400_000_000L, 1_000_000L, 100, 20_000_000_000L);
  static final Turns.Effort QUICK = effort(100_000_000L, 500_000L, 30, 5_000_000_000L);

  private static final int MOST_TRIES = 6;
  private static final double FASTER = 0.9;
  private static final int LONGEST = 262_144;
  private static final int LONGEST_HISTORY = 1 << 20;
  private static final int MOST_DRAWS = 32_000;
  private static final Map<String, SamplerChain> CHAINS =
      new TreeMap<>(Map.of("chain", Library.CHAIN, "draw", SamplerChain.of()));

  private static final Map<String, String> CHANGES =
      new TreeMap<>(
          Map.of(
              "repetition", "repetition_penalty=1.1, top_k=40",
              "frequency", "frequency_penalty=0.2",
              "noRepeatNgram", "no_repeat_ngram=3, top_k=40",
              "dry", "dry(0.8, base=1.75, allowed=2, range=2000000), top_k=40"));
  private static final Map<String, String> ONE_TOKEN = // is looked up
      Map.of(
          "noRepeatNgram", "no_repeat_ngram=2, top_k=40",
          "dry", "dry(0.8, base=1.75, allowed=1, range=2000000), top_k=40");

  private final Kernels kernels;
  private final int vocabulary;
  private final BenchRows.Distribution distribution;
  private final int most;
  private float[][] rows = {};

  /**
   * Of rows of a vocabulary.
   *
   * @param most no second input is larger than this
   */
  Sweep(Kernels kernels, int vocabulary, BenchRows.Distribution distribution, int most) {
    this.kernels = kernels;
    this.vocabulary = vocabulary;
    this.distribution = distribution;
    this.most = most;
  }

  /**
   * By the time that the processor spends on the thread. On a machine that is shared a call of some
   * milliseconds is interrupted more often than not.
   */
  private static Turns.Effort effort(long warmUp, long burst, int rounds, long most) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    boolean known = threads.isThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();
    return new Turns.Effort(
        warmUp, burst, rounds, most, known ? threads::getCurrentThreadCpuTime : System::nanoTime);
  }

  /** What grows. */
  enum Input {
    LENGTH("logits in a row"),
    K("the k of a top-k"),
    /** 0 stands for no mask. */
    MASK("tokens that a mask allows"),
    HISTORY("tokens of the history"),
    DRAWS("tokens drawn without replacement"),
    BATCH("rows of a batch"),
    THREADS("threads of a batch");

    private final String what;

    Input(String what) {
      this.what = what;
    }

    /** What it is, in words. */
    String what() {
      return what;
    }
  }

  /**
   * What is measured at each of some sizes.
   *
   * @param each whether a call does as much for each unit of the size, so that its share is shown
   * @param call makes what is timed at a size
   */
  record Plan(String name, boolean each, int[] sizes, IntFunction<DoubleSupplier> call) {}

  /**
   * The time at one size.
   *
   * @param time microseconds a call
   * @param times how many times the first one's time, or its share, that is
   * @param exponent of growth of the call since the size before; NaN if there is none, or it is 0
   */
  record Point(int size, double time, double times, double exponent) {}

  /** The times of a plan, by ascending size. */
  record Series(
      String input,
      String name,
      int vocabulary,
      String distribution,
      boolean each,
      List<Point> points) {
    /** From microseconds a call. */
    static Series of(
        Input input,
        String name,
        int vocabulary,
        String distribution,
        boolean each,
        int[] sizes,
        double[] times) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < sizes.length; i++) {
        double exponent =
            i == 0 || sizes[i - 1] == 0
                ? Double.NaN
                : Math.log(times[i] / times[i - 1]) / Math.log((double) sizes[i] / sizes[i - 1]);
        double ratio = times[i] / times[0];
        points.add(
            new Point(sizes[i], times[i], each ? ratio * sizes[0] / sizes[i] : ratio, exponent));
      }
      return new Series(lower(input), name, vocabulary, distribution, each, points);
    }

    /** Microseconds a call, or a unit of its size. */
    double shown(Point point) {
      return each ? point.time / point.size : point.time;
    }

    /** The index of the steepest point; 0 if nothing was compared. */
    int steepest() {
      int steepest = 0;
      for (int i = 1; i < points.size(); i++) {
        double exponent = points.get(i).exponent;
        if (!(exponent <= points.get(steepest).exponent) && !Double.isNaN(exponent)) {
          steepest = i;
        }
      }
      return steepest;
    }
  }

  /** A run's series, and what they were measured on. */
  record Run(
      String processor,
      String jdk,
      List<String> flags,
      String commit,
      String backend,
      List<Series> sweeps) {
    /** Old files do not tell the flags. */
    Run {
      flags = Machine.known(flags);
    }
  }

  /** Measures, and prints each series when it is there. */
  static Run run(
      List<Input> inputs,
      String backend,
      List<Integer> vocabularies,
      List<BenchRows.Distribution> distributions,
      Predicate<String> only,
      Turns.Effort effort,
      PrintStream out) {
    record Part(Input input, int vocabulary, BenchRows.Distribution distribution) {}
    List<Part> parts = new ArrayList<>();
    for (Input input : inputs) {
      for (int vocabulary : input == Input.LENGTH ? List.of(LONGEST) : vocabularies) {
        for (BenchRows.Distribution distribution : distributions) {
          parts.add(new Part(input, vocabulary, distribution));
        }
      }
    }
    List<Series> all = new ArrayList<>();
    for (Part part : parts) {
      Sweep sweep =
          new Sweep(Kernels.named(backend), part.vocabulary, part.distribution, Integer.MAX_VALUE);
      List<Plan> plans =
          sweep.plans(part.input).stream().filter(plan -> only.test(plan.name)).toList();
      try (Progress progress = Progress.of(plans.size())) {
        for (Plan plan : plans) {
          all.add(sweep.measure(part.input, plan, effort));
          progress.step(part.input.what() + ", " + plan.name);
        }
      }
      all.subList(all.size() - plans.size(), all.size())
          .forEach(series -> out.print(table(series)));
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("--only matches nothing that is swept");
    }
    out.print(summary(all));
    return new Run(
        Machine.processor(), Machine.jdk(), Machine.flags(), Machine.commit(), backend, all);
  }

  /**
   * Warms up and measures the sizes of a plan by turns, and again as long as that makes one of them
   * faster: on a busy machine the compiler may be late.
   */
  Series measure(Input input, Plan plan, Turns.Effort given) {
    Turns.Effort effort =
        input == Input.THREADS // whose own time is not the caller's
            ? new Turns.Effort(
                given.warmUp(), given.burst(), given.rounds(), given.most(), System::nanoTime)
            : given;
    List<DoubleSupplier> calls = IntStream.of(plan.sizes).mapToObj(plan.call).toList();
    double[] times = new double[plan.sizes.length];
    Arrays.fill(times, Double.POSITIVE_INFINITY);
    boolean faster = true;
    for (int i = 0; faster && i < MOST_TRIES; i++) {
      faster = false;
      List<Turns.Contender> contenders =
          calls.stream().map(call -> Turns.Contender.of(plan.name, call, effort)).toList();
      List<Turns.Took> took = Turns.measure(contenders, effort);
      for (int j = 0; j < times.length; j++) {
        faster |= took.get(j).least() < FASTER * times[j];
        times[j] = Math.min(times[j], took.get(j).least());
      }
    }
    return Series.of(
        input, plan.name, vocabulary, lower(distribution), plan.each, plan.sizes, times);
  }

  /** What is measured for an input. */
  List<Plan> plans(Input input) {
    return switch (input) {
      case LENGTH -> lengths();
      case K -> ks();
      case MASK -> masks();
      case HISTORY -> histories();
      case DRAWS -> draws();
      case BATCH -> batches(sizes(1, BenchRows.BATCH, 2), true);
      case THREADS -> batches(sizes(1, Runtime.getRuntime().availableProcessors(), 2), false);
    };
  }

  private List<Plan> lengths() {
    int[] lengths = sizes(8, LONGEST, 2);
    Map<Integer, float[][]> made = new TreeMap<>();
    for (int length : lengths) {
      made.put(length, BenchRows.of(distribution, length));
    }
    Library library = new Library(kernels, lengths[lengths.length - 1]);
    int[] ids = new int[40];
    float[] values = new float[40];
    Map<String, Call> calls = new TreeMap<>();
    calls.put("softmax", (x, u) -> library.softmax(x)[0]);
    calls.put("logSumExp", (x, u) -> library.logSumExp(x));
    calls.put("argMax", (x, u) -> library.argMax(x));
    calls.put("topK8", (x, u) -> library.topK(x, 8, ids, values));
    calls.put("topK40", (x, u) -> library.topK(x, 40, ids, values));
    calls.put("draw", (x, u) -> library.draw(x, 0.8f, u));
    return calls.entrySet().stream()
        .map(
            e ->
                new Plan(
                    e.getKey(),
                    false,
                    lengths,
                    n -> inTurn(made.getOrDefault(n, rows), e.getValue())))
        .toList();
  }

  private List<Plan> ks() {
    Library library = new Library(kernels, vocabulary);
    int[] ids = new int[vocabulary];
    float[] values = new float[vocabulary];
    return List.of(
        new Plan(
            "topK",
            false,
            sizes(1, vocabulary, Math.sqrt(2)),
            k -> inTurn(rows(), (x, u) -> library.topK(x, k, ids, values))));
  }

  private List<Plan> masks() {
    int[] allowed =
        Stream.concat(
                Stream.of(0, 16),
                Stream.of(0.001, 0.01, 0.02, 0.1, 0.5, 0.99)
                    .map(share -> (int) Math.round(share * vocabulary)))
            .filter(n -> n == 0 || n >= 16)
            .mapToInt(n -> n)
            .distinct()
            .toArray();
    return Stream.of(
            masked("greedy", allowed, SamplerChain.greedy()),
            masked("draw", allowed, SamplerChain.of()),
            masked("chain", allowed, Library.CHAIN))
        .toList();
  }

  private Plan masked(String name, int[] allowed, SamplerChain chain) {
    SamplerChain behind =
        SamplerChain.of(
            Stream.concat(Stream.of(Step.allowed()), chain.steps().stream()).toArray(Step[]::new));
    return new Plan(
        name,
        false,
        allowed,
        n -> {
          Sampler sampler = (n == 0 ? chain : behind).newSampler(vocabulary, 1, kernels);
          long[] mask = mask(n);
          return inTurn(
              rows(),
              (x, u) -> {
                if (n > 0) {
                  sampler.allow(mask);
                }
                return sampler.sample(x, 0, x.length, u);
              });
        });
  }

  /** So many bits of a vocabulary, anywhere. */
  private long[] mask(int tokens) {
    SplittableRandom random = new SplittableRandom(tokens);
    long[] mask = new long[(vocabulary + 63) / 64];
    for (int set = 0; set < tokens; ) {
      int token = random.nextInt(vocabulary);
      set += (mask[token / 64] >> token & 1) == 0 ? 1 : 0;
      mask[token / 64] |= 1L << token;
    }
    return mask;
  }

  private List<Plan> histories() {
    int[] sizes =
        IntStream.concat(IntStream.of(0), IntStream.of(sizes(1, LONGEST_HISTORY, 4))).toArray();
    float[][] same = new float[BenchRows.COUNT][]; // what is best in one must be in all
    Arrays.setAll(same, i -> rows()[0].clone());
    List<Plan> plans = new ArrayList<>();
    CHANGES.forEach(
        (name, chain) -> {
          for (boolean best : new boolean[] {false, true}) {
            plans.add(
                new Plan(
                    name + (best ? "-best" : "-random"),
                    false,
                    sizes,
                    n -> {
                      int[] tokens = tokens(n, best);
                      return behind(tokens, tokens, SamplerChain.parse(chain), same);
                    }));
          }
        });
    for (String name : List.of("dry", "noRepeatNgram")) {
      for (int period : new int[] {10, 1000}) {
        plans.add(
            repeating(name + "-period" + period, sizes, CHANGES.get(name), i -> i % period, same));
      }
      plans.add(
          repeating(
              name + "-successors",
              sizes,
              ONE_TOKEN.get(name),
              i -> i % 2 == 0 ? 0 : 1 + i / 2 % (vocabulary - 1), // 0 before each other token
              same));
    }
    return plans;
  }

  /** Behind a history that repeats itself, the token that goes on doing so is accepted. */
  private Plan repeating(
      String name, int[] sizes, String chain, IntUnaryOperator tokens, float[][] same) {
    return new Plan(
        name,
        false,
        sizes,
        n ->
            behind(
                IntStream.range(0, n).map(tokens).toArray(),
                n == 0 ? new int[0] : new int[] {tokens.applyAsInt(n)},
                SamplerChain.parse(chain),
                same));
  }

  /** Any tokens, or the first row's best ones. */
  private int[] tokens(int count, boolean best) {
    if (!best) {
      return new SplittableRandom(count).ints(count, 0, vocabulary).toArray();
    }
    int[] order = new int[vocabulary];
    int unmasked =
        new Library(kernels, vocabulary).topK(rows()[0], vocabulary, order, new float[vocabulary]);
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> order[i % unmasked]);
    return tokens;
  }

  /**
   * Behind a history one of some tokens is accepted, the next is drawn, and the first taken back.
   */
  private DoubleSupplier behind(int[] history, int[] accepted, SamplerChain chain, float[][] same) {
    Sampler sampler = chain.newSampler(vocabulary, 1, kernels);
    for (int token : history) {
      sampler.accept(token);
    }
    int[] next = {0};
    return inTurn(
        same,
        (x, u) -> {
          if (accepted.length > 0) {
            sampler.accept(accepted[next[0]++ % accepted.length]);
          }
          int token = sampler.sample(x, 0, x.length, u);
          sampler.rollback(Math.min(accepted.length, 1));
          return token;
        });
  }

  private List<Plan> draws() {
    int[] sizes = sizes(1, Math.min(MOST_DRAWS, vocabulary), 2);
    int largest = sizes[sizes.length - 1];
    return List.of(
        drawn("row", sizes, SamplerChain.of()),
        drawn("survivors", sizes, SamplerChain.of(Step.topK(largest))));
  }

  private Plan drawn(String name, int[] sizes, SamplerChain chain) {
    return new Plan(
        name,
        true,
        sizes,
        n -> {
          Sampler sampler = chain.newSampler(vocabulary, 1, kernels);
          int[] ids = new int[n];
          double[] perturbed = new double[n];
          return inTurn(
              rows(),
              (x, u) -> sampler.sampleWithoutReplacement(x, 0, x.length, u, n, ids, perturbed));
        });
  }

  /** Batches of more and more rows, or the largest on more and more threads. */
  private List<Plan> batches(int[] sizes, boolean ofRows) {
    float[] batch = BenchRows.batch(rows());
    int[] ids = new int[BenchRows.BATCH];
    return CHAINS.entrySet().stream()
        .map(
            chain ->
                new Plan(
                    chain.getKey(),
                    ofRows,
                    sizes,
                    n -> {
                      Library library = new Library(kernels, vocabulary);
                      int count = ofRows ? n : BenchRows.BATCH;
                      return inTurn(
                          new float[][] {Arrays.copyOf(batch, count * vocabulary)},
                          (x, u) -> {
                            library.batch(
                                x, count, chain.getValue(), ofRows ? 1 : n, (long) (1024 * u), ids);
                            return ids[0];
                          });
                    }))
        .toList();
  }

  /** The rows of the vocabulary, made when first needed. */
  private float[][] rows() {
    if (rows.length == 0) {
      rows = BenchRows.of(distribution, vocabulary);
    }
    return rows;
  }

  /** A call on one row. */
  private interface Call {
    double on(float[] x, double u);
  }

  /** Calls on rows in turn. */
  private static DoubleSupplier inTurn(float[][] rows, Call call) {
    int[] next = {0};
    return () -> {
      int i = next[0]++;
      return call.on(rows[i % rows.length], (i & 1023) / 1024.0);
    };
  }

  /** From one size to another by a factor, both ends among them, as far as sizes may go. */
  private int[] sizes(int from, int to, double factor) {
    int end = Math.max(from, Math.min(to, most));
    int steps = (int) Math.ceil(Math.log((double) end / from) / Math.log(factor) - 1e-9);
    return IntStream.rangeClosed(0, steps)
        .map(i -> (int) Math.min(end, Math.round(from * Math.pow(factor, i))))
        .distinct()
        .toArray();
  }

  /** A line to a size. */
  static String table(Series series) {
    Formatter text = new Formatter(Locale.ROOT);
    text.format(
        "%s, %s, %s%s rows%n%12s %12s %9s %9s%n",
        series.input,
        series.name,
        series.input.equals(lower(Input.LENGTH)) ? "" : series.vocabulary + " logits, ",
        series.distribution,
        series.input,
        series.each ? "us each" : "us",
        "times",
        "exponent");
    for (Point point : series.points) {
      text.format(
          "%12d %12s %9.2f %9s%n",
          point.size, number(series.shown(point)), point.times, exponent(point));
    }
    return text.toString();
  }

  /** Where time grows most, and whether that is too much. */
  static String summary(List<Series> all) {
    Series series =
        all.stream()
            .filter(s -> s.steepest() > 0)
            .max(Comparator.comparingDouble(s -> s.points.get(s.steepest()).exponent))
            .orElse(null);
    if (series == null) {
      return "Nothing to compare.\n";
    }
    int at = series.steepest();
    long steep =
        all.stream()
            .flatMap(s -> s.points.stream())
            .filter(point -> point.exponent > STEEP)
            .count();
    return String.format(
        Locale.ROOT,
        "The largest exponent is %.2f: %s, %s, from %d to %d. %s%n",
        series.points.get(at).exponent,
        series.input,
        series.name,
        series.points.get(at - 1).size,
        series.points.get(at).size,
        steep == 0
            ? "None is above " + STEEP + "."
            : steep + " above " + STEEP + ", which is a square or a cliff.");
  }

  /** A line to a size, a column to a series: for a page. */
  static String page(Run run, Predicate<String> inputs, Predicate<String> names) {
    List<Series> all =
        run.sweeps.stream().filter(s -> inputs.test(s.input) && names.test(s.name)).toList();
    if (all.stream().map(s -> s.input + s.vocabulary + s.distribution).distinct().count() != 1) {
      throw new IllegalArgumentException("a table shows one input, on rows of one kind");
    }
    Series first = all.getFirst();
    Map<Integer, String> lines = new TreeMap<>();
    StringBuilder head = new StringBuilder("| " + first.input);
    head.append(first.each ? ", us each (exponent) |" : ", us (exponent) |");
    for (Series series : all) {
      head.append(' ').append(series.name).append(" |");
      for (Point point : series.points) {
        String cell = number(series.shown(point));
        String exponent = exponent(point);
        lines.merge(
            point.size,
            " " + cell + (exponent.isEmpty() ? "" : " (" + exponent + ")") + " |",
            String::concat);
      }
    }
    head.append("\n|---:|").append("---:|".repeat(all.size())).append('\n');
    lines.forEach(
        (size, cells) -> head.append(String.format(Locale.ROOT, "| %,d |%s%n", size, cells)));
    List<String> conditions =
        List.of(
            String.format(Locale.ROOT, "%,d logits", first.vocabulary),
            first.distribution + " rows",
            run.backend);
    return head.append('\n')
        .append(Tables.provenance(conditions, run.processor, run.jdk, run.commit))
        .toString();
  }

  private static String exponent(Point point) {
    return Double.isNaN(point.exponent) ? "" : String.format(Locale.ROOT, "%.2f", point.exponent);
  }

  private static String number(double microseconds) {
    return String.format(
        Locale.ROOT,
        microseconds < 1
            ? "%.3f"
            : microseconds < 10 ? "%.2f" : microseconds < 100 ? "%.1f" : "%,.0f",
        microseconds);
  }

  private static String lower(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT);
  }
}
