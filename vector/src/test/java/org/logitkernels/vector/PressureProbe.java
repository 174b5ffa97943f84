package org.logitkernels.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.chain.AdaptiveP;
import org.logitkernels.spi.Survivors;

/** What a JVM with little memory, or little time, makes of the library. */
final class PressureProbe {
  private static final int VOCABULARY = 200_000;

  /** What is full of memory; dropped to have some again. */
  private static List<Object> ballast = new ArrayList<>();

  private PressureProbe() {}

  public static void main(String[] args) throws InterruptedException {
    switch (args[0]) {
      case "tokens" -> System.out.println(Arrays.toString(tokens(Integer.parseInt(args[1]))));
      case "memory" -> memory();
      case "prompt" -> prompt();
      case "feedback" -> feedback();
      case "exit" -> exit(Long.parseLong(args[1]), args[2]);
      default -> throw new AssertionError(args[0]);
    }
  }

  /** Tokens by the best kernels there are at the time, of a row of this length. */
  static int[] tokens(int length) {
    float[] x = row(length);
    Sampler sampler =
        SamplerChain.of(Step.temperature(0.9f), Step.topP(0.8f)).newSampler(length, 42);
    int[] tokens = new int[40];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = sampler.sample(x);
    }
    return tokens;
  }

  private static float[] row(int length) {
    SplittableRandom random = new SplittableRandom(1);
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /**
   * Fills the memory but for a little, more and more of it; calls until it lasts; and each time
   * compares the next call, with memory back, with that of a sampler that has never met the end.
   */
  private static void memory() {
    float[] x = row(VOCABULARY);
    Map<Integer, Float> bias = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      bias.put(i * 7, 0.5f);
    }
    SamplerChain[] chains = {
      SamplerChain.of(Step.topP(0.99f)),
      SamplerChain.of(Step.adaptiveP(0.3f, 0.9f)),
      SamplerChain.of(Step.typical(0.9f)),
      SamplerChain.of(Step.logitBias(bias), Step.topK(5)),
      SamplerChain.of(Step.logitBias(bias), Step.minP(0.01f))
    };
    int[] ended = new int[chains.length];
    int[] wrong = new int[chains.length];
    for (int c = 0; c < chains.length; c++) {
      int expected = chains[c].newSampler(VOCABULARY, 1, Kernels.scalar()).sample(x);
      for (int free = 0; free < 60; free += 3) {
        Sampler sampler = chains[c].newSampler(VOCABULARY, 1, Kernels.scalar());
        fill(free);
        try {
          sampler.sample(x);
        } catch (OutOfMemoryError e) {
          ended[c]++;
          if (sampler.position() != 0) {
            wrong[c]++;
          }
          ballast = List.of();
          if (sampler.sample(x) != expected || sampler.candidates().size() < 1) {
            wrong[c]++;
          }
        }
        ballast = List.of();
      }
    }
    System.out.println("ended " + Arrays.toString(ended) + " wrong " + Arrays.toString(wrong));
  }

  /**
   * Offers a prompt that there is no memory for, and says what is sampled as if it had not been.
   */
  private static void prompt() {
    float[] x = {1, 9, 3};
    Sampler sampler =
        SamplerChain.of(Step.repetitionPenalty(100), Step.topK(1))
            .newSampler(3, 1, Kernels.scalar());
    int[] prompt = new int[1000];
    Arrays.fill(prompt, 1);
    sampler.acceptPrompt(0);
    fill(0);
    boolean ended = false;
    try {
      sampler.acceptPrompt(prompt);
    } catch (OutOfMemoryError e) {
      ended = true;
    }
    ballast = List.of();
    int without = sampler.sample(x);
    sampler.acceptPrompt(prompt);
    System.out.println("ended " + ended + " without " + without + " with " + sampler.sample(x));
  }

  /** Fails to remember more tokens than ever before, and is told of one all the same. */
  private static void feedback() {
    Survivors survivors = new Survivors(VOCABULARY);
    AdaptiveP step = new AdaptiveP(0.3, 0.9);
    survivors.add(0, 1);
    survivors.weights[0] = 1;
    step.adapt(survivors);
    survivors.reserve(VOCABULARY);
    for (int id = 1; id < VOCABULARY; id++) {
      survivors.add(id, 1);
    }
    fill(0);
    boolean ended = false;
    try {
      step.adapt(survivors);
    } catch (OutOfMemoryError e) {
      ended = true;
    }
    ballast = List.of();
    step.drawn(VOCABULARY / 2, 0);
    step.reserve();
    step.accepted(true);
    System.out.println("ended " + ended);
  }

  /** Fills all memory, with less and less, and then frees so many of the pieces. */
  private static void fill(int free) {
    List<Object> filled = new ArrayList<>(1 << 16);
    int first = -1;
    for (int size = 1 << 20; size >= 64; size /= 4) {
      try {
        while (filled.size() < 1 << 16) {
          filled.add(new byte[size]);
        }
      } catch (OutOfMemoryError e) {
        first = first < 0 ? filled.size() : first;
      }
    }
    // Few large pieces, for the arrays of a row's length, or many small ones.
    int from = free < 30 ? Math.max(0, first - free / 3) : Math.max(0, filled.size() - free);
    for (int i = from; i < from + (free < 30 ? free / 3 : free) && i < filled.size(); i++) {
      filled.set(i, "");
    }
    ballast = filled;
  }

  /** Ends this JVM, one way or another, while its kernels are being warmed. */
  private static void exit(long milliseconds, String how) throws InterruptedException {
    float[] row = {1, 2};
    float[] out = new float[2];
    Kernels.best().argMax(row, 0, 2);
    Kernels.best().logSumExp(row, 0, 2, 1); // and more, so that there is something to do
    Kernels.best().softmax(row, 0, 2, 1, out, 0);
    Kernels.best().logSoftmax(row, 0, 2, 1, out, 0);
    for (Step step : List.of(Step.topK(1), Step.topP(0.5f), Step.minP(0.5f), Step.topNSigma(1))) {
      SamplerChain.of(step).newSampler(2, 1).sample(row);
    }
    Thread.sleep(milliseconds);
    System.out.println("state " + Backends.report().state());
    if (how.equals("exit")) {
      System.exit(0);
    } else if (how.equals("halt")) {
      Runtime.getRuntime().halt(0);
    } else if (how.equals("hook")) {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> Kernels.best().argMax(new float[] {3, 2}, 0, 2)));
    }
  }
}
