package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.BFloat16BufferTensor;
import com.github.tjake.jlama.tensor.Float16BufferTensor;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.Q8ByteBufferTensor;
import com.github.tjake.jlama.tensor.TensorShape;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

class JlamaRowsTest {
  private static final int VOCABULARY = 1000;

  @Test
  void aRowOfATensorGivesTheTokensOfItsLogits() {
    FloatBufferTensor floats = new FloatBufferTensor(TensorShape.of(3, VOCABULARY));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 3 * VOCABULARY; i++) {
      floats.set((float) random.nextGaussian(0, 3), i / VOCABULARY, i % VOCABULARY);
    }
    SamplerChain chain = SamplerChain.of(Step.topK(50), Step.topP(0.95f));
    for (AbstractTensor<?, ?> tensor :
        List.of(floats, new BFloat16BufferTensor(floats), new Float16BufferTensor(floats))) {
      assertTrue(tensor.getMemorySegment().isNative(), "not on the heap: " + tensor.dType());
      Sampler sampler = chain.newSampler(VOCABULARY, 3);
      Sampler expected = chain.newSampler(VOCABULARY, 3);
      for (int row = 0; row < 3; row++) {
        float[] logits = new float[VOCABULARY];
        for (int i = 0; i < VOCABULARY; i++) {
          logits[i] = tensor.get(row, i);
        }
        assertEquals(expected.sample(logits), JlamaRows.sample(sampler, tensor, row));
        assertEquals(expected.candidates().toString(), sampler.candidates().toString());
      }
      tensor.set(900, 1, 5);
      assertEquals(5, JlamaRows.sample(sampler, tensor, 1));
    }
  }

  @Test
  void aQuantisedTensorHoldsNoLogits() {
    Sampler sampler = SamplerChain.greedy().newSampler(64, 0);
    AbstractTensor<?, ?> tensor = new Q8ByteBufferTensor(new FloatBufferTensor(1, 64));
    assertThrows(IllegalArgumentException.class, () -> JlamaRows.sample(sampler, tensor, 0));
  }
}
