package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the first callers of a JVM meet, each in a JVM of its own, seen from inside by {@link
 * ColdProbe}.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class ColdStartTest {
  private static final List<Path> CLASS_PATH =
      List.of(ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS);

  /** Streams of three threads go on, the same, while kernels are exchanged under them. */
  @Test
  void streamsAcrossTheSwitchAreThoseOfScalar() {
    String text = probe(List.of(), "streams");
    Matcher counts = Pattern.compile("failed 0, before (\\d+), after 450\\R").matcher(text);
    assertTrue(counts.find(), text);
    assertNotEquals(0, Integer.parseInt(counts.group(1)), text);
    assertTrue(text.contains("bits, warm after "), text);
    assertTrue(text.contains("threads 0"), text);
  }

  /** What callers use is warmed, and nothing else; then the thread is gone, until it is needed. */
  @Test
  void onlyWhatIsCalledIsWarmed() {
    String text = probe(List.of(), "asked");
    String start = "active backend: adaptive, \\d+ bits, warm after \\d+\\.\\d\\d s";
    String end = "; kernels not called yet are warmed after their first call";
    String chain = ": top-p, the draw";
    assertMatch(text, "chain begun, state WARMING");
    assertMatch(text, "chain: (" + start + chain + end + ")");
    assertMatch(text, "still: (" + start + chain + end + ")");
    assertEquals(after(text, "chain: "), after(text, "still: "), text);
    assertMatch(text, "arg-max begun, state WARMING");
    String more = ": arg-max, top-p, the draw";
    assertMatch(text, "arg-max: " + start + more + end);
    assertMatch(text, "segment begun, state WARMING");
    assertMatch(text, "segment: " + start + more + ", top-p from native memory" + end);
    assertMatch(text, "threads 0");
    long idle = Long.parseLong(after(text, "idle, ms of processor time: "));
    assertTrue(idle < 20, text);
    assertFalse(text.contains("WARNING: active"), text);
  }

  @Test
  void whatNobodyCallsIsLeftAlone() {
    String text = probe(List.of(), "unasked");
    assertMatch(text, "at first WARMING");
    assertMatch(
        text,
        "then: active backend: adaptive, \\d+ bits, no kernel called yet; each is warmed after its"
            + " first call");
    assertMatch(text, "threads 0");
  }

  /** A line of a text is like this. */
  private static void assertMatch(String text, String line) {
    assertTrue(text.lines().anyMatch(l -> l.matches(line)), () -> "no " + line + " in " + text);
  }

  private static String after(String text, String start) {
    return text.lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + start + " in " + text));
  }

  /** The same on one processor, where the warm-up has to take its time from the callers. */
  @Test
  void streamsOnOneProcessorAreThoseOfScalar() {
    String text = probe(List.of("-XX:ActiveProcessorCount=1"), "streams");
    assertTrue(text.contains("failed 0, before "), text);
    assertTrue(text.contains("threads 0"), text);
  }

  /** The log of class loading names the thread: the caller's loads nothing of the incubator. */
  @Test
  void callersLoadNoVectorClass() {
    String text = probe(List.of("-Xlog:class+load=info:stdout:tid"), "first");
    assertTrue(text.contains("token 1"), text);
    String main = threadOf(text, ColdProbe.class.getName() + " ");
    assertEquals(main, threadOf(text, "org.logitkernels.scalar.Maxima "));
    List<String> vectors =
        text.lines()
            .filter(line -> line.contains("] jdk.incubator.vector."))
            .filter(line -> !line.contains("shared objects file")) // which the JVM itself does
            .filter(line -> line.contains("[" + main + "]"))
            .toList();
    assertEquals(List.of(), vectors);
    assertFalse(
        text.lines()
            .anyMatch(
                line ->
                    line.contains("[" + main + "]")
                        && line.contains(" org.logitkernels.vector.VectorKernels ")),
        text);
  }

  @Test
  void anInterruptionEndsTheWarmUpAndNothingElse() {
    String text = probe(List.of(), "interrupt");
    assertTrue(text.contains("ended true, arg-max 1"), text);
    assertTrue(text.contains("gave up warming up after "), text);
    assertTrue(text.contains("vector is not in use: its warm-up was interrupted."), text);
    assertTrue(text.contains("WARNING: active backend: adaptive"), text);
    assertTrue(text.contains("threads 0"), text);
  }

  @Test
  void anInterruptedCallerLeavesTheWarmUpAlone() {
    String text = probe(List.of(), "caller");
    assertLines(
        text,
        "at once false",
        "before the beginning false",
        "interrupted, state WARMING",
        "for ever true",
        "state READY",
        "threads 0");
  }

  /** Whether warm or still warming, the library's classes go when their loader goes. */
  @Test
  void classesAreUnloaded() {
    List<String> options = ChildJvm.withModule();
    options.addAll(List.of("-cp", ChildJvm.path(CLASS_PATH), ColdProbe.class.getName(), "unload"));
    options.add(ChildJvm.path(List.of(ChildJvm.CORE, ChildJvm.VECTOR)));
    String text = ChildJvm.run(options);
    assertEquals(2, text.lines().filter("own classes true"::equals).count(), text);
    assertEquals(2, text.lines().filter(line -> line.endsWith(", arg-max 1")).count(), text);
    assertEquals(2, text.lines().filter("unloaded true"::equals).count(), text);
    assertTrue(text.contains("threads 0"), text);
    assertFalse(text.contains("Exception in thread"), text);
  }

  private static String probe(List<String> options, String mode) {
    List<String> arguments = new ArrayList<>(ChildJvm.WITH_MODULE);
    arguments.addAll(options);
    arguments.addAll(List.of("-cp", ChildJvm.path(CLASS_PATH), ColdProbe.class.getName(), mode));
    return ChildJvm.run(arguments);
  }

  private static String threadOf(String text, String type) {
    return text.lines()
        .filter(line -> line.contains("] " + type))
        .map(line -> line.substring(line.indexOf('[') + 1, line.indexOf(']')))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + type + " in " + text));
  }

  private static void assertLines(String text, String... lines) {
    List<String> printed = text.lines().toList();
    assertTrue(printed.containsAll(Arrays.asList(lines)), text);
  }
}
