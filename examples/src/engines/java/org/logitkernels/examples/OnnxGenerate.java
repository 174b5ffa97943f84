package org.logitkernels.examples;

import ai.onnxruntime.OrtException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Writes tales with the bundled model, whose output head ONNX Runtime computes: the program behind
 * {@code bin/generate --onnx}. Several tales go side by side, one row of the head for each.
 */
@Command(
    name = "bin/generate --onnx",
    sortOptions = false,
    usageHelpWidth = 80,
    description =
        "%nWrites tales with the bundled model, whose output head ONNX Runtime computes; the sampler "
            + "reads the logits in the memory that it writes.%n",
    optionListHeading = "Options:%n")
public final class OnnxGenerate implements Callable<Integer> {
  @Option(names = "--onnx", hidden = true)
  private boolean onnx;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "Once upon a time",
      description = "How the tales begin (default: \"${DEFAULT-VALUE}\").")
  private String prompt = "";

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
      defaultValue = "0",
      description = "Seed of the first tale; each further one has the next (default: 0).")
  private long seed;

  @Option(
      names = "--tales",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many, side by side (default: 1).")
  private int tales;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "FLOAT32",
      description =
          "How ONNX Runtime stores the logits: ${COMPLETION-CANDIDATES} (default: FLOAT32).")
  private ElementType type = ElementType.FLOAT32;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private final PrintStream out;

  private OnnxGenerate(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs the program and ends the JVM with its exit status.
   *
   * @param args the options; {@code --help} lists them
   */
  public static void main(String[] args) {
    System.exit(Output.run(System.err, out -> run(out, System.err, args)));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    return Generate.wholeNumbers(new CommandLine(new OnnxGenerate(out)))
        .setOut(new PrintWriter(out, true))
        .setExecutionExceptionHandler(
            (e, c, parsed) -> {
              if (e instanceof BadInputException
                  || e instanceof IllegalArgumentException // a chain that is none
                  || e instanceof IllegalStateException) {
                return refuse(err, e);
              }
              throw e;
            })
        .setParameterExceptionHandler((e, a) -> refuse(err, e))
        .execute(args);
  }

  private static int refuse(PrintStream err, Exception e) {
    err.println("generate: " + e.getMessage());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws BadInputException, OrtException {
    String home =
        System.getProperty("org.logitkernels.examples.model", "examples/model/fairytales");
    Checkpoint model = Checkpoint.read(Path.of(home, "model.bin"));
    Tokenizer tokenizer = Tokenizer.read(Path.of(home, "tokenizer.bin"), model.vocabularySize);
    int[] opening = tokenizer.encode(prompt, model.contextLength);
    int limit = steps == null ? model.contextLength : Math.min(steps, model.contextLength);
    if (tales < 1 || tales > 64 || limit < opening.length) {
      throw new BadInputException(
          "--tales must be 1 to 64, and --steps more than the prompt's %d tokens"
              .formatted(opening.length - 1));
    }
    SamplerChain parsed = SamplerChain.parse(chain);
    Kernels kernels = Kernels.best();
    List<Tale> all = new ArrayList<>();
    for (int i = 0; i < tales; i++) {
      all.add(
          new Tale(
              new Transformer(model, kernels, limit),
              parsed.newSampler(model.vocabularySize, seed + i, kernels),
              new TextStream(tokenizer)));
    }
    try (OnnxHead head = new OnnxHead(model, tales, type)) {
      tell(all, opening, limit, head);
    }
    for (Tale tale : all) {
      out.println(tale.words);
    }
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  /** One sequence: what came before, its place in the random stream, its text. */
  private static final class Tale {
    final Transformer model;
    final Sampler sampler;
    final TextStream text;
    final StringBuilder words = new StringBuilder();
    int token;
    boolean over;

    Tale(Transformer model, Sampler sampler, TextStream text) {
      this.model = model;
      this.sampler = sampler;
      this.text = text;
    }
  }

  private static void tell(List<Tale> tales, int[] opening, int limit, OnnxHead head)
      throws OrtException {
    for (Tale tale : tales) {
      tale.sampler.acceptPrompt(opening);
      for (int token : opening) {
        tale.words.append(tale.text.next(token));
      }
    }
    for (int position = 0; position < limit; position++) {
      for (int row = 0; row < tales.size(); row++) {
        Tale tale = tales.get(row);
        if (!tale.over) {
          int token = position < opening.length ? opening[position] : tale.token;
          float[] state = tale.model.hidden(token, position);
          head.hidden.put(row * state.length, state);
        }
      }
      if (position < opening.length - 1) {
        continue;
      }
      head.run();
      for (int row = 0; row < tales.size(); row++) {
        Tale tale = tales.get(row);
        if (!tale.over) {
          tale.token = head.sample(tale.sampler, row);
          tale.sampler.accept(tale.token);
          tale.words.append(tale.text.next(tale.token));
          tale.over = tale.token == Tokenizer.BEGIN || tale.token == Tokenizer.END;
        }
      }
    }
    for (Tale tale : tales) {
      tale.words.append(tale.text.end());
    }
  }
}
