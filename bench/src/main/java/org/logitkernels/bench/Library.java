package org.logitkernels.bench;

import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** A backend of the library. */
final class Library implements Workload {
  private final Kernels kernels;
  private final Workspace workspace;
  private final float[] out;
  private final Sampler chain;
  private Sampler nucleus;

  Library(Kernels kernels, int vocabulary) {
    this.kernels = kernels;
    this.workspace = Workspace.of(vocabulary);
    this.out = new float[vocabulary];
    this.chain =
        SamplerChain.of(Step.topK(40), Step.topP(0.95f), Step.minP(0.05f), Step.temperature(0.8f))
            .newSampler(vocabulary, 1, kernels);
    this.nucleus = chain;
  }

  @Override
  public int argMax(float[] x) {
    return kernels.argMax(x, 0, x.length);
  }

  @Override
  public double logSumExp(float[] x) {
    return kernels.logSumExp(x, 0, x.length, 1);
  }

  @Override
  public float[] softmax(float[] x) {
    kernels.softmax(x, 0, x.length, 1, out, 0);
    return out;
  }

  @Override
  public float[] logSoftmax(float[] x) {
    kernels.logSoftmax(x, 0, x.length, 1, out, 0);
    return out;
  }

  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    return kernels.topK(x, 0, x.length, k, workspace, ids, values);
  }

  @Override
  public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    return kernels.topP(x, 0, x.length, temperature, p, workspace, ids, probabilities);
  }

  @Override
  public int topPToken(float[] x, float temperature, float p, double u) {
    if (nucleus == chain) { // one temperature and one p to a benchmark
      nucleus =
          SamplerChain.of(Step.temperature(temperature), Step.topP(p))
              .newSampler(x.length, 1, kernels);
    }
    return nucleus.sample(x, 0, x.length, u);
  }

  @Override
  public int chain(float[] x, double u) {
    return chain.sample(x, 0, x.length, u);
  }

  @Override
  public int draw(float[] x, float temperature, double u) {
    return kernels.sample(x, 0, x.length, temperature, u, workspace);
  }
}
