package org.logitkernels;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.Failures;
import org.logitkernels.testkit.FaultsContract;

/** Faults around the scalar backend. */
class ScalarFaultsTest implements FaultsContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }

  /** Between the kernel that finds the best token, and the look at its logit. */
  @Test
  void theBestLogitChangesBehindTheKernel() {
    for (float odd : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
      float[] x = {1, 5, 2};
      Backend changing =
          (Backend)
              Proxy.newProxyInstance(
                  Backend.class.getClassLoader(),
                  new Class<?>[] {Backend.class},
                  (proxy, method, arguments) -> {
                    try {
                      Object result = method.invoke(kernels().rows, arguments);
                      if (method.getName().equals("argMax")) {
                        x[(int) result] = odd;
                      }
                      return result;
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
      Sampler sampler = SamplerChain.greedy().newSampler(3, 1, new Kernels(changing));
      Failures.illegalArgument("the row changed while it was read", () -> sampler.sample(x));
    }
  }
}
