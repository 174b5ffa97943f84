package org.logitkernels.vector;

import java.util.Set;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Leaves out the tests of a run that would be the first one again: on a processor without AVX-512
 * the runs {@code bits-256} and {@code avx2} have the same vectors and the same instructions as
 * {@code default-test}. {@link WidthTest} runs in each, and so do tests that somebody asks for by
 * name.
 */
public final class RepeatedRun implements PostDiscoveryFilter {
  private static final Set<String> OF_256_BITS = Set.of("bits-256", "avx2");

  private final boolean repeated =
      OF_256_BITS.contains(System.getProperty("logitkernels.test.run", ""))
          && System.getProperty("test") == null
          && WidthTest.ofProcessor() == 256;

  /** For the launcher, which finds it as a service. */
  public RepeatedRun() {}

  @Override
  public FilterResult apply(TestDescriptor test) {
    boolean kept = !repeated || test.getUniqueId().toString().contains(WidthTest.class.getName());
    return FilterResult.includedIf(kept, () -> "asked for", () -> "run before, in default-test");
  }
}
