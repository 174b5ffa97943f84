package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * JVM after JVM: with the profile {@code soak} alone. What a compiler leaves out of line differs
 * from one JVM to the next, and may allocate for good.
 *
 * <p>Each JVM runs a mixture of chains, and then kernel after kernel. None may allocate once it is
 * warm. Times go to standard error, for each kernel in each kind of JVM.
 */
@Tag("soak")
class FreshJvmsTest {
  private static final int JVMS = Integer.getInteger("logitkernels.jvms", 20);

  /** How many calls the probe measures. */
  private static final int CALLS = 20;

  private static final Duration LIMIT = Duration.ofMinutes(10);

  /**
   * How many times the median of its kind a call may take. Of a shared machine some JVMs get half;
   * one that has not compiled a kernel takes ten times as long, or a hundred.
   */
  private static final double FAR = 6;

  private static final List<String> BACKENDS = List.of("best", "vector");

  /**
   * The widest vectors that there are, also where a JVM would leave AVX-512 alone; and narrow ones.
   */
  private static final List<List<String>> WIDTHS =
      List.of(
          List.of(
              "-XX:UseAVX=3",
              "-XX:+IgnoreUnrecognizedVMOptions",
              "-XX:+UnlockDiagnosticVMOptions",
              "-XX:-PrintWarnings"),
          List.of("-XX:MaxVectorSize=16"));

  @Test
  void noJvmAllocatesForGood() {
    Map<String, List<Long>> times = new LinkedHashMap<>();
    List<String> allocating = new ArrayList<>();
    for (int jvm = 0; jvm < JVMS; jvm++) {
      String backend = BACKENDS.get(jvm % 2);
      List<String> flags = WIDTHS.get(jvm / 2 % 2);
      String width = flags.getFirst();
      List<String> arguments = new ArrayList<>(flags);
      arguments.addAll(ChildJvm.withModule("-Xmx512m", "-cp"));
      arguments.add(ChildJvm.path(List.of(ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS)));
      arguments.addAll(List.of(FreshJvmProbe.class.getName(), backend, Integer.toString(jvm)));
      String printed = ChildJvm.run(arguments, LIMIT);
      int calls = 0;
      for (String line : printed.lines().toList()) {
        String[] parts = line.split(";");
        if (parts[0].equals("call")) {
          calls++;
          String kind = backend + " " + width + " " + parts[1];
          times.computeIfAbsent(kind, k -> new ArrayList<>()).add(Long.parseLong(parts[2]));
          if (!parts[3].equals("0")) {
            allocating.add("JVM " + jvm + ", " + kind + ": " + parts[3] + " bytes\n" + printed);
          }
        }
      }
      assertEquals(CALLS, calls, printed);
    }
    List<String> slow = new ArrayList<>();
    times.forEach(
        (kind, each) -> {
          Collections.sort(each);
          long median = each.get(each.size() / 2);
          long worst = each.getLast();
          System.err.printf(
              Locale.ROOT,
              "%s: %d JVMs, median %.1f us, worst %.1f us%n",
              kind,
              each.size(),
              median / 1e3,
              worst / 1e3);
          if (worst > FAR * median) {
            slow.add(kind + ": " + worst + " ns, median " + median);
          }
        });
    assertTrue(allocating.isEmpty(), () -> String.join("\n", allocating));
    assertTrue(slow.isEmpty(), () -> String.join("\n", slow));
  }
}
