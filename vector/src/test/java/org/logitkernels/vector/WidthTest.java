package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.spi.HotSpot;

/**
 * The vectors of this run have the width that it is meant to test, by its name in the system
 * property {@code logitkernels.test.run}: without this a run could pass and test another width.
 *
 * <p>The usual vectors are those of a JVM that is told nothing of vectors. A JVM leaves AVX-512
 * alone on the first processors that have it, unless it is told otherwise: so the widest may be
 * wider. A run for wider ones yet is reported as skipped, by its name, and has the usual ones. The
 * run of 128 bits is never skipped.
 */
class WidthTest {
  private static final String X86 = "amd64|x86_64";
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  /** The bits that runs are meant to test, by the name they have in the build. */
  private static final Map<String, Integer> MEANT =
      Map.of("bits-256", 256, "bits-128", 128, "avx2", 256, "avx512", 512);

  /** Runs of a JVM that is told nothing of vectors. */
  private static final Set<String> USUAL = Set.of("default-test", "graal");

  /** What Java needs for vectors of 512 bits. */
  private static final List<String> AVX_512 =
      List.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");

  @Test
  void vectorsAreAsWideAsMeant() {
    String run = System.getProperty("logitkernels.test.run", "");
    int usual = usual();
    assertTrue(usual >= 128, () -> "the usual vectors have " + usual + " bits");
    int actual = Kernels.named("vector").vectorBits();
    assertEquals(actual, Kernels.best().vectorBits());
    assertEquals(actual, Backends.report().vectorBits());
    if (USUAL.contains(run)) {
      assertEquals(usual, actual);
      return;
    }
    Integer meant = MEANT.get(run);
    assertNotNull(
        meant, () -> "logitkernels.test.run is to be one of " + USUAL + " and " + MEANT.keySet());
    boolean isForX86 = run.startsWith("avx") && !System.getProperty("os.arch").matches(X86);
    int widest = Math.max(usual, ofProcessor());
    if (isForX86 || meant > widest) {
      assertEquals(usual, actual, "a run that is not this machine's runs as the default does");
      abort(
          "the run " + run + " is not this machine's: its widest vectors have " + widest + " bits");
    }
    assertEquals((int) meant, actual);
  }

  /** On x86 the processor itself says how wide they must be. */
  @Test
  @EnabledIfSystemProperty(named = "os.arch", matches = X86)
  @EnabledOnOs(OS.LINUX)
  void theUsualOnesAreThoseOfTheProcessor() {
    VMOption avx =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption("UseAVX");
    if (avx.getOrigin() == VMOption.Origin.VM_CREATION) {
      return; // this JVM was told, and the others tell of it
    }
    // Of its own accord, a JVM leaves AVX-512 alone on the first processors with it.
    int most = Integer.parseInt(avx.getValue()) < 3 ? 256 : 512;
    int processor = ofProcessor();
    assertNotEquals(0, processor, () -> "no flags in " + PROCESSOR);
    assertEquals(Math.min(most, processor), usual());
  }

  /** A run that is meant for Graal would pass with C2 as well. */
  @Test
  void theCompilerIsTheOneThatIsMeant() {
    boolean graal = System.getProperty("logitkernels.test.run", "").equals("graal");
    assertEquals(graal ? "Graal" : "C2", HotSpot.compiler());
  }

  /** The width of the vectors of a JVM that is told nothing of vectors. */
  static int usual() {
    String text =
        ChildJvm.probe(
            List.of(ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS), ChildJvm.WITH_MODULE);
    Matcher line = Pattern.compile("vector: vector, (\\d+) bits, ").matcher(text);
    assertTrue(line.find(), text);
    return Integer.parseInt(line.group(1));
  }

  /** The widest vectors that Java can have on this processor; 0 where it does not say. */
  static int ofProcessor() {
    if (!Files.isReadable(PROCESSOR)) {
      return 0;
    }
    Set<String> flags;
    try (Stream<String> lines = Files.lines(PROCESSOR)) {
      flags =
          lines
              .filter(line -> line.startsWith("flags"))
              .limit(1)
              .flatMap(line -> Arrays.stream(line.split("\\s+")))
              .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!flags.contains("sse2")) {
      return 0;
    }
    return flags.containsAll(AVX_512) ? 512 : flags.contains("avx2") ? 256 : 128;
  }
}
