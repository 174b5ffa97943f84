package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;

/**
 * The vectors of this run have the width that it is meant to test, in the system property {@code
 * logitkernels.test.bits}: without this a run could pass and test another width.
 */
class WidthTest {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  /** What Java needs for vectors of 512 bits. */
  private static final List<String> AVX_512 =
      List.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");

  @Test
  void vectorsAreAsWideAsMeant() throws IOException {
    int meant = Integer.getInteger("logitkernels.test.bits", 0);
    assumeTrue(meant > 0, "no width is meant: logitkernels.test.bits is not set");
    int actual = Kernels.named("vector").vectorBits();
    if (actual != meant) {
      int widest = widest();
      assumeTrue(
          meant <= widest,
          "no "
              + meant
              + "-bit vectors here: "
              + (widest == 0 ? "only x86 on Linux must have them" : "the widest have " + widest));
    }
    assertEquals(meant, actual);
    assertEquals(meant, Kernels.best().vectorBits());
    assertEquals(meant, Backends.report().vectorBits());
  }

  /** Bits of the widest vectors that this machine must offer; 0 if nothing is known of it. */
  private static int widest() throws IOException {
    if (!System.getProperty("os.arch").matches("amd64|x86_64") || !Files.exists(PROCESSOR)) {
      return 0;
    }
    Set<String> flags =
        Files.readAllLines(PROCESSOR).stream()
            .filter(line -> line.startsWith("flags"))
            .limit(1)
            .flatMap(line -> Arrays.stream(line.split("\\s+")))
            .collect(Collectors.toSet());
    if (flags.containsAll(AVX_512) && !keepsToAvx2()) {
      return 512;
    }
    return flags.contains("avx2") ? 256 : 128;
  }

  /** Whether the JVM leaves AVX-512 alone of its own accord, as on the first processors with it. */
  private static boolean keepsToAvx2() {
    VMOption avx =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption("UseAVX");
    return avx.getOrigin() != VMOption.Origin.VM_CREATION && Integer.parseInt(avx.getValue()) < 3;
  }
}
