package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** The way of one row in docs/architecture.md is the way that a row takes. */
@Tag("once")
class ArchitectureWalkTest {
  private static final Pattern HOP =
      Pattern.compile("(?m)^\\| `([\\w/]+)\\.java` \\| `(\\w+\\.\\w+)` \\|");

  /** It is seen in an error: a row that holds NaN is found out when it has been read. */
  @Test
  void theHopsAreThoseOfThePage() throws IOException {
    Sampler sampler = SamplerChain.of(Step.topK(40)).newSampler(10_000, 1, Kernels.named("vector"));
    float[] row = new float[10_000];
    row[9_999] = Float.NaN;
    Exception error = assertThrows(IllegalArgumentException.class, () -> sampler.sample(row));
    List<String> walked =
        Arrays.stream(error.getStackTrace())
            .dropWhile(frame -> !frame.getFileName().equals("Strips.java"))
            .takeWhile(frame -> !frame.getClassName().startsWith(getClass().getName()))
            .map(frame -> frame.getClassName().replace("org.logitkernels.", "").replace('.', '/'))
            .map(name -> name.replaceFirst("\\$.*", ""))
            .distinct()
            .toList()
            .reversed();
    String page = Files.readString(Path.of("../docs/architecture.md"));
    assertEquals(
        HOP.matcher(page)
            .results()
            .map(hop -> hop.group(1))
            .filter(file -> !file.startsWith("adaptive/")) // no bare backend goes through it
            .toList(),
        walked);
  }
}
