package org.logitkernels.spi;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** The settings of the virtual machine that decide how fast a backend can be. */
public final class HotSpot {
  private HotSpot() {}

  /**
   * False if fused multiply-adds are known to be computed without hardware: right, and hundreds of
   * times slower.
   */
  public static boolean hasFusedMultiplyAdd() {
    return !"false".equals(option("UseFMA"));
  }

  /**
   * False if HotSpot's optimising compiler is known to be absent: interpreting only, stopped at the
   * first tier, or replaced by another.
   */
  public static boolean hasOptimisingCompiler() {
    String tier = option("TieredStopAtLevel");
    boolean stopped = tier != null && Integer.parseInt(tier) < 4;
    boolean replaced = "true".equals(option("UseJVMCICompiler"));
    return !stopped && !replaced && !isKnownNotToOptimise();
  }

  /**
   * True if the JVM says of itself that its optimising compiler is off: what can be told in no
   * time.
   */
  public static boolean isKnownNotToOptimise() {
    String info = System.getProperty("java.vm.info", "");
    return info.contains("interpreted mode") || info.contains("emulated-client");
  }

  /** Bits of the widest vectors that a backend would use; 0 if that is not known. */
  public static int vectorBits() {
    String bytes = option("MaxVectorSize");
    return bytes == null ? 0 : Math.min(512, Byte.SIZE * Integer.parseInt(bytes));
  }

  /** The value of a flag; null if this machine is no HotSpot or has no such flag. */
  private static @Nullable String option(String name) {
    try {
      HotSpotDiagnosticMXBean flags =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return flags == null ? null : flags.getVMOption(name).getValue();
    } catch (IllegalArgumentException | LinkageError unknown) {
      return null;
    }
  }
}
