package org.logitkernels.vector;

import java.util.function.Supplier;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;

/** Prints what its JVM makes of the backends. */
final class Probe {
  private Probe() {}

  public static void main(String[] args) {
    print("best", Kernels::best);
    print("best again", Kernels::best);
    print("vector", () -> Kernels.named("vector"));
    System.out.println(Backends.report());
  }

  private static void print(String call, Supplier<Kernels> kernels) {
    String outcome;
    try {
      float[] row = {1, 3, 2};
      outcome = kernels.get() + ", arg-max " + kernels.get().argMax(row, 0, row.length);
    } catch (RuntimeException e) {
      outcome = e.toString();
    }
    System.out.println(call + ": " + outcome);
  }
}
