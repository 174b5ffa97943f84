package org.logitkernels.vector;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.logitkernels.Candidates;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Counts the calls of vector kernels whose results are not those of the scalar ones. */
final class WiderVectorsProbe {
  private static final int LENGTH = 3 * 1024 + 77;

  /** So many different tokens are penalised in a pass over the row. */
  private static final int MANY = LENGTH / 32;

  private WiderVectorsProbe() {}

  public static void main(String[] args) {
    SplittableRandom random = new SplittableRandom(1);
    Kernels vector = Kernels.named("vector");
    int calls = 0;
    int wrong = 0;
    for (String chain :
        new String[] {
          "allowed()",
          "allowed(), temperature=0",
          "allowed(), top_k=40",
          "allowed(), top_p=0.9",
          "temperature=0.8",
          "temperature=0",
          "top_k=40",
          "top_p=0.9",
          "min_p=0.1",
          "typical_p=0.9",
          "soft_cap=3, frequency_penalty=0.5",
          "repetition_penalty=1.3, temperature=0.8"
        }) {
      for (long bits : new long[] {-1L, 0xffffffffL, ~0xffffffffL, 0x00ff00ff0f0f5555L, 0}) {
        long[] mask = new long[(LENGTH + 63) / 64];
        float[] row = new float[LENGTH];
        for (int i = 0; i < mask.length; i++) {
          mask[i] = bits != 0 ? bits : random.nextLong();
        }
        for (int i = 0; i < LENGTH; i++) { // what is forbidden is the highest, or NaN
          boolean allowed = (mask[i >> 6] >>> i & 1) != 0 || !chain.startsWith("allowed");
          float forbidden = random.nextBoolean() ? Float.NaN : 50;
          row[i] = allowed ? (float) random.nextGaussian() * 3 : forbidden;
        }
        String expected = told(Kernels.scalar(), chain, mask, row);
        calls++;
        wrong += told(vector, chain, mask, row).equals(expected) ? 0 : 1;
      }
    }
    System.out.println(vector + ": " + wrong + " of " + calls + " calls differ");
  }

  private static String told(Kernels kernels, String chain, long[] mask, float[] row) {
    Sampler sampler = SamplerChain.parse(chain).newSampler(row.length, 42, kernels);
    for (int i = 0; i < MANY; i++) {
      sampler.accept(i * 31); // no two halves of a word are alike
    }
    if (chain.startsWith("allowed")) {
      sampler.allow(mask);
    }
    int token = sampler.sample(row);
    Candidates candidates = sampler.candidates();
    long[] all = new long[2 * candidates.size()];
    for (int i = 0; i < candidates.size(); i++) {
      all[2 * i] = candidates.id(i);
      all[2 * i + 1] = Float.floatToRawIntBits(candidates.probability(i));
    }
    long log = Double.doubleToRawLongBits(sampler.logProbability());
    return token + " " + log + " " + Arrays.hashCode(all);
  }
}
