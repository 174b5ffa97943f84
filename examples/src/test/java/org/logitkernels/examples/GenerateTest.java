package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenerateTest {

  private static final String[] BUNDLED = {
    "--checkpoint", Models.CHECKPOINT.toString(), "--tokenizer", Models.TOKENIZER.toString()
  };

  @TempDir private Path folder = Path.of("");

  @Test
  void theLastLineNamesASeedThatTellsTheTaleAgain() {
    Run first = Run.bundled("--steps", "60");
    Matcher figures =
        Pattern.compile(
                "(\\d+) tokens in [\\d.]+ s by a JVM that is warming up, "
                    + "backend (?:scalar|(?:vector|adaptive) \\d+ bits), seed (\\d+)\\s*")
            .matcher(first.err().lines().reduce("", (a, b) -> b));
    assertTrue(figures.matches(), first.err());
    assertTrue(Integer.parseInt(figures.group(1)) <= 55);
    assertTrue(first.out().startsWith("Once upon a time"), first.out());

    Run again = Run.bundled("--steps", "60", "--seed", figures.group(2));
    assertEquals(first.out(), again.out());
    assertNotEquals(first.out(), Run.bundled("--steps", "60", "--seed", "-1").out());
  }

  @Test
  void aTaleEndsWhereTheNextBegins() {
    // An unbroken run of the context would be 255 tokens after the first.
    boolean ended = false;
    for (int seed = 0; seed < 10 && !ended; seed++) {
      Run run = Run.bundled("--prompt", "They lived happily ever after.\n", "--seed", "" + seed);
      assertEquals(0, run.status(), run.err());
      ended = tokens(run) < 240;
      assertFalse(run.out().contains("<s>"), run.out());
    }
    assertTrue(ended, "ten tales without an end");
  }

  @Test
  void stepsCountThePromptAndStopAtTheContext() {
    assertEquals(1, tokens(Run.bundled("--steps", "6"))); // the prompt has 5
    assertEquals(6, tokens(Run.bundled("--steps", "6", "--prompt", "", "--seed", "1")));
    assertEquals(15, tokens(Run.bundled("--steps", "20", "--seed", "1")));
    Run run = Run.bundled("--steps", "1000", "--temperature", "0");
    assertEquals(0, run.status());
    assertTrue(
        run.err().startsWith("generate: --steps 1000 is more than the model's context of 256"),
        run.err());
    assertEquals(251, tokens(run));
  }

  @Test
  void anEmptyPromptStartsATaleFromNothing() {
    Run run = Run.bundled("--prompt", "", "--steps", "20", "--seed", "4");
    assertEquals(0, run.status(), run.err());
    assertEquals(20, tokens(run));
  }

  @Test
  void anotherModelIsRead() throws IOException {
    Path tokenizer = Models.tokenizer(folder.resolve("tokenizer.bin"));
    for (boolean shared : new boolean[] {true, false}) {
      Path checkpoint = Models.checkpoint(folder.resolve("model" + shared), shared, 0.5f);
      Run run = Run.on(checkpoint, tokenizer, "--prompt", "hi", "--seed", "3");
      assertEquals(0, run.status(), run.err());
      assertTrue(run.out().startsWith("hi"), run.out());
    }
  }

  @Test
  void explainShowsTheLeadingTokensBeforeAndAfter() {
    Run run =
        Run.bundled("--explain", "--seed", "3", "--steps", "9", "--top-k", "3", "--top-p", "1");
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals("The chain: temperature=0.8, top_k=3", lines.getFirst());
    assertEquals("step 1: Once upon a time", lines.get(2));
    assertTrue(lines.get(3).endsWith("after: 3 of 2,048 left"), lines.get(3));
    assertTrue(
        lines.get(4).matches(".*\" there\" +62\\.17% \u2588+.* +8\\d\\.\\d\\d% \u2588+.*"),
        lines.get(4));
    for (int step = 0; step < 4; step++) {
      List<String> rows = lines.subList(4 + 8 * step, 9 + 8 * step);
      assertEquals(1, rows.stream().filter(row -> row.startsWith("> ")).count(), rows.toString());
      assertEquals(2, rows.stream().filter(row -> row.endsWith(" -")).count(), rows.toString());
    }
    assertTrue(lines.stream().allMatch(line -> line.length() <= 80), run.out());
    assertTrue(lines.getLast().startsWith("Once upon a time"));
  }

  /** Lines fit, in columns; no character is cut; bars are aligned behind wide ones too. */
  @ParameterizedTest
  @ValueSource(ints = {30, 40, 47, 79, 120})
  void viewsFitTheTerminal(int width) {
    String prompt = "\u00dcn\u00efc\u00f6d\u00e9 \u4e16\u754c \ud83e\udd8a the fox";
    String[] args = {"--prompt", prompt, "--seed", "7", "--steps", "40", "--width", "" + width};
    for (String view : List.of("--explain", "--sweep=0.5,2")) {
      Run run = Run.bundled(with(args, view));
      assertEquals(0, run.status(), run.err());
      List<String> lines = run.out().lines().toList();
      boolean explain = view.equals("--explain");
      for (String line : explain ? lines.subList(0, lines.lastIndexOf("")) : lines) {
        assertTrue(Columns.width(line) <= width, line);
        assertTrue(UTF_8.newEncoder().canEncode(line), line); // no half of a surrogate pair
      }
      Set<Integer> percents = new HashSet<>();
      lines.stream()
          .filter(line -> line.matches("[> ] \".*%.*"))
          .forEach(line -> percents.add(Columns.width(line.substring(0, line.indexOf('%')))));
      assertEquals(explain ? 1 : 0, percents.size(), percents.toString());
    }
  }

  @Test
  void whatIsTooLongIsCutAtCharacters() {
    Run run =
        Run.bundled(
            "--prompt",
            "\u00dcn\u00efc\u00f6d\u00e9 \u4e16\u754c \ud83e\udd8a the fox",
            "--seed",
            "7",
            "--explain",
            "--steps",
            "42");
    List<String> cut = run.out().lines().filter(l -> l.matches("step \\d+: \\.\\.\\..*")).toList();
    assertFalse(cut.isEmpty());
    for (String line : cut) {
      assertFalse(Character.isLowSurrogate(line.charAt(line.indexOf("...") + 3)), line);
    }
  }

  @Test
  void explainShowsAnUnlikelyTokenBelowTheLeadingOnes() {
    Run run =
        Run.bundled(
            "--explain", "--temperature", "3", "--top-p", "1", "--seed", "1", "--steps", "9");
    assertEquals(0, run.status(), run.err());
    assertTrue(Pattern.compile("\\.\\.\\.\\R> \"").matcher(run.out()).find(), run.out());
  }

  @Test
  void sweepShowsEntropyAndNucleusGrowing() {
    Run run = Run.bundled("--sweep", "0, 0.2,0.8,1.5", "--seed", "3", "--steps", "60");
    assertEquals(0, run.status(), run.err());
    List<String> temperatures =
        run.out()
            .lines()
            .filter(l -> l.startsWith("temperature "))
            .map(l -> l.split(" +")[1])
            .toList();
    assertEquals(List.of("0.0", "0.2", "0.8", "1.5"), temperatures);
    double[] entropy = numbers(run.out(), "entropy ([\\d.]+) nats");
    double[] nucleus = numbers(run.out(), "nucleus ([\\d.]+) tokens");
    assertEquals(0, entropy[0]);
    assertEquals(1, nucleus[0]);
    for (int i = 1; i < 4; i++) {
      assertTrue(entropy[i] > entropy[i - 1], Arrays.toString(entropy));
      assertTrue(nucleus[i] > nucleus[i - 1], Arrays.toString(nucleus));
    }
    assertTrue(run.out().lines().allMatch(line -> line.length() <= 80), run.out());
  }

  @Test
  void sweepTellsTheTalesOfSingleRuns() {
    Run alone = Run.bundled("--temperature", "0.8", "--seed", "3", "--steps", "40");
    Run sweep = Run.bundled("--sweep", "1.2,0.8", "--seed", "3", "--steps", "40");
    String second = sweep.out().substring(sweep.out().indexOf("temperature 0.8"));
    String words =
        second
            .lines()
            .map(l -> l.length() > 27 ? l.substring(27) : "")
            .reduce("", (a, b) -> a + " " + b);
    assertEquals(alone.out().strip(), words.strip().replaceAll(" +", " "));
  }

  @Test
  void aTerminalWithoutBlockCharactersGetsPlainOnes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String[] args = {
      "--explain",
      "--steps",
      "8",
      "--checkpoint",
      Models.CHECKPOINT.toString(),
      "--tokenizer",
      Models.TOKENIZER.toString()
    };
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, UTF_8);
    assertEquals(0, Generate.run(new PrintStream(out, true, US_ASCII), nowhere, 80, args));
    assertTrue(out.toString(US_ASCII).contains("% ####"));
  }

  @Test
  void nobodyReadingEndsTheTale() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("broken pipe");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Generate.run(
            new PrintStream(closed, false, UTF_8), new PrintStream(err, true, UTF_8), 80, BUNDLED);
    assertEquals(0, status);
    assertTrue(err.toString(UTF_8).contains("1 tokens in "), err.toString(UTF_8));
  }

  /** Whatever it writes: a tale, its views, the help. A pipe that is closed is no failure. */
  @ParameterizedTest
  @ValueSource(strings = {"", "--explain", "--sweep 0.2,1", "--help"})
  void whatCannotBeWrittenIsAFailure(String options) {
    String[] args = options.isEmpty() ? BUNDLED : with(BUNDLED, options.split(" "));
    for (String reason : List.of("No space left on device", "Broken pipe")) {
      OutputStream full =
          new OutputStream() {
            @Override
            public void write(int b) throws IOException {
              throw new IOException(reason);
            }
          };
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      PrintStream err = new PrintStream(bytes, true, UTF_8);
      int status =
          Output.run(
              full, UTF_8, err, out -> Generate.run(out, err, 80, with(args, "--steps", "20")));
      String sentence = "generate: the output could not be written: " + reason;
      boolean pipe = reason.contains("pipe");
      assertEquals(pipe ? 0 : 1, status, reason);
      assertEquals(!pipe, bytes.toString(UTF_8).contains(sentence), bytes.toString(UTF_8));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertEquals(
        7,
        Output.run(
            out,
            UTF_8,
            System.err,
            to -> {
              to.print("\u4e16");
              return 7;
            }));
    assertEquals("\u4e16", out.toString(UTF_8));
  }

  /** The chain's text is the chain: the same tale as by the options, and presets tell theirs. */
  @Test
  void chainsAndPresetsTellTheTalesOfTheirSteps() {
    String[] tail = {"--seed", "5", "--steps", "40"};
    Run options = Run.bundled(tail);
    assertEquals(
        options.out(), Run.bundled(with(tail, "--chain", "temperature=0.8, top_p=0.95")).out());
    Run greedy = Run.bundled(with(tail, "--temperature", "0"));
    assertEquals(greedy.out(), Run.bundled(with(tail, "--preset", "mlx")).out());
    assertEquals(
        Run.bundled(with(tail, "--chain", "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8"))
            .out(),
        Run.bundled(with(tail, "--preset", "llama.cpp")).out());
    String[] long300 = {"--seed", "5", "--steps", "300"};
    assertNotEquals(
        Run.bundled(with(long300, "--temperature", "0")).out(),
        Run.bundled(with(long300, "--chain", "no_repeat_ngram=2, temperature=0")).out());
  }

  private static String[] with(String[] args, String... more) {
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return all;
  }

  @Test
  void helpNamesEveryOption() {
    Run run = Run.of("--help");
    assertEquals(0, run.status());
    assertEquals("", run.err());
    for (String option :
        List.of(
            "prompt",
            "steps",
            "temperature",
            "top-k",
            "top-p",
            "min-p",
            "chain",
            "preset",
            "seed",
            "backend",
            "checkpoint",
            "tokenizer",
            "explain",
            "sweep",
            "html",
            "width")) {
      assertTrue(run.out().contains("  --" + option), option);
    }
    assertTrue(run.out().contains("in this order: temperature, top-k, top-p, min-p"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--temperature NaN | --temperature: t must be a number, but was 'NaN', at 12 of \"temperature=NaN\"",
        "--temperature -1 | --temperature: temperature: temperature must be finite and >= 0, but was -1.0, at 12 of \"temperature=-1\"",
        "--temperature 1e99 | --temperature: t must be a number that as a float is neither 0 nor infinite, but was '1e99', at 12 of \"temperature=1e99\"",
        "--temperature 0.8f | --temperature: t must be a number, but was '0.8f', at 12 of \"temperature=0.8f\"",
        "--temperature 1,top_k=2 | --temperature takes one number, but was '1,top_k=2'",
        "--top-k 0 | --top-k: top_k: k must be >= 1, but was 0, at 6 of \"top_k=0\"",
        "--top-k 1.5 | --top-k: k must be a whole number, but was '1.5', at 6 of \"top_k=1.5\"",
        "--top-k \u0664\u0660 | --top-k: k must be a whole number, but was '\u0664\u0660', at 6 of \"top_k=\u0664\u0660\"",
        "--top-p 1.1 | --top-p: top_p: p must be in [0, 1], but was 1.1, at 6 of \"top_p=1.1\"",
        "--min-p -0.1 | --min-p: min_p: p must be in [0, 1], but was -0.1, at 6 of \"min_p=-0.1\"",
        "--steps 0 | --steps must be >= 1, but was 0",
        "--steps 3 | --steps counts the prompt's 5 tokens too, so it must be >= 6, but was 3",
        "--steps 5 | --steps counts the prompt's 5 tokens too, so it must be >= 6, but was 5",
        "--steps \u0664\u0660 | Invalid value for option '--steps': '\u0664\u0660' is not a whole number, or is too large",
        "--width 29 --explain | --width must be >= 30, but was 29",
        "--seed x | Invalid value for option '--seed': 'x' is not a whole number, or is too large",
        "--seed \u0664 | Invalid value for option '--seed': '\u0664' is not a whole number, or is too large",
        "--seed | Missing required parameter for option '--seed' (S)",
        "--backend gpu | --backend: unknown backend 'gpu': the backends are scalar and vector",
        "--sweep 0.2,,1 | --sweep, 2 of 3: expected a value, at 12 of \"temperature=\"",
        "--sweep , | --sweep needs a temperature",
        "--sweep 0.2,-1 | --sweep, 2 of 2: temperature: temperature must be finite and >= 0, but was -1.0, at 12 of \"temperature=-1\"",
        "--sweep 1 --explain | --sweep goes with neither --temperature nor --explain: "
            + "it sets the temperatures itself",
        "--sweep 1 --temperature 1 | --sweep goes with neither --temperature nor --explain: "
            + "it sets the temperatures itself",
        "--html no/page --explain | --html goes with neither --explain nor --width: "
            + "the page explains, and fits any width",
        "--html page --width 50 | --html goes with neither --explain nor --width: "
            + "the page explains, and fits any width",
        "--chain top_k=0 | --chain: top_k: k must be >= 1, but was 0, at 6 of \"top_k=0\"",
        "--chain allowed() | --chain: nothing here gives the mask that allowed() needs",
        "--preset gpt | --preset: 'gpt' is none of llama.cpp, huggingface, vllm, mlx",
        "--preset vllm --top-k 3 | --chain and --preset go with neither each other nor "
            + "--temperature, --top-k, --top-p, --min-p or --sweep: each is a whole chain",
        "--chain top_k=1 --preset vllm | --chain and --preset go with neither each other nor "
            + "--temperature, --top-k, --top-p, --min-p or --sweep: each is a whole chain",
        "--frobnicate | Unknown option: '--frobnicate'",
        "story | Unmatched argument at index 4: 'story'"
      })
  void aBadOptionIsOneSentence(String args, String sentence) {
    String[] model = {
      "--checkpoint", Models.CHECKPOINT.toString(), "--tokenizer", Models.TOKENIZER.toString()
    };
    String[] given = args.split(" ");
    String[] all = Arrays.copyOf(model, model.length + given.length);
    System.arraycopy(given, 0, all, model.length, given.length);
    refused(Run.of(all), sentence);
  }

  @Test
  void aPromptThatDoesNotFit() {
    refused(
        Run.bundled("--prompt", "a dragon, ".repeat(100)),
        "the prompt takes 302 tokens, but the model's context holds 256");
  }

  @Test
  void halfAModel() {
    String sentence =
        "--checkpoint and --tokenizer go together: a model needs the tokenizer it was trained with";
    refused(Run.of("--checkpoint", Models.CHECKPOINT.toString()), sentence);
    refused(Run.of("--tokenizer", Models.TOKENIZER.toString()), sentence);
  }

  static List<Arguments> badFiles() {
    return List.of(
        Arguments.of("absent", "ok", "the checkpoint absent does not exist"),
        Arguments.of("ok", "absent", "the tokenizer absent does not exist"),
        Arguments.of(".", "ok", "the checkpoint . is not a readable file"),
        Arguments.of("ok", ".", "the tokenizer . is not a readable file"),
        Arguments.of(
            "ok",
            "empty",
            "empty is not a llama2.c tokenizer: it does not start with the length of a piece"),
        Arguments.of(
            "ok",
            "truncated",
            "truncated is not a llama2.c tokenizer, or is truncated: "
                + "token 143 does not fit in its 2,001 bytes"),
        Arguments.of(
            "ok",
            "other",
            "the tokenizer other has 260 tokens, but the checkpoint's vocabulary has 262"),
        Arguments.of(
            "nan", "ok", "the checkpoint's weights give no usable logits: logit 0 is NaN"));
  }

  @ParameterizedTest
  @MethodSource("badFiles")
  void aBadFileIsOneSentence(String checkpoint, String tokenizer, String sentence)
      throws IOException {
    Path ok = Models.tokenizer(folder.resolve("tokenizer"));
    Models.tokenizer(folder.resolve("other"), List.of("x"));
    Files.write(folder.resolve("empty"), new byte[0]);
    Files.write(folder.resolve("truncated"), Arrays.copyOf(Files.readAllBytes(ok), 2001));
    Path model = Models.checkpoint(folder.resolve("checkpoint"), true, 0);
    byte[] bytes = Files.readAllBytes(model);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(Models.HEADER + 4 * Models.DIM * Tokenizer.BEGIN, Float.NaN);
    Files.write(folder.resolve("nan"), bytes);

    Run run =
        Run.on(
            checkpoint.equals("ok") ? model : folder.resolve(checkpoint),
            tokenizer.equals("ok") ? ok : folder.resolve(tokenizer),
            "--prompt",
            "hi");
    String folderName = folder + folder.getFileSystem().getSeparator();
    refused(new Run(run.status(), run.out(), run.err().replace(folderName, "")), sentence);
  }

  private static void refused(Run run, String sentence) {
    assertEquals("generate: " + sentence + System.lineSeparator(), run.err());
    assertEquals("", run.out());
    assertEquals(2, run.status());
  }

  private static int tokens(Run run) {
    return (int) numbers(run.err(), "(\\d+) tokens in ")[0];
  }

  private static double[] numbers(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .mapToDouble(m -> Double.parseDouble(m.group(1)))
        .toArray();
  }
}
