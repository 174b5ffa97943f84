package org.logitkernels.vector;

import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Leaves out the tests of a run that would have the vectors and the instructions of {@code
 * default-test} again. {@link WidthTest} runs in each, and so do tests that somebody asks for by
 * name.
 */
public final class RepeatedRun implements PostDiscoveryFilter {
  private final boolean repeated =
      System.getProperty("test") == null
          && isRepeated(System.getProperty("logitkernels.test.run", ""));

  /** For the launcher, which finds it as a service. */
  public RepeatedRun() {}

  private static boolean isRepeated(String run) {
    return switch (run) {
      case "bits-256", "avx2" -> WidthTest.usual() <= 256;
      case "avx512" -> WidthTest.usual() == 512 || WidthTest.ofProcessor() < 512;
      default -> false;
    };
  }

  @Override
  public FilterResult apply(TestDescriptor test) {
    boolean kept = !repeated || test.getUniqueId().toString().contains(WidthTest.class.getName());
    return FilterResult.includedIf(kept, () -> "asked for", () -> "run before, in default-test");
  }
}
