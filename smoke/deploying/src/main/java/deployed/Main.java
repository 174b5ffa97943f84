package deployed;

import java.util.Arrays;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Prints twenty tokens, and which backend is at work once that is known. */
public final class Main {
  private static final int VOCABULARY = 5000;

  private Main() {}

  /**
   * Runs.
   *
   * @param args none
   * @throws InterruptedException if it is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    float[] logits = new float[VOCABULARY];
    for (int id = 0; id < VOCABULARY; id++) {
      logits[id] = id * 7919 % VOCABULARY / 500f;
    }
    Sampler sampler = SamplerChain.parse("top_k=40, top_p=0.95").newSampler(VOCABULARY, 42);
    int[] tokens = new int[20];
    Arrays.setAll(tokens, i -> sampler.sample(logits));
    System.out.println(Arrays.toString(tokens));
    while (Backends.report().state() == BackendReport.State.WARMING) {
      Thread.sleep(20);
    }
    System.out.println(Backends.report().active() + " " + Backends.report().state());
    Backends.report().rejections().forEach(System.out::println);
    System.out.println(Kernels.class.getName());
  }
}
