package org.logitkernels.spi;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the virtual machine and its compiler, and decides how fast a backend can be.
 *
 * <p>Names and flags tell only what is impossible, and what is to be said of it. Whether a kernel
 * is fast is measured.
 */
public final class HotSpot {
  private static final String INTERPRETS = "interprets only";
  private static final String STOPPED = "stops at its first compiler (C1)";

  private HotSpot() {}

  /**
   * False if fused multiply-adds are known to be computed without hardware: right, and hundreds of
   * times slower.
   */
  public static boolean hasFusedMultiplyAdd() {
    return !"false".equals(option("UseFMA"));
  }

  /**
   * What is known to keep the JVM from compiling well, in a few words; null if nothing is known to.
   */
  public static @Nullable String obstacle() {
    String obvious = obviousObstacle();
    String tier = obvious == null ? option("TieredStopAtLevel") : null;
    return tier != null && Integer.parseInt(tier) < 4 ? STOPPED : obvious;
  }

  /** What the JVM says of itself: what can be told in no time. */
  public static @Nullable String obviousObstacle() {
    String info = System.getProperty("java.vm.info", "");
    return info.contains("interpreted mode")
        ? INTERPRETS
        : info.contains("emulated-client") ? STOPPED : null;
  }

  /** What helps against an obstacle. */
  public static String remedy(String obstacle) {
    return obstacle.equals(STOPPED)
        ? "remove -XX:TieredStopAtLevel and -XX:CompilationMode from the java command"
        : System.getProperty("java.vm.name", "").contains("Zero")
            ? "use a JVM with a compiler"
            : "remove -Xint from the java command";
  }

  /** Whether this program was compiled ahead of time, by GraalVM. */
  public static boolean isNativeImage() {
    return System.getProperty("org.graalvm.nativeimage.imagecode") != null;
  }

  /** Whether the compiler is Graal, where HotSpot's own is C2. */
  public static boolean isGraal() {
    if (isNativeImage()) {
      return true;
    }
    String replaced = option("UseJVMCICompiler");
    return replaced == null
        ? System.getProperty("java.vm.version", "").contains("jvmci")
        : replaced.equals("true");
  }

  /** The name of the compiler that kernels get fast by. */
  public static String compiler() {
    String machine = System.getProperty("java.vm.name", "");
    return isGraal() ? "Graal" : machine.contains("OpenJ9") ? "that of OpenJ9" : "C2";
  }

  /** Bits of the widest vectors that a backend would use; 0 if that is not known. */
  public static int vectorBits() {
    String bytes = option("MaxVectorSize");
    return bytes == null ? 0 : Math.min(512, Byte.SIZE * Integer.parseInt(bytes));
  }

  /** Bytes that this thread has allocated since it began; always 0 if the JVM does not tell. */
  public static long allocated() {
    try {
      return OfThread.BEAN == null ? 0 : OfThread.BEAN.getCurrentThreadAllocatedBytes();
    } catch (UnsupportedOperationException | LinkageError unknown) {
      return 0;
    }
  }

  /** Looked up once, when it is needed: to look it up allocates, and takes time. */
  private static final class OfThread {
    static final @Nullable ThreadMXBean BEAN =
        ManagementFactory.getThreadMXBean() instanceof ThreadMXBean bean ? bean : null;
  }

  /** The value of a flag; null if this machine is no HotSpot or has no such flag. */
  private static @Nullable String option(String name) {
    if (isNativeImage()) {
      return null; // there are no flags, and no bean of them
    }
    try {
      HotSpotDiagnosticMXBean flags =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return flags == null ? null : flags.getVMOption(name).getValue();
    } catch (IllegalArgumentException | LinkageError unknown) {
      return null;
    }
  }
}
