package org.logitkernels.examples;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.logitkernels.Kernels;
import org.logitkernels.Presets;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Writes a text with a language model: the program behind {@code bin/generate}. */
@Command(
    name = "bin/generate",
    sortOptions = false,
    usageHelpWidth = 80,
    description = Generate.DESCRIPTION,
    optionListHeading = "Options:%n",
    footer = Generate.FOOTER)
public final class Generate implements Callable<Integer> {
  static final String DESCRIPTION =
      """

      Writes a tale with a small language model, token by token. Without options, the bundled \
      model tells one that begins "Once upon a time".
      """;

  static final String FOOTER =
      """

      The sampling steps apply in this order: temperature, top-k, top-p, min-p. A step that is \
      off (temperature 1, no top-k, top-p 1, min-p 0) is not in the chain.

      The tale goes to standard output, or into the page that --html names; the last line, with \
      the seed, to standard error. The same seed gives the same tale on any machine and with \
      either backend. A new JVM is slow until it has compiled what it runs, and a tale is over \
      before: bin/benchmark measures the library.

      Examples:
        bin/generate --seed 7
        bin/generate --prompt "The dragon" --top-k 40 --min-p 0.05
        bin/generate --chain "repetition_penalty=1.1, typical_p=0.9, temperature=0.7"
        bin/generate --preset llama.cpp
        bin/generate --explain --steps 12
        bin/generate --sweep 0.2,0.8,1.5 --steps 80
        bin/generate --sweep 0.2,0.8,1.5 --html tales.html

      bin/generate --onnx tells tales whose logits ONNX Runtime computes, which its first run \
      downloads; it has options of its own, listed by bin/generate --onnx --help.

      Exit status: 0; 1 if the tale could not be written, as to a full device; 2 if an option or \
      a file cannot be used, to read or to write.""";

  private static final Map<String, SamplerChain> PRESETS = new LinkedHashMap<>();

  static {
    PRESETS.put("llama.cpp", Presets.llamaCpp(Map.of()));
    PRESETS.put("huggingface", Presets.huggingFace(Map.of()));
    PRESETS.put("vllm", Presets.vllm(Map.of()));
    PRESETS.put("mlx", Presets.mlx(Map.of()));
  }

  /** What --preset takes. */
  private static final class PresetNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return PRESETS.keySet().iterator();
    }
  }

  static final String STEPS =
      "Stop after N tokens, the prompt's included, as in llama2.c; the one that begins every text "
          + "does not count (default and limit: the model's context).";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "Once upon a time",
      description = "How the tale begins (default: \"${DEFAULT-VALUE}\").")
  private String prompt = "";

  @Option(names = "--steps", paramLabel = "N", description = STEPS)
  private @Nullable Integer steps;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "Below 1 safer, above 1 wilder; 0 always takes the likeliest token (default: 0.8).")
  private @Nullable String temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw among the K likeliest tokens (default: off).")
  private @Nullable String topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw among the likeliest tokens that together reach P (default: 0.95).")
  private @Nullable String topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Draw among tokens at least P times as likely as the likeliest (default: off).")
  private @Nullable String minP;

  @Option(
      names = "--chain",
      paramLabel = "TEXT",
      description =
          "The whole chain, in its own order, such as \"top_k=40, temperature=0.8\"; instead of the "
              + "options above.")
  private @Nullable String chainText;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "The default chain of one of ${COMPLETION-CANDIDATES}; instead of the options above.",
      completionCandidates = PresetNames.class)
  private @Nullable String preset;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description =
          "Seed of the random draws (default: a new one each time; the last line names it, "
              + "so that a tale can be had again).")
  private @Nullable Long seed;

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
      names = "--explain",
      description = "Show at each step the leading tokens before and after the chain.")
  private boolean explain;

  @Option(
      names = "--sweep",
      paramLabel = "T",
      split = ",",
      description =
          "Tell the tale at several temperatures, with the entropy and the size of the nucleus.")
  private @Nullable List<String> sweep;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Write a page that shows each token with its candidates, before the chain and behind each "
              + "of its steps. It is one file, for any browser.")
  private @Nullable Path html;

  @Option(
      names = "--width",
      paramLabel = "N",
      description =
          "Columns of --explain and --sweep, at least "
              + ExplainView.LEAST_COLUMNS
              + " (default: the terminal's, at most 80).")
  private @Nullable Integer width;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;
  private final PrintStream err;
  private final int columns;
  private @Nullable CommandLine commandLine;

  private Generate(PrintStream out, PrintStream err, int columns) {
    this.out = out;
    this.err = err;
    this.columns = columns;
  }

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    int columns = Math.min(Terminal.columns(), Terminal.USUAL);
    System.exit(Output.run(System.err, out -> run(out, System.err, columns, args)));
  }

  static int run(PrintStream out, PrintStream err, int columns, String... args) {
    Generate generate = new Generate(out, err, columns);
    CommandLine commandLine =
        wholeNumbers(new CommandLine(generate))
            .setOut(new PrintWriter(out, true))
            .setExecutionExceptionHandler(
                (e, c, parsed) -> {
                  if (e instanceof BadInputException) {
                    return refuse(err, e);
                  }
                  throw e;
                })
            .setParameterExceptionHandler((e, a) -> refuse(err, e));
    generate.commandLine = commandLine;
    return commandLine.execute(args);
  }

  /** Whole numbers as in chains; picocli takes the digits of any script. */
  static CommandLine wholeNumbers(CommandLine commandLine) {
    return commandLine
        .registerConverter(Integer.class, whole(Integer::valueOf))
        .registerConverter(int.class, whole(Integer::valueOf))
        .registerConverter(Long.class, whole(Long::valueOf))
        .registerConverter(long.class, whole(Long::valueOf));
  }

  private static <T> CommandLine.ITypeConverter<T> whole(Function<String, T> type) {
    return text -> {
      try {
        return type.apply(text.matches("[+-]?[0-9]+") ? text : "");
      } catch (NumberFormatException e) {
        throw new CommandLine.TypeConversionException(
            "'" + text + "' is not a whole number, or is too large");
      }
    };
  }

  private static int refuse(PrintStream err, Exception e) {
    err.println("generate: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws BadInputException {
    if (steps != null && steps < 1) {
      throw new BadInputException("--steps must be >= 1, but was " + steps);
    }
    if (width != null && width < ExplainView.LEAST_COLUMNS) {
      throw new BadInputException(
          "--width must be >= %d, but was %d".formatted(ExplainView.LEAST_COLUMNS, width));
    }
    if (html != null && (explain || width != null)) {
      throw new BadInputException(
          "--html goes with neither --explain nor --width: the page explains, and fits any width");
    }
    OutputFile.check("--html", html, Arrays.asList(checkpointFile, tokenizerFile));
    List<Step.Temperature> temperatures = temperatures();
    List<SamplerChain> chains = new ArrayList<>();
    for (Step.Temperature t : temperatures) {
      chains.add(chainText == null && preset == null ? chain(t) : givenChain());
    }
    Checkpoint checkpoint = Checkpoint.read(modelFile(checkpointFile, "model.bin"));
    Tokenizer tokenizer =
        Tokenizer.read(modelFile(tokenizerFile, "tokenizer.bin"), checkpoint.vocabularySize);
    int[] tokens = tokenizer.encode(prompt, checkpoint.contextLength);
    int limit =
        steps == null ? checkpoint.contextLength : Math.min(steps, checkpoint.contextLength);
    if (limit < tokens.length) { // the first of which begins every text
      throw new BadInputException(
          "--steps counts the prompt's %d tokens too, so it must be >= %d, but was %d"
              .formatted(tokens.length - 1, tokens.length, limit));
    }
    if (steps != null && steps > limit) {
      err.printf("generate: --steps %d is more than the model's context of %d%n", steps, limit);
    }

    Kernels kernels = kernels();
    long drawSeed = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
    Transformer model = new Transformer(checkpoint, kernels, limit);
    Story story = new Story(tokenizer, model, tokens, limit);
    List<Sampler> samplers = new ArrayList<>();
    try {
      for (SamplerChain chain : chains) {
        samplers.add(chain.newSampler(tokenizer.size(), drawSeed, kernels));
      }
    } catch (IllegalArgumentException e) { // a token that the vocabulary lacks
      throw new BadInputException("--chain: " + e.getMessage());
    }
    try {
      if (html != null) {
        writePage(html, story, samplers, kernels, tokenizer, tokens, limit);
      } else {
        for (int i = 0; i < samplers.size(); i++) {
          show(story, samplers.get(i), kernels, tokenizer, temperatures.get(i));
        }
      }
    } catch (IllegalArgumentException e) { // NaN
      throw new BadInputException(
          "the checkpoint's weights give no usable logits: " + e.getMessage());
    } catch (IllegalStateException e) { // nothing to choose from, by the chain's doing or not
      if (html == null) {
        out.println(); // behind a tale that has begun
      }
      throw new BadInputException("the tale cannot go on: " + e.getMessage());
    }
    err.println(story.figures(kernels, drawSeed));
    return CommandLine.ExitCode.OK;
  }

  private void writePage(
      Path file,
      Story story,
      List<Sampler> samplers,
      Kernels kernels,
      Tokenizer tokenizer,
      int[] opening,
      int limit)
      throws BadInputException {
    long seed = samplers.getFirst().seed();
    Path model = checkpointFile == null ? Path.of("fairytales") : checkpointFile.getFileName();
    TalePage page =
        new TalePage(command(seed, file), model.toString(), seed, tokenizer, kernels, opening);
    int most = limit - opening.length + 1; // tokens of a tale that does not end before
    try (Progress progress = Progress.of(err, "Tales", (long) most * samplers.size())) {
      for (int i = 0; i < samplers.size(); i++) {
        Sampler sampler = samplers.get(i);
        long before = (long) most * i;
        Story.View view = page.tale(sampler);
        story.tell(
            sampler,
            new Story.View() {
              @Override
              public void drawn(int token, float[] logits, Sampler by) {
                view.drawn(token, logits, by);
                progress.at(before + by.position());
              }

              @Override
              public boolean text(String text) {
                return view.text(text);
              }
            });
      }
    }
    OutputFile.write(file, page.html());
  }

  /** The command that writes this page again. */
  private String command(long seed, Path file) {
    StringJoiner command = new StringJoiner(" ").add("bin/generate");
    ParseResult parsed = Objects.requireNonNull(commandLine).getParseResult();
    for (OptionSpec option : parsed.matchedOptions()) {
      String name = option.longestName();
      if (!name.equals("--seed") && !name.equals("--html")) {
        option.originalStringValues().forEach(value -> command.add(name).add(quoted(value)));
      }
    }
    command.add("--seed").add(Long.toString(seed));
    return command.add("--html").add(quoted(file.getFileName().toString())).toString();
  }

  /** A word for a shell. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./,=:+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private void show(
      Story story, Sampler sampler, Kernels kernels, Tokenizer tokenizer, Step.Temperature t)
      throws BadInputException {
    int room = width == null ? Math.max(columns, ExplainView.LEAST_COLUMNS) : width;
    if (sweep != null) {
      SweepView view = new SweepView(t, topP(), kernels, tokenizer.size());
      story.tell(sampler, view);
      view.print(out, room);
    } else if (explain) {
      Columns.wrap("The chain: " + sampler.chain(), room).forEach(out::println);
      out.println();
      ExplainView view = new ExplainView(out, room, kernels, tokenizer);
      story.tell(sampler, view);
      view.end();
    } else {
      story.tell(
          sampler,
          text -> {
            out.print(text);
            return !out.checkError(); // which flushes
          });
      out.println();
      out.flush();
    }
  }

  private List<Step.Temperature> temperatures() throws BadInputException {
    if (sweep == null) {
      String t = temperature == null ? "0.8" : temperature;
      return List.of((Step.Temperature) step("--temperature", "temperature", t));
    }
    if (temperature != null || explain) {
      throw new BadInputException(
          "--sweep goes with neither --temperature nor --explain: it sets the temperatures itself");
    }
    if (sweep.isEmpty()) { // of nothing but commas
      throw new BadInputException("--sweep needs a temperature");
    }
    List<Step.Temperature> result = new ArrayList<>();
    for (String t : sweep) {
      String place = "--sweep, %d of %d".formatted(result.size() + 1, sweep.size());
      result.add((Step.Temperature) step(place, "temperature", t));
    }
    return result;
  }

  private SamplerChain chain(Step.Temperature t) throws BadInputException {
    List<Step> chain = new ArrayList<>();
    if (t.t() != 1) {
      chain.add(t);
    }
    if (topK != null) {
      chain.add(step("--top-k", "top_k", topK));
    }
    if (topP().p() != 1) {
      chain.add(topP());
    }
    if (minP != null) {
      Step.MinP step = (Step.MinP) step("--min-p", "min_p", minP);
      if (step.p() != 0) {
        chain.add(step);
      }
    }
    return SamplerChain.of(chain.toArray(Step[]::new));
  }

  private Step.TopP topP() throws BadInputException {
    return (Step.TopP) step("--top-p", "top_p", topP == null ? "0.95" : topP);
  }

  /** The step of an option's value, which is read as in a chain: numbers are the same in both. */
  private static Step step(String option, String name, String value) throws BadInputException {
    List<Step> steps = checked(option, () -> SamplerChain.parse(name + "=" + value)).steps();
    if (steps.size() > 1) {
      throw new BadInputException(option + " takes one number, but was '" + value + "'");
    }
    return steps.getFirst();
  }

  /** The chain that --chain or --preset gives. */
  private SamplerChain givenChain() throws BadInputException {
    boolean steps = temperature != null || topK != null || topP != null || minP != null;
    if (steps || sweep != null || chainText != null && preset != null) {
      throw new BadInputException(
          "--chain and --preset go with neither each other nor --temperature, --top-k, --top-p, "
              + "--min-p or --sweep: each is a whole chain");
    }
    if (chainText != null) {
      String text = chainText;
      SamplerChain chain = checked("--chain", () -> SamplerChain.parse(text));
      if (chain.steps().contains(Step.allowed())) {
        throw new BadInputException("--chain: nothing here gives the mask that allowed() needs");
      }
      return chain;
    }
    SamplerChain chain = PRESETS.get(preset);
    if (chain == null) {
      String names = String.join(", ", PRESETS.keySet());
      throw new BadInputException("--preset: '" + preset + "' is none of " + names);
    }
    return chain;
  }

  private Kernels kernels() throws BadInputException {
    return kernels(backend);
  }

  /** The kernels that --backend names. */
  static Kernels kernels(String backend) throws BadInputException {
    return checked(
        "--backend", () -> backend.equals("auto") ? Kernels.best() : Kernels.named(backend));
  }

  /**
   * The library checks every value and says what is wrong with it; this adds where it came from.
   */
  private static <T> T checked(String option, Supplier<T> supplier) throws BadInputException {
    try {
      return supplier.get();
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new BadInputException(option + ": " + e.getMessage());
    }
  }

  private Path modelFile(@Nullable Path given, String bundled) throws BadInputException {
    return modelFile(checkpointFile, tokenizerFile, given, bundled);
  }

  /** A file that --checkpoint or --tokenizer gives, or the bundled one. */
  static Path modelFile(
      @Nullable Path checkpointFile,
      @Nullable Path tokenizerFile,
      @Nullable Path given,
      String bundled)
      throws BadInputException {
    if ((checkpointFile == null) != (tokenizerFile == null)) {
      throw new BadInputException(
          "--checkpoint and --tokenizer go together: "
              + "a model needs the tokenizer it was trained with");
    }
    // The launcher knows where it stands; a run by hand is expected to start at the project's root.
    String home =
        System.getProperty("org.logitkernels.examples.model", "examples/model/fairytales");
    return given == null ? Path.of(home, bundled) : given;
  }
}
