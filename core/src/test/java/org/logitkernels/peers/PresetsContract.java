package org.logitkernels.peers;

import org.junit.jupiter.api.Test;
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
}
