package org.logitkernels;

import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.AccuracyContract;

/** The scalar reference is as accurate as docs/accuracy.md says. */
class ScalarAccuracyTest implements AccuracyContract {
  @Override
  public Backend backend() {
    return new ScalarKernels();
  }
}
