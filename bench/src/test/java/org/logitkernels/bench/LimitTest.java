package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The comparison with C++: what it asks, how it counts, and what it says. */
class LimitTest {
  private static final Path ROOT = Path.of("..");

  @TempDir Path folder;

  /** Whatever the machine did in a round, it did to both. */
  @Test
  void ratiosAreThoseOfTheRoundsAndTheFastestLoopCounts() {
    Limit.Workload workload = new Limit.Workload("greedyHalf", "greedy", List.of("all", "few"));
    double[][] theirs = {{90, 900, 90, 90, 90}, {10, 100, 10, 20, 10}};
    LimitRun.Line line = Limit.line(workload, 64, theirs, new double[] {15, 150, 30, 30, 10});
    assertEquals(new LimitRun.Line("greedyHalf", 64, "few", 10, 30, 1.5, 1.5, 1.5), line);
  }

  @Test
  void theTableHasALineToAWorkloadAndALength() {
    LimitRun run =
        new LimitRun(
            "a processor",
            "a JDK",
            "a compiler",
            "AVX2",
            "abc",
            15,
            20,
            List.of("-Xa"),
            List.of(
                new LimitRun.Line("argMax", 64, "argMax", 3.04, 12.2, 3.9, 4.013, 4.1),
                new LimitRun.Line("softmax", 128_256, "softmax", 16_520, 99_900, 1, 1.1, 1.2)));
    String table = run.table(name -> true);
    assertTrue(table.contains("\n| argMax | 64 | 3.0 ns | 12 ns | 4.01 | 3.90 to 4.10 |\n"), table);
    assertTrue(
        table.contains("\n| softmax | 128,256 | 17 us | 100 us | 1.10 | 1.00 to 1.20 |\n"), table);
    assertTrue(
        table.endsWith(
            "\n\n15 rounds of 20 ms each, a processor, a JDK, C++ with AVX2 by a compiler, commit abc.\n"),
        table);
    assertFalse(run.table("argMax"::equals).contains("softmax"));
    assertThrows(IllegalArgumentException.class, () -> run.table(name -> false));
  }

  @Test
  void answersAreNumbers() throws IOException {
    assertEquals(12.5, LimitProgram.nanoseconds("argMax", "12.50"));
    for (String answer : List.of("-1.00", "0", "inf", "Infinity", "NaN", "", "ready")) {
      assertThrows(IOException.class, () -> LimitProgram.nanoseconds("argMax", answer), answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rounds=0",
        "--milliseconds=0",
        "--only=(",
        "--only=nothing",
        "--logits=65",
        "--bogus",
        "--rounds=x"
      })
  void unusableOptionsAreRefused(String option) {
    assertEquals(2, run(option).status, option);
  }

  @Test
  void everyWorkloadHasALoopOfOurs() {
    for (Limit.Part part : Limit.parts()) {
      assertTrue(part.calls() >= 1);
      int few =
          Math.min(1024, part.logits()); // a loop that is not called needs no row of its length
      LimitLoops loops = new LimitLoops(new float[few], few, part.mask());
      part.workloads().forEach(workload -> assertNotNull(loops.loop(workload.ours())));
    }
  }

  @ParameterizedTest
  @CsvSource({"128256, 16", "128256, 64128", "64, 64", "65, 1", "64, 0"})
  void masksAllowSoManyTokens(int logits, int allowed) {
    long[] mask = new Limit.Part(logits, allowed, List.of()).mask();
    assertEquals(allowed, Arrays.stream(mask).map(Long::bitCount).sum());
    assertEquals(allowed == 0 ? 0 : (logits + 63) / 64, mask.length);
  }

  @Test
  void whatIsLackingIsNamed() {
    Exception none =
        assertThrows(
            LimitProgram.Lacking.class, () -> LimitProgram.Compiler.find("no-compiler-here"));
    assertTrue(none.getMessage().startsWith("a C++ compiler is needed"), none.getMessage());
    assertTrue(none.getMessage().endsWith("no-compiler-here"), none.getMessage());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aMachineWithoutAvx2AndFmaIsRefused() throws Exception {
    for (String macros : List.of("", "__AVX2__", "__FMA__ __AVX512F__", "__AVX2__ __FMA_")) {
      LimitProgram.Compiler compiler = fake(macros);
      Exception lacking =
          assertThrows(LimitProgram.Lacking.class, () -> compiler.vectors(folder, 512));
      assertTrue(
          lacking.getMessage().startsWith("a processor with AVX-512, or with AVX2 and FMA, is"),
          lacking.getMessage());
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theWidestVectorsAreTaken() throws Exception {
    assertEquals("AVX2", fake("__AVX2__ __FMA__").vectors(folder, 512).text);
    assertEquals("AVX2", fake("__AVX512F__ __AVX2__ __FMA__").vectors(folder, 512).text);
    String all = "__AVX2__ __FMA__ __AVX512F__ __AVX512DQ__";
    assertEquals("AVX-512", fake(all).vectors(folder, 512).text);
    assertEquals("AVX2", fake(all).vectors(folder, 256).text);
    assertEquals("AVX2", fake(all).vectors(folder, 128).text);
  }

  /** A compiler that defines some macros. */
  private LimitProgram.Compiler fake(String macros) throws Exception {
    Path fake =
        Files.writeString(
            folder.resolve("fake"),
            "#!/bin/sh\necho fake 1.0\nfor m in " + macros + "; do echo \"#define $m 1\"; done\n");
    assertTrue(fake.toFile().setExecutable(true));
    LimitProgram.Compiler compiler = LimitProgram.Compiler.find(fake.toString());
    assertEquals("fake 1.0", compiler.version());
    return compiler;
  }

  /** A few loops, as short as can be: the C++ checks the results of all before it is asked. */
  @Test
  void itBuildsAndRuns() throws Exception {
    try {
      LimitProgram.Compiler.find(System.getenv("CXX")).vectors(folder, 512);
    } catch (LimitProgram.Lacking e) {
      abort(e.getMessage());
    }
    Limit limit = new Limit(ROOT);
    limit.rounds = 1;
    limit.milliseconds = 1;
    int logits = 8_200; // long ones for the loops, and soon made
    List<Limit.Part> parts =
        List.of(
            new Limit.Part(logits, 0, List.of(Limit.Workload.of("draw"))),
            new Limit.Part(
                64, 0, List.of(Limit.Workload.of("argMax"), Limit.Workload.of("route8"))),
            new Limit.Part(
                32,
                0,
                List.of(new Limit.Workload("softmaxRows", "softmaxRows", List.of("softmax")))),
            Limit.masked(logits, 82, "Few"));
    LimitRun run = limit.compare(parts);
    assertEquals(
        parts.stream()
            .flatMap(part -> part.workloads().stream())
            .map(Limit.Workload::name)
            .toList(),
        run.lines().stream().map(LimitRun.Line::workload).toList());
    for (LimitRun.Line line : run.lines()) {
      assertTrue(line.limit() > 0 && line.ours() > 0 && line.ratio() > 0, line::toString);
    }
    ObjectMapper json = new ObjectMapper();
    assertEquals(run, json.readValue(json.writeValueAsString(run), LimitRun.class));
  }

  /** What is measured is measured with something that is there. */
  @Test
  void aWorkloadThatTheProgramLacksIsAnError() {
    assertThrows(IOException.class, () -> LimitProgram.nanoseconds("topK8", "-1.00"));
    assertThrows(
        IllegalArgumentException.class,
        () -> new LimitLoops(new float[64], 64, new long[0]).loop("topK9"));
  }

  private record Output(int status, String out) {}

  private static Output run(String... options) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      return new Output(
          Limit.commandLine(ROOT).execute(options), out.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(before);
    }
  }
}
