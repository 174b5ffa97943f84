package org.logitkernels.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.testkit.KernelsUnderTest;

/** Each preset gives the probabilities of the system that it is named after. */
public interface PresetsContract extends KernelsUnderTest {
  /** How many parameter sets each preset is tried on. */
  default int sets() {
    return 2_000;
  }

  @Test
  default void llamaCppIsLlamaCpp() {
    PresetComparison.compare(new LlamaCpp(), kernels(), sets());
  }

  @Test
  default void transformersIsTransformers() {
    PresetComparison.compare(new Transformers(), kernels(), sets());
  }

  @Test
  default void vllmIsVllm() {
    PresetComparison.compare(new Vllm(), kernels(), sets());
  }

  @Test
  default void mlxLmIsMlxLm() {
    PresetComparison.compare(new MlxLm(), kernels(), sets());
  }

  /** The routers of models: the same experts, and weights within the roundings to float. */
  @Test
  default void routersAreThoseOfTheirModels() {
    Random random = new Random(26);
    for (int set = 0; set < 400; set++) {
      int n = new int[] {8, 16, 32, 64, 128, 256}[random.nextInt(6)];
      int k = 1 + random.nextInt(8);
      boolean norm = random.nextBoolean();
      float[] logits = new float[n];
      double[] x = new double[n];
      float[] bias = new float[n];
      for (int i = 0; i < n; i++) {
        logits[i] = (float) (2 * random.nextGaussian());
        x[i] = logits[i];
        bias[i] = 3 + (float) (0.1 * random.nextGaussian()); // the scores of all groups are above 0
      }
      compare(Routing.mixtral(n, k), Routers.softmax(x, k, true), logits);
      compare(Routing.qwen3Moe(n, k, norm), Routers.softmax(x, k, norm), logits);
      compare(Routing.gptOss(n, k), Routers.gptOss(x, k), logits);
      compare(Routing.llama4(n, k), Routers.llama4(x, k), logits);
      compare(
          Routing.deepSeekV3(n, k, 4, 4, bias, norm, 2.5f),
          Routers.deepSeekV3(x, k, 4, 4, bias, norm, 2.5),
          logits);
      int kept = Math.max(2, (4 * k + n - 1) / n);
      compare(
          Routing.deepSeekV3(n, k, 4, kept, bias, norm, 2.5f),
          Routers.deepSeekV3(x, k, 4, kept, bias, norm, 2.5),
          logits);
    }
  }

  private void compare(Routing routing, double[] expected, float[] logits) {
    int[] experts = new int[routing.k()];
    float[] weights = new float[routing.k()];
    Router router = routing.newRouter(kernels());
    router.route(logits, 0, logits.length, 1, experts, 0, weights, 0);
    for (int j = 0; j < experts.length; j++) {
      double exact = expected[experts[j]]; // NaN if it was not chosen there
      assertEquals(exact, weights[j], 1e-6 * exact, routing::toString);
    }
  }
}
