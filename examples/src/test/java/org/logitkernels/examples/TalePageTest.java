package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

class TalePageTest {
  @TempDir private Path folder = Path.of("");

  private String page(String... args) throws IOException {
    return read(Run.bundled(with(args)));
  }

  private String[] with(String... args) {
    return Stream.concat(Stream.of(args), Stream.of("--html", file().toString()))
        .toArray(String[]::new);
  }

  private Path file() {
    return folder.resolve("page.html");
  }

  private String read(Run run) throws IOException {
    assertEquals(0, run.status(), run.err());
    assertEquals("", run.out());
    return Files.readString(file());
  }

  private static JsonNode numbers(String page) throws IOException {
    Matcher json =
        Pattern.compile(
                "<script type=\"application/json\" id=\"numbers\">(.*?)</script>", Pattern.DOTALL)
            .matcher(page);
    assertTrue(json.find(), page);
    return new ObjectMapper().readTree(json.group(1));
  }

  private static String text(JsonNode tale) {
    StringBuilder text = new StringBuilder(tale.get("text").asText());
    tale.get("tokens").forEach(token -> text.append(token.get("text").asText()));
    return text.toString();
  }

  @Test
  void aPageIsOneFileAndNeedsNoOther() throws IOException {
    String page = page("--seed", "3", "--steps", "20");
    assertTrue(page.contains("content=\"default-src 'none';"));
    for (String sign : List.of("http:", "https:", "src=", "href=", "url(", "@import", "fetch(")) {
      assertFalse(page.contains(sign), sign);
    }
  }

  @Test
  void aSweepTellsTheTalesOfSingleRuns() throws IOException {
    String[] tail = {"--seed", "3", "--steps", "40"};
    JsonNode page = numbers(page("--sweep", "0,0.7,1", tail[0], tail[1], tail[2], tail[3]));
    assertEquals(3, page.get("tales").size());
    assertEquals("top_p=0.95", page.at("/tales/2/chain").asText());
    for (int i = 0; i < 3; i++) {
      String t = List.of("0", "0.7", "1").get(i);
      Run alone = Run.bundled("--temperature", t, tail[0], tail[1], tail[2], tail[3]);
      assertEquals(alone.out().strip(), text(page.at("/tales/" + i)).strip());
    }
    assertEquals("model.bin", page.get("model").asText());
    assertEquals(2048, page.get("vocabulary").asInt());
  }

  /** Of every candidate that is shown the floats, before the chain and behind each step. */
  @Test
  void theNumbersAreTheSamplers() throws Exception {
    SamplerChain chain = SamplerChain.parse("temperature=1.3, top_k=30, min_p=0.02");
    JsonNode tale =
        numbers(page("--chain", chain.toString(), "--seed", "8", "--steps", "60")).at("/tales/0");
    assertEquals(
        "[\"temperature=1.3\",\"top_k=30\",\"min_p=0.02\"]", tale.get("stages").toString());

    Kernels kernels = Kernels.scalar();
    Checkpoint checkpoint = Checkpoint.read(Models.CHECKPOINT);
    int size = checkpoint.vocabularySize;
    Tokenizer tokenizer = Tokenizer.read(Models.TOKENIZER, size);
    int[] prompt = tokenizer.encode("Once upon a time", 60);
    float[][] expected = new float[4][size];
    List<JsonNode> told = new ArrayList<>();
    tale.get("tokens").forEach(told::add);
    new Story(tokenizer, new Transformer(checkpoint, kernels, 60), prompt, 60)
        .tell(
            chain.newSampler(size, 8, kernels),
            new Story.View() {
              private int n;

              @Override
              public void drawn(int token, float[] logits, Sampler sampler) {
                kernels.softmax(logits, 0, size, 1, expected[0], 0);
                kernels.softmax(logits, 0, size, 1.3f, expected[1], 0);
                SamplerChain ofTopK = SamplerChain.parse("temperature=1.3, top_k=30");
                Sampler best = ofTopK.newSampler(size, 0, kernels);
                best.apply(logits);
                best.probabilities(expected[2], 0);
                sampler.probabilities(expected[3], 0);
                assertToken(told.get(n++), token, expected);
              }

              @Override
              public boolean text(String text) {
                return true;
              }
            });
    assertEquals(55, told.size());
  }

  private static void assertToken(JsonNode told, int token, float[][] expected) {
    assertEquals(token, told.get("id").asInt());
    boolean drawn = false;
    for (JsonNode row : told.get("rows")) {
      int id = row.get(0).asInt();
      drawn |= id == token;
      for (int stage = 0; stage < expected.length; stage++) {
        JsonNode p = row.get(1 + stage);
        assertEquals(expected[stage][id], p.isNull() ? 0 : p.floatValue(), told.toString());
      }
    }
    assertTrue(drawn, told.toString());
    int above = 0;
    for (float p : expected[0]) {
      above += p > expected[0][token] ? 1 : 0;
    }
    assertEquals(above + 1, told.get("rank").asInt());
    for (int stage = 0; stage < expected.length; stage++) {
      int left = 0;
      double entropy = 0;
      for (float p : expected[stage]) {
        left += p > 0 ? 1 : 0;
        entropy -= p > 0 ? p * Math.log(p) : 0;
      }
      assertEquals(left, told.get("left").get(stage).asInt());
      assertEquals(entropy, told.get("entropy").get(stage).asDouble(), 1e-5);
    }
  }

  /**
   * Steps that read the history, and one that is random, do in a stage what they did in the draw.
   */
  @Test
  void aStageIsWhatItWasInTheDraw() throws IOException {
    String chain = "repetition_penalty=1.5, xtc(probability=0.5, threshold=0.05), top_k=1";
    JsonNode tale = numbers(page("--chain", chain, "--seed", "2", "--steps", "80")).at("/tales/0");
    int fewer = 0;
    for (JsonNode token : tale.get("tokens")) {
      float most = 0;
      float ofDrawn = 0;
      for (JsonNode row : token.get("rows")) {
        float p = row.get(3).floatValue(); // behind xtc
        most = Math.max(most, p);
        ofDrawn = row.get(0).asInt() == token.get("id").asInt() ? p : ofDrawn;
      }
      assertEquals(most, ofDrawn, token.toString());
      fewer += token.get("left").get(2).asInt() < 2048 ? 1 : 0;
    }
    assertTrue(fewer > 10 && fewer < 70, fewer + " cuts by xtc, of about half the tokens");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "top_k=9, mirostat_v2(tau=3.0, eta=0.1), temperature=0.9 | [\"top_k=9\",\"mirostat_v2(tau=3.0, eta=0.1), temperature=0.9\"]",
        "top_k=9, adaptive_p(target=0.3, decay=0.9) | [\"top_k=9\",\"adaptive_p(target=0.3, decay=0.9)\"]",
        "temperature=0.5 | [\"temperature=0.5\"]",
        "'' | []"
      })
  void aStepThatSteersIsOneStageWithAllBehindIt(String chain, String stages) throws IOException {
    JsonNode tale = numbers(page("--chain", chain, "--seed", "2", "--steps", "12")).at("/tales/0");
    assertEquals(stages, tale.get("stages").toString());
    int count = tale.get("stages").size() + 1;
    for (JsonNode token : tale.get("tokens")) {
      assertEquals(count, token.get("left").size());
      assertEquals(count, token.get("entropy").size());
      token.get("rows").forEach(row -> assertEquals(1 + count, row.size()));
    }
  }

  /** No text of a token, a prompt or a file's name ends the script, or is anything but text. */
  @Test
  void hostileTextsAreTexts() throws Exception {
    List<String> hostile =
        List.of(
            "</script><script>alert(1)</script>", "<!--<script>", "\"'&\\\u2028\u202e@numbers@");
    Path tokenizer = Models.tokenizer(folder.resolve("tokenizer"), hostile);
    Path checkpoint = Models.checkpoint(folder.resolve("<b>\"model"), true, 0, 120);
    String bytes = "131=9, 229=9, 13=9, 259=12, 260=12, 261=12"; // 0x80, 0xE2, a line break, pieces
    String prompt = "</script><img src=x onerror=alert(1)>'\"&amp;\u20ac";
    Run run =
        Run.on(
            checkpoint,
            tokenizer,
            with("--prompt", prompt, "--seed", "1", "--chain", "logit_bias(" + bytes + ")"));
    String page = read(run);
    JsonNode numbers = numbers(page);
    assertEquals(
        2, page.split("</script").length - 1, "the ends of the two scripts that there are");
    assertEquals(1, page.split("<!--").length - 1, "the one comment of the template");
    assertFalse(page.contains("<img"), page);
    JsonNode tale = numbers.at("/tales/0");
    assertEquals(prompt, tale.get("text").asText());
    for (int i = 0; i < hostile.size(); i++) {
      assertEquals(hostile.get(i), numbers.get("names").get("" + (259 + i)).asText());
      assertTrue(text(tale).contains(hostile.get(i)), text(tale));
    }
    assertTrue(text(tale).contains("\ufffd"), text(tale)); // bytes that are no character
    Stream<JsonNode> tokens =
        Stream.of(new ObjectMapper().treeToValue(tale.get("tokens"), JsonNode[].class));
    assertTrue(
        tokens.anyMatch(token -> token.get("text").asText().isEmpty()), "part of a character");
  }

  /** Split by a shell, with the prompt as a shell would pass it on. */
  @Test
  void theCommandOnThePageMakesItAgain() throws Exception {
    String prompt = "It's a \"wolf\" of $HOME\\";
    String page = page("--prompt", prompt, "--sweep", "0.5,2", "--top-k", "20", "--steps", "30");
    String command = numbers(page).get("command").asText();
    assertTrue(command.startsWith("bin/generate --prompt "), command);
    assertTrue(command.endsWith(" --html page.html"), command);
    Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\0' " + command).start();
    String words = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    List<String> again = new ArrayList<>(List.of(words.split("\0")));
    again.removeFirst();
    again.set(again.size() - 1, file().toString());
    Files.delete(file());
    assertEquals(page, read(Run.of(again.toArray(String[]::new))));
  }

  @Test
  void theSeedIsWholeWhateverItsLength() throws IOException {
    JsonNode page = numbers(page("--seed", "9223372036854775807", "--steps", "7"));
    assertTrue(page.get("seed").isTextual()); // a number of JavaScript would lose its last digits
    assertEquals("9223372036854775807", page.get("seed").asText());
  }

  @Test
  void whatCannotBeWrittenIsSaidAndLeavesNothing() throws IOException {
    refused("there/page.html", "--html: the folder FOLDER/there does not exist");
    refused("", "--html: FOLDER is a folder: name a file");
    String name = "n".repeat(300);
    refused(name, "FOLDER/" + name + " cannot be written: File name too long");
    Path closed = Files.createDirectory(folder.resolve("closed"));
    assertTrue(closed.toFile().setWritable(false));
    if (!Files.isWritable(closed)) { // which it is for an administrator
      refused("closed/page.html", "--html: you may not write to FOLDER/closed");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(closed), left.toList());
    }
  }

  private void refused(String name, String sentence) {
    Run run = Run.bundled("--steps", "8", "--html", folder.resolve(name).toString());
    assertEquals("generate: " + sentence, run.err().strip().replace(folder.toString(), "FOLDER"));
    assertEquals("", run.out());
    assertEquals(2, run.status());
  }

  /** A tale without an end leaves the page that was there; so does a name that is read, too. */
  @Test
  void whatIsThereStaysUnlessThePageIsWhole() throws IOException {
    Files.writeString(file(), "before");
    Path tokenizer = Models.tokenizer(folder.resolve("tokenizer"));
    Path checkpoint = Models.checkpoint(folder.resolve("checkpoint"), true, 0);
    String all =
        String.join(
            " ",
            java.util.stream.IntStream.range(0, Models.VOCABULARY)
                .mapToObj(id -> id + "=-Infinity,")
                .toList());
    Run run =
        Run.on(checkpoint, tokenizer, with("--prompt", "hi", "--chain", "logit_bias(" + all + ")"));
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().startsWith("generate: the tale cannot go on: "), run.err());
    assertEquals("", run.out());
    assertEquals("before", Files.readString(file()));
    byte[] model = Files.readAllBytes(checkpoint);
    Run over = Run.on(checkpoint, tokenizer, "--html", checkpoint.toString());
    assertEquals("generate: --html would write over " + checkpoint, over.err().strip());
    assertArrayEquals(model, Files.readAllBytes(checkpoint));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(3, left.count());
    }
  }

  /** A link stays one, and what it leads to is written; what others may read, they still may. */
  @Test
  void aLinkIsFollowed() throws IOException {
    Path target = Files.writeString(folder.resolve("target"), "before");
    Files.createSymbolicLink(file(), target);
    page("--steps", "8");
    assertTrue(Files.isSymbolicLink(file()));
    assertTrue(Files.readString(target).startsWith("<!doctype html>"));
    Path plain = Files.writeString(folder.resolve("plain"), "");
    assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(target));
  }
}
