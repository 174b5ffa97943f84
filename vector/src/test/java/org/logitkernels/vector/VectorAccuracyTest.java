package org.logitkernels.vector;

import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.AccuracyContract;

/** The vector backend is as accurate as docs/accuracy.md says. */
class VectorAccuracyTest implements AccuracyContract {
  @Override
  public Backend backend() {
    return new VectorKernels(new ScalarKernels());
  }
}
