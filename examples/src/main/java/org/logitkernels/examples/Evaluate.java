package org.logitkernels.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.ModelComparison;
import org.logitkernels.Perplexity;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a language model, or how far one is from another: the program of bin/evaluate. */
@Command(
    name = "bin/evaluate",
    sortOptions = false,
    usageHelpWidth = 80,
    description = Evaluate.DESCRIPTION,
    optionListHeading = "Options:%n",
    footer = Evaluate.FOOTER)
public final class Evaluate implements Callable<Integer> {
  static final String DESCRIPTION =
      """

      Measures how well a language model foretells a text: its perplexity. Without \
      arguments, the bundled model reads a bundled text in the manner of its tales, \
      which it was not trained on. Of a file of stored logits it tells the same. With \
      two such files it tells how far the other is from the base: KL divergence, \
      agreement on the best token, and what became of the targets' probabilities.
      """;

  static final String FOOTER =
      """

      Each paragraph of a text, up to a blank line, is foretold from its own beginning. The \
      results have the same bits on any machine and with either backend.

      Examples:
        bin/evaluate
        bin/evaluate --store base.logits
        bin/evaluate --store other.logits --type bfloat16
        bin/evaluate base.logits other.logits --json result.json

      Exit status: 0; 1 if the table could not be written, as to a full device; 2 if an option \
      or a file cannot be used, to read or to write.""";

  private static final String TEXT = "held-out.txt";
  private static final double[] QUANTILES = {1, 0.999, 0.99, 0.95, 0.9, 0.5, 0.1, 0.05, 0.01, 0};

  @Parameters(
      arity = "0..2",
      paramLabel = "FILE",
      description = "Stored logits to measure; with two, the base and the other model.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "A text in UTF-8 to foretell, instead of the bundled one.")
  private @Nullable Path text;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "Round the model's logits to float32, float16 or bfloat16 (default: float32).")
  private ElementType type = ElementType.FLOAT32;

  @Option(
      names = "--store",
      paramLabel = "FILE",
      description = "Write the model's logits and the targets to a file.")
  private @Nullable Path store;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results as JSON, too.")
  private @Nullable Path json;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, scalar or vector (default: auto, the best that this JVM offers).")
  private String backend = "";

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description = "A llama2.c version-0 checkpoint, instead of the bundled model.")
  private @Nullable Path checkpointFile;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "The llama2.c tokenizer that belongs to the checkpoint.")
  private @Nullable Path tokenizerFile;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;
  private final PrintStream err;
  private final List<String> members = new ArrayList<>(); // of the JSON

  private Evaluate(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    System.exit(Output.run("evaluate", System.err, out -> run(out, System.err, args)));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    CommandLine commandLine =
        new CommandLine(new Evaluate(out, err))
            .setOut(new PrintWriter(out, true))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(
                (e, c, parsed) -> {
                  if (e instanceof BadInputException) {
                    return refuse(err, e);
                  }
                  throw e;
                })
            .setParameterExceptionHandler((e, a) -> refuse(err, e));
    return commandLine.execute(args);
  }

  private static int refuse(PrintStream err, Exception e) {
    err.println("evaluate: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws BadInputException {
    boolean ofModel = text != null || store != null || checkpointFile != null;
    if (files.size() > 2) {
      throw new BadInputException(
          "at most two files can be compared, but there are " + files.size());
    }
    if (!files.isEmpty() && (ofModel || tokenizerFile != null || type != ElementType.FLOAT32)) {
      throw new BadInputException(
          "files of logits go with none of --text, --type, --store, --checkpoint and --tokenizer:"
              + " these are of a model");
    }
    checkOutputs();
    Kernels kernels = Generate.kernels(backend);
    switch (files.size()) {
      case 0 -> model(kernels);
      case 1 -> file(StoredLogits.read(files.getFirst()), kernels);
      default -> compare(StoredLogits.read(files.get(0)), StoredLogits.read(files.get(1)), kernels);
    }
    out.flush();
    Path jsonFile = json;
    if (jsonFile != null) {
      String object = "{\n  " + String.join(",\n  ", members) + "\n}\n";
      OutputFile.write(jsonFile, object);
    }
    return CommandLine.ExitCode.OK;
  }

  /** Nothing that is read may be written over, and the two outputs must be two files. */
  private void checkOutputs() throws BadInputException {
    List<@Nullable Path> others = new ArrayList<>(files);
    others.addAll(Arrays.asList(text, checkpointFile, tokenizerFile));
    OutputFile.check("--store", store, others);
    others.add(store);
    OutputFile.check("--json", json, others);
  }

  /** The perplexity of a model over a text. */
  private void model(Kernels kernels) throws BadInputException {
    Checkpoint checkpoint =
        Checkpoint.read(
            Generate.modelFile(checkpointFile, tokenizerFile, checkpointFile, "model.bin"));
    int vocabulary = checkpoint.vocabularySize;
    Tokenizer tokenizer =
        Tokenizer.read(
            Generate.modelFile(checkpointFile, tokenizerFile, tokenizerFile, "tokenizer.bin"),
            vocabulary);
    String name = name(text);
    List<int[]> texts = texts(text, tokenizer, checkpoint.contextLength);
    int rows = texts.stream().mapToInt(tokens -> tokens.length - 1).sum();
    Transformer transformer = new Transformer(checkpoint, kernels, checkpoint.contextLength);
    Perplexity perplexity = Perplexity.of(vocabulary, kernels);
    Path stored = store;
    try (StoredLogits.Writer writer =
            stored == null ? null : new StoredLogits.Writer(stored, type, vocabulary, rows);
        Progress progress = Progress.of(err, "Rows", rows)) {
      int done = 0;
      MemorySegment held = Arena.ofAuto().allocate((long) vocabulary * type.bytes(), Float.BYTES);
      Logits row = Logits.of(held, 0, vocabulary, type);
      for (int[] tokens : texts) {
        for (int i = 1; i < tokens.length; i++) {
          float[] logits = transformer.forward(tokens[i - 1], i - 1);
          StoredLogits.store(logits, type, held);
          perplexity.add(row, tokens[i]);
          if (writer != null) {
            writer.add(held, tokens[i]);
          }
          progress.at(++done);
        }
      }
    } catch (IOException e) {
      throw OutputFile.cannotWrite(Objects.requireNonNull(stored), e);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new BadInputException(
          "the checkpoint's weights give no usable logits: " + e.getMessage());
    }
    head("text", name, rows, vocabulary, type);
    perplexity("perplexity", "Perplexity", perplexity);
  }

  /** What a text is called: the bundled one if none is given. */
  static String name(@Nullable Path given) {
    return given == null ? TEXT : given.toString();
  }

  /** The tokens of each paragraph of a text; there is something to foretell. */
  static List<int[]> texts(@Nullable Path given, Tokenizer tokenizer, int contextLength)
      throws BadInputException {
    List<int[]> texts = new ArrayList<>();
    for (String paragraph : paragraphs(given)) {
      try {
        texts.add(tokenizer.encode(paragraph, contextLength));
      } catch (BadInputException e) {
        throw new BadInputException(
            "paragraph %d of %s: %s".formatted(texts.size() + 1, name(given), e.getMessage()));
      }
    }
    if (texts.stream().allMatch(tokens -> tokens.length < 2)) {
      throw new BadInputException("the text " + name(given) + " has nothing to foretell");
    }
    return texts;
  }

  private static List<String> paragraphs(@Nullable Path given) throws BadInputException {
    String whole;
    try (InputStream bundled = Evaluate.class.getResourceAsStream(TEXT)) {
      if (given == null) {
        whole = new String(Objects.requireNonNull(bundled).readAllBytes(), StandardCharsets.UTF_8);
      } else {
        Checkpoint.checkReadable("text", given);
        whole = Files.readString(given);
      }
    } catch (IOException e) {
      throw new BadInputException("the text " + given + " cannot be read: " + e.getMessage());
    }
    return Stream.of(whole.split("\\R\\h*\\R"))
        .map(paragraph -> paragraph.strip().replaceAll("\\R", " "))
        .filter(paragraph -> !paragraph.isEmpty())
        .toList();
  }

  /** The perplexity of stored logits. */
  private void file(StoredLogits stored, Kernels kernels) throws BadInputException {
    Perplexity perplexity = Perplexity.of(stored.vocabulary(), kernels);
    Logits place = stored.row(Logits.of(new float[1]), 0);
    try (Progress progress = Progress.of(err, "Rows", stored.rows())) {
      for (long i = 0; i < stored.rows(); i++) {
        try {
          perplexity.add(stored.row(place, i), stored.target(i));
        } catch (IllegalArgumentException | IllegalStateException e) {
          throw new BadInputException(
              "row %,d of %s: %s".formatted(i, stored.file(), e.getMessage()));
        }
        progress.at(i + 1);
      }
    }
    head("file", stored.file().toString(), stored.rows(), stored.vocabulary(), stored.type());
    perplexity("perplexity", "Perplexity", perplexity);
  }

  private void compare(StoredLogits base, StoredLogits other, Kernels kernels)
      throws BadInputException {
    if (base.rows() != other.rows() || base.vocabulary() != other.vocabulary()) {
      throw new BadInputException(
          "%s has %,d rows of %,d logits, but %s has %,d of %,d"
              .formatted(
                  base.file(),
                  base.rows(),
                  base.vocabulary(),
                  other.file(),
                  other.rows(),
                  other.vocabulary()));
    }
    if (base.rows() > Integer.MAX_VALUE - 8) {
      throw new BadInputException("%,d rows are too many to compare".formatted(base.rows()));
    }
    ModelComparison comparison = ModelComparison.of(base.vocabulary(), (int) base.rows(), kernels);
    Logits place = base.row(Logits.of(new float[1]), 0);
    Logits otherPlace = other.row(Logits.of(new float[1]), 0);
    try (Progress progress = Progress.of(err, "Rows", base.rows())) {
      for (long i = 0; i < base.rows(); i++) {
        if (base.target(i) != other.target(i)) {
          throw new BadInputException(
              "row %,d: the target is token %,d in %s, but %,d in %s"
                  .formatted(i, base.target(i), base.file(), other.target(i), other.file()));
        }
        try {
          comparison.add(base.row(place, i), other.row(otherPlace, i), base.target(i));
        } catch (IllegalArgumentException | IllegalStateException e) {
          throw new BadInputException(
              "row %,d of %s and %s: %s".formatted(i, base.file(), other.file(), e.getMessage()));
        }
        progress.at(i + 1);
      }
    }
    head("base", base.file().toString(), base.rows(), base.vocabulary(), base.type());
    line("Other", "%s, %s".formatted(other.file(), name(other.type())));
    members.add("\"other_file\": " + quoted(other.file().toString()));
    members.add("\"other_type\": " + quoted(name(other.type())));
    out.println();
    perplexity("base_perplexity", "Perplexity of the base", comparison.base());
    perplexity("other_perplexity", "Perplexity of the other", comparison.other());
    value("correlation", "Correlation of ln p", comparison.correlation(), Double.NaN, "");
    value(
        "ln_ratio",
        "ln(PPL(other)/PPL(base))",
        comparison.logPerplexityRatio(),
        comparison.logPerplexityRatioError(),
        "");
    value(
        "ratio",
        "PPL(other)/PPL(base)",
        comparison.perplexityRatio(),
        comparison.perplexityRatioError(),
        "");
    out.println();
    value(
        "kl_mean",
        "KL divergence, mean",
        comparison.meanDivergence(),
        comparison.divergenceError(),
        "nats");
    for (double fraction : QUANTILES) {
      value(
          "kl_" + id(fraction),
          label(fraction),
          comparison.divergenceQuantile(fraction),
          Double.NaN,
          "nats");
    }
    out.println();
    value(
        "change_mean", "Change of p, mean", comparison.meanChange(), comparison.changeError(), "");
    value(
        "change_rms",
        "  root mean square",
        comparison.rootMeanSquareChange(),
        comparison.rootMeanSquareChangeError(),
        "");
    for (double fraction : QUANTILES) {
      value(
          "change_" + id(fraction),
          label(fraction),
          comparison.changeQuantile(fraction),
          Double.NaN,
          "");
    }
    out.println();
    value("same_best", "Same best token", comparison.sameBest(), comparison.sameBestError(), "");
  }

  private static String id(double fraction) {
    return fraction == 0
        ? "minimum"
        : fraction == 1
            ? "maximum"
            : fraction == 0.5 ? "median" : "p" + percent(fraction).replace(".", "_");
  }

  private static String label(double fraction) {
    return "  "
        + (fraction == 0 || fraction == 1 || fraction == 0.5
            ? id(fraction)
            : percent(fraction) + " %");
  }

  private static String percent(double fraction) {
    return String.format(Locale.ROOT, fraction > 0.99 ? "%.1f" : "%.0f", 100 * fraction);
  }

  /** Prints the table of a perplexity that was measured elsewhere. */
  static void print(
      PrintStream out,
      String kind,
      String name,
      int vocabulary,
      ElementType type,
      Perplexity found) {
    Evaluate table = new Evaluate(out, out);
    table.head(kind, name, found.rows(), vocabulary, type);
    table.perplexity("perplexity", "Perplexity", found);
    out.flush();
  }

  private void head(String kind, String name, long rows, int vocabulary, ElementType elementType) {
    String label = kind.substring(0, 1).toUpperCase(Locale.ROOT) + kind.substring(1);
    line(label, "%s, %s".formatted(name, name(elementType)));
    line("Targets", String.format(Locale.ROOT, "%,d, vocabulary %,d", rows, vocabulary));
    members.add(quoted(kind.equals("base") ? "base_file" : kind) + ": " + quoted(name));
    members.add("\"type\": " + quoted(name(elementType)));
    members.add("\"rows\": " + rows);
    members.add("\"vocabulary\": " + vocabulary);
  }

  private static String name(ElementType elementType) {
    return elementType.name().toLowerCase(Locale.ROOT);
  }

  private void perplexity(String id, String label, Perplexity perplexity) {
    value(id, label, perplexity.perplexity(), perplexity.perplexityError(), "");
    value(id + "_nll", "  ln", perplexity.mean(), perplexity.standardError(), "nats");
    members.add(quoted(id + "_masked") + ": " + perplexity.masked());
    members.add(quoted(id + "_sums") + ": " + quoted(perplexity.toString()));
  }

  /** A line of the table, and a member or two of the JSON. */
  private void value(String id, String label, double value, double error, String unit) {
    String text = "%12s".formatted(decimal(value));
    if (!Double.isNaN(error)) {
      text += " +/- " + decimal(error);
    }
    line(label, (text + " " + unit).stripTrailing());
    members.add(quoted(id) + ": " + number(value));
    if (!Double.isNaN(error)) {
      members.add(quoted(id + "_error") + ": " + number(error));
    }
  }

  /** Six decimals. Numbers below 0.001 have four digits and a power of ten. */
  private static String decimal(double value) {
    boolean small = value != 0 && Math.abs(value) < 0.001;
    return String.format(Locale.ROOT, small ? "%.3e" : "%.6f", value);
  }

  private void line(String label, String text) {
    out.println(String.format(Locale.ROOT, "%-25s%s", label, text).stripTrailing());
  }

  /** JSON has no infinities: these, and NaN, are texts. */
  private static String number(double value) {
    return Double.isFinite(value) ? Double.toString(value) : quoted(Double.toString(value));
  }

  private static String quoted(String string) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : string.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
