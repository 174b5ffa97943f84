package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * JVMs that have too little memory, or end too soon, each seen from inside by {@link
 * PressureProbe}.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class PressureTest {
  private static final List<Path> CLASS_PATH =
      List.of(ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS);

  private static String probe(List<String> options, String... arguments) {
    List<String> all = new ArrayList<>(ChildJvm.WITH_MODULE);
    all.addAll(options);
    all.addAll(List.of("-cp", ChildJvm.path(CLASS_PATH), PressureProbe.class.getName()));
    all.addAll(Arrays.asList(arguments));
    return ChildJvm.run(all);
  }

  /** 32,000 logits take 128 KB, and a sampler for them no more than 0.9 MB. */
  @ParameterizedTest
  @CsvSource({"6m, -XX:+UseSerialGC", "8m, -XX:+UseG1GC"})
  void tinyHeaps(String heap, String collector) {
    String text = probe(List.of("-Xmx" + heap, collector), "tokens", "32000");
    assertTrue(text.contains(Arrays.toString(PressureProbe.tokens(32_000))), text);
  }

  /** Memory that ends while scratch grows: no position moves, and the next call is right. */
  @Test
  void outOfMemory() {
    String text = probe(List.of("-Xmx24m", "-XX:+UseSerialGC"), "memory");
    Matcher counts = Pattern.compile("ended \\[(.*)\\] wrong \\[(.*)\\]").matcher(text);
    assertTrue(counts.find(), text);
    assertEquals("0, 0, 0, 0, 0", counts.group(2), text);
    for (String ended : counts.group(1).split(", ")) {
      assertTrue(Integer.parseInt(ended) > 0, text);
    }
  }

  /** A prompt is added whole, or not at all. */
  @Test
  void outOfMemoryForAPrompt() {
    String text = probe(List.of("-Xmx24m", "-XX:+UseSerialGC"), "prompt");
    assertTrue(text.contains("ended true without 1 with 2"), text);
  }

  /** What there is no memory to remember is not looked for. */
  @Test
  void outOfMemoryForFeedback() {
    String text = probe(List.of("-Xmx24m", "-XX:+UseSerialGC"), "feedback");
    assertTrue(text.contains("ended true"), text);
  }

  /** No hang, no word on either stream, no failure: the warm-up's thread is a daemon. */
  @ParameterizedTest
  @CsvSource({"0, exit", "90, exit", "250, exit", "400, return", "150, halt", "120, hook"})
  void endsWhileKernelsAreWarmed(long milliseconds, String how) {
    String text = probe(List.of(), "exit", Long.toString(milliseconds), how);
    List<String> lines =
        text.lines().filter(line -> !line.startsWith("WARNING: Using incubator")).toList();
    assertEquals(List.of("state WARMING"), lines);
  }
}
