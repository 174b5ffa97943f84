package org.logitkernels.testkit;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
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

  /** What goes without saying. */
  private static final Set<String> USUAL =
      Set.of("UseSuperWord=true", "UseCompactObjectHeaders=false", "G1");

  private static final String SECTIONS = System.getProperty("golden.sections", "");

  private GoldenRun() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    System.out.println(String.join(", ", jvm(), machine(), has(), flags()));
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
    Map<GoldenBits.Section, String> hashes = new EnumMap<>(GoldenBits.Section.class);
    boolean right = true;
    for (GoldenBits.Section section : sections()) {
      long before = System.nanoTime();
      String hash = section.hash(kernels);
      right &= hash.equals(section.frozen);
      hashes.put(section, hash);
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
        "| %s | %s | %s | %s | %s | `%s` | %.1f | %s |%n",
        jvm(),
        machine(),
        flags(),
        has(),
        kernels,
        SECTIONS.isEmpty() ? GoldenBits.word(hashes) : SECTIONS,
        (System.nanoTime() - start) * 1e-9,
        right ? "yes" : "**NO**");
    if (!right) {
      System.out.print(GoldenBits.differences(hashes));
    }
    return right;
  }

  private static List<GoldenBits.Section> sections() {
    return SECTIONS.isEmpty()
        ? List.of(GoldenBits.Section.values())
        : Stream.of(SECTIONS.split(",")).map(GoldenBits.Section::valueOf).toList();
  }

  private static String jvm() {
    String vendor = System.getProperty("java.vendor");
    String version = System.getProperty("java.vm.version");
    return vendor + " " + version.replace("-" + vendor, "");
  }

  private static String machine() {
    return System.getProperty("os.arch");
  }

  /** Those of the command that choose how code is compiled and where objects lie. */
  private static String flags() {
    String flags =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.startsWith("-X"))
            .collect(Collectors.joining(" "));
    return flags.isEmpty() ? "" : "`" + flags + "`";
  }

  /** What decides which instructions are used, as far as this JVM has it, and its collector. */
  private static String has() {
    StringJoiner text = new StringJoiner(" ");
    if (System.getProperty("java.vm.info").startsWith("interpreted")) {
      text.add("interpreted");
    }
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    Stream<String> flags =
        FLAGS.stream()
            .flatMap(
                flag -> {
                  try {
                    return Stream.of(flag + "=" + hotSpot.getVMOption(flag).getValue());
                  } catch (IllegalArgumentException unknown) {
                    return Stream.empty(); // not on this machine
                  }
                });
    String collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .collect(Collectors.joining("+"));
    Stream.concat(flags, Stream.of(collectors.split(" ")[0]))
        .filter(word -> !USUAL.contains(word))
        .forEach(text::add);
    return text.toString();
  }
}
