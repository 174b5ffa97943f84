package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateTest {
  private static final int VOCABULARY = 2048;

  @TempDir private Path folder = Path.of("");

  private record Run(int status, String out, String err) {
    static Run of(String... args) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int status =
          Evaluate.run(new PrintStream(out, false, UTF_8), new PrintStream(err, true, UTF_8), args);
      return new Run(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    static Run bundled(String... args) {
      List<String> model =
          List.of(
              "--checkpoint",
              Models.CHECKPOINT.toString(),
              "--tokenizer",
              Models.TOKENIZER.toString());
      return of(Stream.concat(Stream.of(args), model.stream()).toArray(String[]::new));
    }

    /** The number in a line of the table. */
    double number(String label) {
      return out.lines()
          .filter(line -> line.startsWith(label))
          .map(line -> line.substring(25).strip().split(" ")[0])
          .map(Double::valueOf)
          .findFirst()
          .orElseThrow();
    }
  }

  /** A model of 2,048 tokens that had learned nothing would have a perplexity of 2,048. */
  @Test
  void theBundledModelForetellsTheBundledText() {
    Run run = Run.bundled();
    assertEquals("", run.err());
    assertEquals(0, run.status());
    double perplexity = run.number("Perplexity");
    assertTrue(perplexity > 10 && perplexity < 120, run.out());
    assertEquals(run.out(), Run.bundled("--backend", "scalar").out());
  }

  @Test
  void storedLogitsHaveTheSamePerplexityAndCanBeCompared() throws Exception {
    String base = folder.resolve("base.logits").toString();
    String other = folder.resolve("other.logits").toString();
    String json = folder.resolve("result.json").toString();
    Run stored = Run.bundled("--store", base);
    assertEquals(0, stored.status(), stored.err());
    assertEquals(0, Run.bundled("--store", other, "--type", "bfloat16").status());
    Run read = Run.of(base);
    assertEquals(stored.number("Perplexity"), read.number("Perplexity"));
    Run same = Run.of(base, base);
    assertEquals(0, same.number("KL divergence, mean"));
    assertEquals(1, same.number("Same best token"));
    Run compared = Run.of(base, other, "--json", json);
    assertEquals(0, compared.status(), compared.err());
    double mean = compared.number("KL divergence, mean");
    assertTrue(mean > 1e-6 && mean < 1e-3, compared.out());
    assertEquals(1, compared.number("PPL(other)/PPL(base)"), 0.01);
    assertTrue(compared.number("Same best token") > 0.98, compared.out());
    String object = Files.readString(Path.of(json));
    List<String> names =
        object.lines().filter(line -> line.contains(": ")).map(line -> line.split(":")[0]).toList();
    assertEquals(names.stream().distinct().toList(), names);
    assertTrue(object.contains("\"kl_mean\": "), object);
    assertTrue(object.contains("\"kl_p99_9\": "), object);
    assertTrue(object.contains("\"other_type\": \"bfloat16\""), object);
    assertEquals(0, Run.of(base, base, "--json", json).status());
    assertTrue(Files.readString(Path.of(json)).contains("\"kl_mean\": 0.0,"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --type float8     | evaluate: Invalid value for option '--type': expected one of \
          [FLOAT32, FLOAT16, BFLOAT16] (case-insensitive) but was 'float8'
          --text none.txt   | evaluate: the text none.txt does not exist
          none.logits       | evaluate: files of logits go with none of --text, --type, --store, \
          --checkpoint and --tokenizer: these are of a model
          --backend fast    | evaluate: --backend: unknown backend 'fast'
          --quick           | evaluate: Unknown option: '--quick'
          """)
  void whatCannotBeUsedIsSaid(String args, String message) {
    Run run = Run.bundled(args.split(" "));
    assertEquals(2, run.status());
    assertTrue(run.err().startsWith(message), run.err());
    assertEquals("", run.out());
  }

  /** By whatever name the input is called. */
  @Test
  void noInputIsWrittenOver() throws Exception {
    byte[] good = bytes(1, 0, 3, 2, 1, 2);
    Path file = Files.write(folder.resolve("a.logits"), good);
    String otherName = folder.resolve(".").resolve("a.logits").toString();
    Run run = Run.of(file.toString(), "--json", otherName);
    assertEquals(2, run.status());
    assertEquals("evaluate: --json would write over " + file, run.err().strip());
    assertEquals("", run.out());
    assertArrayEquals(good, Files.readAllBytes(file));
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    assertEquals(2, Run.of(file.toString(), "--json", link.toString()).status());
    String text = Files.writeString(folder.resolve("text"), "so long").toString();
    assertEquals(2, Run.bundled("--text", text, "--store", text).status());
    assertEquals(2, Run.bundled("--text", text, "--store", "x", "--json", "x").status());
    assertEquals("so long", Files.readString(Path.of(text)));
    String device = "/dev/null";
    assertEquals(0, Run.bundled("--text", text, "--store", device, "--json", device).status());
  }

  /** A divergence of a millionth is not shown as 0. */
  @Test
  void smallNumbersAreShown() throws Exception {
    String base = folder.resolve("base.logits").toString();
    String other = folder.resolve("other.logits").toString();
    assertEquals(0, Run.bundled("--store", base).status());
    assertEquals(0, Run.bundled("--store", other, "--type", "bfloat16").status());
    Run compared = Run.of(base, other);
    double least = compared.number("  1 %");
    assertTrue(least != 0 && Math.abs(least) < 1e-3, compared.out());
  }

  @Test
  void aFileThatIsNoneIsSaidToBeNone() throws Exception {
    Path file = folder.resolve("a.logits");
    assertRefused("the file of logits " + file + " does not exist", file);
    Files.writeString(file, "short");
    assertRefused("it does not begin with LKLOGITS and a header of 64 bytes", file);
    byte[] good = bytes(1, 0, 3, 2, 1, 2);
    Files.write(file, good);
    assertEquals(0, Run.of(file.toString()).status());
    Files.write(file, java.util.Arrays.copyOf(good, good.length - 1));
    assertRefused("its header asks for 96 bytes, but the file has 95", file);
    Files.write(file, bytes(2, 0, 3, 2, 1, 2));
    assertRefused("it has the version 2, where 1 was expected", file);
    Files.write(file, bytes(1, 3, 3, 2, 1, 2));
    assertRefused("its element type is 3, where 0 to 2 was expected", file);
    Files.write(file, bytes(1, 0, 3, 2, 1, 3));
    assertRefused("the target of row 1 is token 3, but there are 3 tokens", file);
    byte[] bad = good.clone();
    ByteBuffer.wrap(bad).order(ByteOrder.nativeOrder()).putFloat(64 + 16, Float.NaN);
    Files.write(file, bad);
    assertRefused("row 1 of " + file + ": logit 1 is NaN", file);
    Path other = Files.write(folder.resolve("b.logits"), bytes(1, 0, 3, 2, 1, 0));
    assertRefused("row 1: the target is token 2 in " + file + ", but 0 in " + other, file, other);
    Path fewer = Files.write(folder.resolve("c.logits"), bytes(1, 0, 3, 1, 1));
    assertRefused(file + " has 2 rows of 3 logits, but " + fewer + " has 1 of 3", file, fewer);
    Path text = Files.writeString(folder.resolve("text"), "so long ".repeat(VOCABULARY));
    Run run = Run.bundled("--text", text.toString());
    assertEquals(2, run.status());
    assertTrue(run.err().startsWith("evaluate: paragraph 1 of " + text), run.err());
  }

  private static void assertRefused(String message, Path... files) {
    Run run = Run.of(Stream.of(files).map(Path::toString).toArray(String[]::new));
    assertEquals(2, run.status(), run.out());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
  }

  /** A file of rows of zeros. */
  private static byte[] bytes(int version, int type, int vocabulary, int rows, int... targets) {
    ByteBuffer file =
        ByteBuffer.allocate(64 + rows * (4 * vocabulary + 4)).order(ByteOrder.nativeOrder());
    file.put("LKLOGITS".getBytes(UTF_8)).putInt(version).putInt(0x01020304).putInt(type);
    file.putInt(vocabulary).putLong(rows);
    file.position(64 + rows * 4 * vocabulary);
    for (int target : targets) {
      file.putInt(target);
    }
    return file.array();
  }
}
