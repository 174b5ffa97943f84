package org.logitkernels.testkit;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.logitkernels.Kernels;

/**
 * Computes the golden bits on this JVM, with every backend it has, or with that of {@code
 * -Dorg.logitkernels.backend}; says what the JVM is, and exits with 1 if a bit differs. Where that
 * would take hours, {@code -Dgolden.sections=BEAMS,ERRORS} computes a part. {@code bin/golden} runs
 * it on any JVM.
 *
 * <p>For each backend the last line is a row of the table in docs/portability.md.
 */
public final class GoldenRun {
  private static final List<String> FLAGS =
      List.of(
          "UseSSE",
          "UseAVX",
          "UseSVE",
          "UseRVV",
          "SuperwordUseVSX",
          "SuperwordUseVX",
          "UseLSX",
          "UseLASX",
          "UseFMA",
          "UseSuperWord",
          "MaxVectorSize",
          "UseCompactObjectHeaders");

  private static final String SECTIONS = System.getProperty("golden.sections", "");

  private GoldenRun() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    System.out.println(jvm() + ", " + machine() + ", " + flags());
    String backend = System.getProperty("org.logitkernels.backend");
    boolean right = true;
    for (String name : backend == null ? List.of("scalar", "vector") : List.of(backend)) {
      Kernels kernels;
      try {
        kernels = Kernels.named(name);
      } catch (IllegalStateException unavailable) {
        System.out.println(unavailable.getMessage());
        right &= backend == null;
        continue;
      }
      right &= run(kernels);
    }
    if (System.out.checkError()) { // which println keeps to itself
      System.err.println("golden: the output could not be written");
      right = false;
    }
    System.exit(right ? 0 : 1);
  }

  private static boolean run(Kernels kernels) {
    long start = System.nanoTime();
    StringBuilder hashes = new StringBuilder();
    boolean right = true;
    for (GoldenBits.Section section : sections()) {
      long before = System.nanoTime();
      String hash = section.hash(kernels);
      right &= hash.equals(section.frozen);
      hashes.append(section).append(' ').append(hash).append('\n');
      System.out.printf(
          Locale.ROOT,
          "  %-12s %s %9.2f s%s%n",
          section,
          hash,
          (System.nanoTime() - before) * 1e-9,
          hash.equals(section.frozen) ? "" : "  differs from " + section.frozen);
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %.1f | %s |%n",
        jvm(),
        machine(),
        flags(),
        kernels,
        SECTIONS.isEmpty() ? GoldenBits.sha256(hashes.toString()).substring(0, 16) : SECTIONS,
        (System.nanoTime() - start) * 1e-9,
        right ? "yes" : "**NO**");
    return right;
  }

  private static List<GoldenBits.Section> sections() {
    return SECTIONS.isEmpty()
        ? List.of(GoldenBits.Section.values())
        : Stream.of(SECTIONS.split(",")).map(GoldenBits.Section::valueOf).toList();
  }

  private static String jvm() {
    return System.getProperty("java.vm.version")
        + " "
        + System.getProperty("java.vendor")
        + ", "
        + System.getProperty("java.vm.info");
  }

  private static String machine() {
    return System.getProperty("os.arch");
  }

  /** What decides which instructions are used, as far as this JVM has it, and its collector. */
  private static String flags() {
    StringJoiner text = new StringJoiner(" ");
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    for (String flag : FLAGS) {
      try {
        text.add(flag + "=" + hotSpot.getVMOption(flag).getValue());
      } catch (IllegalArgumentException unknown) {
        // not on this machine
      }
    }
    StringJoiner collectors = new StringJoiner("+");
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      collectors.add(collector.getName());
    }
    return text.add(collectors.toString().split(" ")[0]).toString();
  }
}
