package org.logitkernels;

import org.logitkernels.testkit.EvaluationContract;

/** Evaluation on the scalar reference. */
class ScalarEvaluationTest implements EvaluationContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }
}
