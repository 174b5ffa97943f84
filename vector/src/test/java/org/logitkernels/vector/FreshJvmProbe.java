package org.logitkernels.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.Backends;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Workspace;
import org.logitkernels.spi.HotSpot;

/**
 * Calls many kernels in a mixed order, and then tells of each how long a call takes and what it
 * allocates, once it is warm: a line with the name, the nanoseconds and the bytes.
 */
final class FreshJvmProbe {
  private static final int VOCABULARY = 128_256;
  private static final long BEFORE = TimeUnit.MILLISECONDS.toNanos(130);
  private static final long WARM = TimeUnit.MILLISECONDS.toNanos(800);
  private static final long MOST = TimeUnit.SECONDS.toNanos(10);
  private static final int CALLS = 100;

  /** What may have run before: chains that share loops with the kernels below. */
  private static final List<String> CHAINS =
      List.of(
          "top_k=1",
          "top_k=40",
          "top_k=1000",
          "top_k=4000",
          "top_k=5000",
          "top_p=0.9",
          "top_p=0.999",
          "min_p=0.05",
          "typical_p=0.9",
          "top_n_sigma=1",
          "soft_cap=30",
          "xtc(probability=1, threshold=0.1)");

  private FreshJvmProbe() {}

  /** A backend ({@code best} is the default one) and a seed for what runs before. */
  public static void main(String[] args) throws InterruptedException {
    boolean best = args[0].equals("best");
    Random random = new Random(Long.parseLong(args[1]));
    Kernels kernels = best ? Kernels.best() : Kernels.named(args[0]);
    List<float[]> rows = rows(random);
    List<String> before = new ArrayList<>(CHAINS);
    Collections.shuffle(before, random);
    for (String chain : before.subList(0, 3 + random.nextInt(CHAINS.size() - 2))) {
      for (float[] row : rows) {
        Sampler sampler = SamplerChain.parse(chain).newSampler(VOCABULARY, 3, kernels);
        repeat(BEFORE, () -> sampler.sample(row));
      }
    }
    Map<String, Runnable> calls = calls(kernels, rows.get(0));
    calls.values().forEach(Runnable::run); // from now on they are wanted
    if (best) {
      Backends.warmUp(Duration.ofSeconds(100));
    }
    calls.forEach(FreshJvmProbe::report);
    System.out.println(best ? Backends.report() : "active backend: " + kernels);
  }

  /** An llm row, a normal one, and one whose logits are all equal. */
  private static List<float[]> rows(Random random) {
    float[] llm = new float[VOCABULARY];
    float[] normal = new float[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++) {
      llm[i] = (float) (random.nextGaussian() * 2 - 4);
      normal[i] = (float) (random.nextGaussian() * 2.5);
    }
    for (int i = 0; i < 60; i++) {
      llm[random.nextInt(VOCABULARY)] = (float) (6 + 8 * random.nextDouble());
    }
    return List.of(llm, normal, new float[VOCABULARY]);
  }

  private static Map<String, Runnable> calls(Kernels kernels, float[] row) {
    MemorySegment segment = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row);
    float[] out = new float[VOCABULARY];
    Map<String, Runnable> calls = new LinkedHashMap<>();
    calls.put("argMax", () -> kernels.argMax(row, 0, VOCABULARY));
    calls.put("logSumExp", () -> kernels.logSumExp(row, 0, VOCABULARY, 1));
    calls.put("softmax", () -> kernels.softmax(row, 0, VOCABULARY, 1, out, 0));
    calls.put("softmaxOf300", () -> kernels.softmax(row, 0, 300, 1, out, 0));
    for (String chain :
        List.of(
            "temperature=0.8",
            "top_k=40",
            "top_p=0.9",
            "typical_p=0.9",
            "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8")) {
      Sampler sampler = SamplerChain.parse(chain).newSampler(VOCABULARY, 3, kernels);
      calls.put(chain, () -> sampler.sample(row));
    }
    Sampler natives = SamplerChain.parse("temperature=0.8").newSampler(VOCABULARY, 3, kernels);
    calls.put(
        "native temperature=0.8",
        () -> natives.sample(segment, 0, VOCABULARY, ElementType.FLOAT32));
    Sampler topK = SamplerChain.parse("top_k=40").newSampler(VOCABULARY, 3, kernels);
    calls.put("native top_k=40", () -> topK.sample(segment, 0, VOCABULARY, ElementType.FLOAT32));
    beside(kernels, row, out, calls);
    return calls;
  }

  /** What engines call beside a sampler, in shapes that take different ways. */
  private static void beside(
      Kernels kernels, float[] row, float[] out, Map<String, Runnable> calls) {
    Sampler masked =
        SamplerChain.parse("allowed(), temperature=0.8").newSampler(VOCABULARY, 3, kernels);
    long[] mask = new long[(VOCABULARY + 63) / 64];
    Arrays.fill(mask, 0x5555555555555555L);
    calls.put(
        "masked draw",
        () -> {
          masked.allow(mask);
          masked.sample(row);
        });
    Sampler penalised =
        SamplerChain.parse("repetition_penalty=1.1, temperature=0.8")
            .newSampler(VOCABULARY, 3, kernels);
    for (int token = 0; token < VOCABULARY; token += 2) {
      penalised.accept(token);
    }
    calls.put("penalised draw", () -> penalised.sample(row, 0, VOCABULARY, 0.5));
    MemorySegment halves = Arena.ofAuto().allocate(2L * VOCABULARY, 64);
    for (int i = 0; i < VOCABULARY; i++) {
      halves.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(row[i]));
    }
    Sampler narrow = SamplerChain.parse("top_k=40").newSampler(VOCABULARY, 3, kernels);
    calls.put("halves", () -> narrow.sample(halves, 0, VOCABULARY, ElementType.FLOAT16));
    calls.put("softCap", () -> kernels.softCap(row, 0, VOCABULARY, 30, out, 0));
    Workspace workspace = Workspace.of(VOCABULARY);
    Logits p = Logits.of(row);
    Logits q = Logits.of(out);
    calls.put("klDivergence", () -> kernels.klDivergence(p, q, workspace));
    AttentionSoftmax attention = AttentionSoftmax.of(kernels, 0.125f);
    for (int length : new int[] {60, 3000}) {
      calls.put(
          "attention of " + length,
          () -> attention.lengths(length).softmax(row, 0, 16, length, out, 0, length));
    }
    int[] experts = new int[16 * 8];
    float[] weights = new float[16 * 8];
    Router few = Routing.mixtral(8, 2).newRouter(kernels);
    calls.put("routing, 2 of 8", () -> few.route(row, 0, 8, 16, experts, 0, weights, 0));
    Router many = Routing.qwen3Moe(128, 8, true).newRouter(kernels);
    calls.put("routing, 8 of 128", () -> many.route(row, 0, 128, 16, experts, 0, weights, 0));
  }

  /**
   * The median of a call, and the bytes of one, as soon as calls allocate nothing. A busy machine
   * compiles late, so the attempts go on for as long as that may take.
   */
  private static void report(String name, Runnable call) {
    repeat(WARM, call);
    long end = processorTime() + MOST;
    long[] times = new long[CALLS];
    long bytes;
    do {
      long before = HotSpot.allocated();
      for (int i = 0; i < CALLS; i++) {
        long start = System.nanoTime();
        call.run();
        times[i] = System.nanoTime() - start;
      }
      bytes = HotSpot.allocated() - before;
    } while (bytes > 0 && processorTime() < end);
    Arrays.sort(times);
    System.out.printf(
        Locale.ROOT, "call;%s;%d;%d%n", name, times[CALLS / 2], (bytes + CALLS - 1) / CALLS);
  }

  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void repeat(long nanoseconds, Runnable call) {
    long end = System.nanoTime() + nanoseconds;
    while (System.nanoTime() < end) {
      call.run();
    }
  }
}
