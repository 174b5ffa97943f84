package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.testkit.EvaluationContract;

/** Evaluation on the vector backend. */
class VectorEvaluationTest implements EvaluationContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
