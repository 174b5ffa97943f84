package stranger;

import java.util.Arrays;
import org.logitkernels.Backends;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Prints the backend at work and twenty tokens. */
public final class Main {
  private static final int VOCABULARY = 1000;

  private Main() {}

  /**
   * Runs.
   *
   * @param args none
   */
  public static void main(String[] args) {
    float[] logits = new float[VOCABULARY];
    for (int id = 0; id < VOCABULARY; id++) {
      logits[id] = id * 7919 % VOCABULARY / 100f;
    }
    Sampler sampler =
        SamplerChain.parse("temperature=0.8, top_k=40, top_p=0.95").newSampler(VOCABULARY, 42);
    int[] tokens = new int[20];
    Arrays.setAll(tokens, i -> sampler.sample(logits));
    System.out.println(Backends.report().active());
    System.out.println(Arrays.toString(tokens));
  }
}
