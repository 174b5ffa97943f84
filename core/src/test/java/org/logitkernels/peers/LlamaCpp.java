package org.logitkernels.peers;

import java.util.List;
import java.util.Map;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/** llama.cpp's samplers. */
final class LlamaCpp implements PeerPipeline {
  @Override
  public String system() {
    return "llama.cpp";
  }

  @Override
  public String version() {
    return "main branch of November 2026";
  }

  @Override
  public String presetVersion() {
    return Presets.LLAMA_CPP_VERSION;
  }

  @Override
  public SamplerChain preset(Map<String, Number> parameters) {
    return Presets.llamaCpp(parameters);
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(
        Parameter.whole("top_k", 1, 10).given(1),
        Parameter.real("top_p", 1, 1).given(1),
        Parameter.real("min_p", 0, 0).given(1),
        Parameter.real("temp", 0.2, 2, 0.0).given(0.5));
  }

  @Override
  public Sequence begin(Map<String, Number> parameters, int[] prompt) {
    double t = (float) parameters.getOrDefault("temp", 0.8).doubleValue();
    int k = parameters.get("top_k").intValue();
    return new Sequence() {
      @Override
      public double[] next(float[] row, double chance, Decisions decisions) {
        double[] p = new double[row.length];
        double sum = 0;
        double best = Double.NEGATIVE_INFINITY;
        for (float x : row) {
          best = Math.max(best, x);
        }
        for (int i = 0; i < p.length; i++) {
          int rank = 0;
          for (int j = 0; j < p.length; j++) {
            rank += row[j] > row[i] || row[j] == row[i] && j < i ? 1 : 0;
          }
          p[i] = rank >= (t == 0 ? 1 : k) ? 0 : Math.exp((row[i] - best) / (t == 0 ? 1 : t));
          sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
          p[i] /= sum;
        }
        return p;
      }

      @Override
      public void accept(int token) {}
    };
  }
}
