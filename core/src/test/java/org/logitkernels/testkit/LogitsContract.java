package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import net.jqwik.api.Example;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.BatchSampler;
import org.logitkernels.Beams;
import org.logitkernels.ElementType;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * Every kernel and every other reader of rows takes every kind of row, and gives the bits of the
 * row widened to a {@code float[]}, errors included.
 */
public interface LogitsContract extends KernelsUnderTest {
  /**
   * A row of one kind.
   *
   * @param kind what holds it, for the report of a failure
   * @param logits where it lies
   * @param floats its logits
   */
  record Held(String kind, Logits logits, float[] floats) {
    @Override
    public String toString() {
      return kind + ", " + floats.length + " logits";
    }
  }

  /** The row in every kind of place, with something else around it. */
  static List<Held> held(Arena arena, float[] x) {
    List<Held> rows = new ArrayList<>();
    int n = x.length;
    float[] around = new float[n + 5];
    Arrays.fill(around, Float.NaN);
    System.arraycopy(x, 0, around, 3, n);
    rows.add(new Held("array", Logits.of(x.clone()), x));
    rows.add(new Held("range", Logits.of(around.clone(), 3, 3 + n), x));
    FloatBuffer heap = FloatBuffer.wrap(around.clone()).slice(1, n + 3);
    rows.add(new Held("heap buffer", Logits.of(heap.position(2).limit(2 + n)), x));
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * n + 12).order(ByteOrder.nativeOrder());
    FloatBuffer direct = bytes.asFloatBuffer().put(1, x).position(1).limit(1 + n);
    rows.add(new Held("direct buffer", Logits.of(direct), x));
    FloatBuffer readOnly = FloatBuffer.wrap(around.clone(), 3, n).asReadOnlyBuffer();
    rows.add(new Held("read-only buffer", Logits.of(readOnly), x));
    ByteBuffer ofBytes = ByteBuffer.allocate(4 * n + 9).order(ByteOrder.nativeOrder());
    FloatBuffer view = ofBytes.position(1).slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
    rows.add(new Held("buffer of bytes", Logits.of(view.put(1, x).position(1).limit(1 + n)), x));
    for (ElementType type : ElementType.values()) {
      MemorySegment elements = MemorySegment.ofArray(new byte[n * type.bytes()]);
      float[] widened = SegmentContract.store(x, type, elements);
      for (SegmentContract.Place place : SegmentContract.Place.values()) {
        MemorySegment segment = place.of(arena, elements, type.bytes());
        Logits logits = Logits.of(segment, type.bytes(), n, type);
        rows.add(new Held(type + " " + place, logits, widened));
      }
    }
    return rows;
  }

  /** Rows of many lengths, some with masked tokens, ties and both zeros, a few invalid. */
  static List<float[]> rows() {
    SplittableRandom random = new SplittableRandom(26);
    List<float[]> rows = new ArrayList<>();
    for (int length : new int[] {1, 2, 33, 300, 1025, 2500}) {
      float[] x = new float[length];
      for (int i = 0; i < length; i++) {
        x[i] = Math.round((float) random.nextGaussian() * 256) / 64f;
      }
      rows.add(x);
      if (length == 300 || length == 2500) {
        float[] masked = x.clone();
        for (int i = 0; i < length; i += 3) {
          masked[i] = Float.NEGATIVE_INFINITY;
        }
        masked[1] = -0f;
        rows.add(masked);
      }
    }
    float[] bad = new float[100];
    bad[71] = Float.NaN;
    rows.add(bad);
    float[] none = new float[40];
    Arrays.fill(none, Float.NEGATIVE_INFINITY);
    rows.add(none);
    return rows;
  }

  /** What a call returns and writes, or how it fails. */
  private static String outcome(Supplier<Object> call, Object... written) {
    StringBuilder text = new StringBuilder();
    try {
      text.append(call.get());
    } catch (IllegalArgumentException | IllegalStateException e) {
      text.append(e.getClass()).append(e.getMessage());
    }
    for (Object each : written) {
      text.append(
          switch (each) {
            case float[] floats -> Arrays.toString(EntryPoint.bits(floats));
            case double[] doubles -> Arrays.toString(doubles);
            default -> Arrays.toString((int[]) each);
          });
    }
    return text.toString();
  }

  private static Object nothing(Runnable call) {
    call.run();
    return "";
  }

  /** Each kernel, with new outputs each time, on a row given as an array or as it is held. */
  private List<String> kernelsOf(float[] x, Logits row, Workspace w) {
    int n = x.length;
    float t = 0.9f;
    boolean asArray = row.equals(Logits.of(x));
    List<String> all = new ArrayList<>();
    all.add(outcome(() -> asArray ? kernels().argMax(x, 0, n) : kernels().argMax(row, w)));
    all.add(
        outcome(() -> asArray ? kernels().logSumExp(x, 0, n, t) : kernels().logSumExp(row, t, w)));
    all.add(
        outcome(
            () ->
                asArray
                    ? kernels().logProbability(x, 0, n, t, n / 2)
                    : kernels().logProbability(row, t, n / 2, w)));
    all.add(
        outcome(
            () ->
                asArray ? kernels().sample(x, 0, n, t, 0.4, w) : kernels().sample(row, t, 0.4, w)));
    for (int k : new int[] {1, 40, n}) {
      int[] ids = new int[n];
      float[] values = new float[n];
      double[] logs = new double[n];
      float[] out = new float[n + 4];
      all.add(
          outcome(
              () ->
                  asArray
                      ? kernels().topK(x, 0, n, k, w, ids, values)
                      : kernels().topK(row, k, w, ids, values),
              ids,
              values));
      all.add(
          outcome(
              () ->
                  asArray
                      ? kernels().topLogProbabilities(x, 0, n, t, k, w, ids, logs)
                      : kernels().topLogProbabilities(row, t, k, w, ids, logs),
              ids,
              logs));
      all.add(
          outcome(
              () ->
                  nothing(
                      asArray
                          ? () -> kernels().topKMaskLogits(x, 0, n, k, w, out, 3)
                          : () -> kernels().topKMaskLogits(row, k, w, out, 3)),
              out));
      all.add(
          outcome(
              () ->
                  nothing(
                      asArray
                          ? () -> kernels().topKRenormalize(x, 0, n, t, k, w, out, 3)
                          : () -> kernels().topKRenormalize(row, t, k, w, out, 3)),
              out));
    }
    for (float p : new float[] {0, 0.7f, 1}) {
      int[] ids = new int[n];
      float[] values = new float[n];
      float[] out = new float[n + 4];
      all.add(
          outcome(
              () ->
                  asArray
                      ? kernels().topP(x, 0, n, t, p, w, ids, values)
                      : kernels().topP(row, t, p, w, ids, values),
              ids,
              values));
      all.add(
          outcome(
              () ->
                  nothing(
                      asArray
                          ? () -> kernels().topPRenormalize(x, 0, n, t, p, w, out, 3)
                          : () -> kernels().topPRenormalize(row, t, p, w, out, 3)),
              out));
      all.add(
          outcome(
              () ->
                  nothing(
                      asArray
                          ? () -> kernels().minPRenormalize(x, 0, n, t, p, w, out, 3)
                          : () -> kernels().minPRenormalize(row, t, p, w, out, 3)),
              out));
    }
    float[] out = new float[n + 4];
    all.add(
        outcome(
            () ->
                nothing(
                    asArray
                        ? () -> kernels().softmax(x, 0, n, t, out, 3)
                        : () -> kernels().softmax(row, t, w, out, 3)),
            out));
    all.add(
        outcome(
            () ->
                nothing(
                    asArray
                        ? () -> kernels().logSoftmax(x, 0, n, t, out, 3)
                        : () -> kernels().logSoftmax(row, t, w, out, 3)),
            out));
    return all;
  }

  /** Kernels. */
  @Example
  default void everyKernelTakesEveryKindOfRow() {
    for (float[] x : rows()) {
      try (Arena arena = Arena.ofConfined()) {
        Map<ElementType, List<String>> expected = new EnumMap<>(ElementType.class);
        for (Held held : held(arena, x)) {
          float[] floats = held.floats.clone();
          Workspace ours = Workspace.of(x.length);
          assertEquals(
              expected.computeIfAbsent(
                  held.logits.type(),
                  type -> kernelsOf(floats, Logits.of(floats), Workspace.of(x.length))),
              kernelsOf(floats, held.logits, ours),
              held::toString);
          for (int i = 0; i < x.length; i++) {
            assertEquals(
                Float.floatToRawIntBits(held.floats[i]),
                Float.floatToRawIntBits(held.logits.get(i)),
                held::toString);
          }
        }
      }
    }
  }

  /** Into memory: with the bits of the array's form, on the heap and off it. */
  @Example
  default void probabilitiesGoIntoMemory() {
    for (float[] x : rows()) {
      try (Arena arena = Arena.ofConfined()) {
        for (Held held : held(arena, x)) {
          int n = x.length;
          Workspace w = Workspace.of(n);
          MemorySegment onHeap = MemorySegment.ofArray(new byte[4 * n + 9]);
          for (MemorySegment out : List.of(arena.allocate(4L * n + 9, 8), onHeap)) {
            float[] expected = new float[n];
            float[] actual = new float[n];
            assertEquals(
                outcome(
                    () -> nothing(() -> kernels().softmax(held.floats, 0, n, 1, expected, 0)),
                    expected),
                outcome(
                    () ->
                        nothing(
                            () -> {
                              kernels().softmax(held.logits, 1, w, out, 5);
                              read(out, actual);
                            }),
                    actual),
                held::toString);
            assertEquals(
                outcome(
                    () -> nothing(() -> kernels().logSoftmax(held.floats, 0, n, 1, expected, 0)),
                    expected),
                outcome(
                    () ->
                        nothing(
                            () -> {
                              kernels().logSoftmax(held.logits, 1, w, out, 5);
                              read(out, actual);
                            }),
                    actual),
                held::toString);
          }
        }
      }
    }
  }

  private static void read(MemorySegment out, float[] y) {
    MemorySegment.copy(out, ValueLayout.JAVA_FLOAT_UNALIGNED, 5, y, 0, y.length);
  }

  /** In place where the row is the array; errors for any other overlap, whoever shows the array. */
  @Example
  default void aliasing() {
    float[] x = {3, 1, 2, 0, 5, 4};
    for (boolean asBuffer : new boolean[] {false, true}) {
      float[] array = x.clone();
      Logits row =
          asBuffer
              ? Logits.of(FloatBuffer.wrap(array, 1, 4))
              : Logits.of(MemorySegment.ofArray(array), 4, 4, ElementType.FLOAT32);
      assertEquals(Logits.of(array, 1, 5), row);
      Workspace w = Workspace.of(4);
      String overlap = " overlap logits: in place means the same array at the same offset";
      for (int from : new int[] {0, 2}) {
        String p = "probabilities" + overlap;
        Failures.illegalArgument(p, () -> kernels().softmax(row, 1, w, array, from));
        Failures.illegalArgument(
            "logProbabilities" + overlap, () -> kernels().logSoftmax(row, 1, w, array, from));
        Failures.illegalArgument(
            "maskedLogits" + overlap, () -> kernels().topKMaskLogits(row, 2, w, array, from));
        Failures.illegalArgument(p, () -> kernels().topKRenormalize(row, 1, 2, w, array, from));
        Failures.illegalArgument(p, () -> kernels().topPRenormalize(row, 1, 0.5f, w, array, from));
        Failures.illegalArgument(p, () -> kernels().minPRenormalize(row, 1, 0.5f, w, array, from));
        MemorySegment whole = MemorySegment.ofArray(array);
        Failures.illegalArgument(
            "probabilities overlap logits: in place means FLOAT32 at the same place",
            () -> kernels().softmax(row, 1, w, whole, 4L * from));
      }
      assertArrayEquals(x, array);
      float[] expected = x.clone();
      kernels().topKRenormalize(expected, 1, 5, 1, 2, w, expected, 1);
      kernels().topKRenormalize(row, 1, 2, w, array, 1);
      assertArrayEquals(expected, array);
      kernels().softmax(expected, 1, 5, 1, expected, 1);
      kernels().softmax(row, 1, w, MemorySegment.ofArray(array), 4);
      assertArrayEquals(expected, array);
    }
    float[] array = x.clone(); // a read-only view cannot be told from others, and is copied
    Logits row = Logits.of(FloatBuffer.wrap(array, 1, 4).asReadOnlyBuffer());
    float[] expected = new float[4];
    kernels().softmax(x, 1, 5, 1, expected, 0);
    kernels().softmax(row, 1, Workspace.of(4), array, 0);
    assertArrayEquals(expected, Arrays.copyOf(array, 4));
  }

  /** Samplers, with all that is read out of them. */
  @Example
  default void samplersTakeEveryKindOfRow() {
    String[] chains = {"", "temperature=0", "top_k=40, temperature=0.8", "top_p=0.9", "min_p=0.1"};
    for (String text : chains) {
      SamplerChain chain = SamplerChain.parse(text);
      for (float[] x : rows()) {
        try (Arena arena = Arena.ofConfined()) {
          for (Held held : held(arena, x)) {
            Sampler expected = chain.newSampler(x.length, 9, kernels());
            Sampler actual = chain.newSampler(x.length, 9, kernels());
            float[] floats = held.floats;
            Logits row = held.logits;
            int n = x.length;
            int[] ours = new int[4];
            int[] theirs = new int[4];
            double[] times = new double[4];
            double[] otherTimes = new double[4];
            assertEquals(
                read(expected, () -> expected.sample(floats)),
                read(actual, () -> actual.sample(row)),
                held::toString);
            assertEquals(
                read(expected, () -> expected.sample(floats, 0, n, 0.3)),
                read(actual, () -> actual.sample(row, 0.3)),
                held::toString);
            assertEquals(
                read(expected, () -> expected.next(floats)),
                read(actual, () -> actual.next(row)),
                held::toString);
            assertEquals(
                outcome(() -> expected.apply(floats).toString()),
                outcome(() -> actual.apply(row).toString()),
                held::toString);
            assertEquals(
                outcome(
                    () -> expected.sampleWithoutReplacement(floats, 0, n, 4, theirs, otherTimes),
                    theirs,
                    otherTimes),
                outcome(() -> actual.sampleWithoutReplacement(row, 4, ours, times), ours, times),
                held::toString);
            assertEquals(
                outcome(
                    () ->
                        expected.sampleWithoutReplacement(floats, 0, n, 0.7, 4, theirs, otherTimes),
                    theirs,
                    otherTimes),
                outcome(
                    () -> actual.sampleWithoutReplacement(row, 0.7, 4, ours, times), ours, times),
                held::toString);
            assertEquals(expected.position(), actual.position(), held::toString);
          }
        }
      }
    }
  }

  private static String read(Sampler sampler, Supplier<Object> call) {
    String result = outcome(call);
    if (result.startsWith("class")) {
      assertThrows(IllegalStateException.class, sampler::candidates);
      return result;
    }
    float[] written = new float[sampler.vocabularySize()];
    sampler.probabilities(written, 0);
    return result + sampler.logProbability() + Arrays.toString(EntryPoint.bits(written));
  }

  /** Beams whose rows are of all kinds. */
  @Example
  default void beamsTakeEveryKindOfRow() {
    for (float[] x : rows()) {
      try (Arena arena = Arena.ofConfined()) {
        List<Held> held = held(arena, x);
        int n = held.size();
        Logits[] rows = held.stream().map(Held::logits).toArray(Logits[]::new);
        float[] block = new float[n * x.length];
        double[] scores = new double[n];
        for (int i = 0; i < n; i++) {
          System.arraycopy(held.get(i).floats, 0, block, i * x.length, x.length);
          scores[i] = i % 4 == 3 ? Double.NEGATIVE_INFINITY : -i / 8.0;
        }
        rows[3] = null; // of a dead beam
        for (int width : new int[] {1, 5, 40}) {
          Beams beams = Beams.of(n, x.length, width, kernels());
          int[][] ids = new int[4][width];
          double[][] sums = new double[2][width];
          assertEquals(
              outcome(
                  () -> beams.step(block, 0, x.length, scores, 0.9f, ids[0], ids[1], sums[0]),
                  ids[0],
                  ids[1],
                  sums[0]),
              outcome(
                  () -> beams.step(rows, scores, 0.9f, ids[2], ids[3], sums[1]),
                  ids[2],
                  ids[3],
                  sums[1]));
        }
      }
    }
  }

  /** What is wrong with the rows of beams. */
  @Example
  default void badRowsOfBeams() {
    Beams beams = Beams.of(2, 3, 2, kernels());
    Logits three = Logits.of(new float[3]);
    int[] parents = {7, 7};
    int[] tokens = {7, 7};
    double[] out = {7, 7};
    double[] live = {0, 0};
    Failures.illegalArgument(
        "logits has length 1, but 2 are needed",
        () -> beams.step(new Logits[] {three}, live, 1, parents, tokens, out));
    Failures.expect(
        NullPointerException.class,
        "beam 1 is live, but its row is null",
        () -> beams.step(new Logits[] {three, null}, live, 1, parents, tokens, out));
    Logits four = Logits.of(new float[4]);
    Failures.illegalArgument(
        "beam 1: the row has 4 logits, but the vocabulary is 3",
        () -> beams.step(new Logits[] {three, four}, live, 1, parents, tokens, out));
    Logits nan = Logits.of(new float[] {0, 1, Float.NaN});
    Failures.illegalArgument(
        "beam 1: logit 2 is NaN",
        () -> beams.step(new Logits[] {three, nan}, live, 1, parents, tokens, out));
    assertArrayEquals(new int[] {7, 7}, parents);
    assertArrayEquals(new int[] {7, 7}, tokens);
    assertArrayEquals(new double[] {7, 7}, out);
    assertEquals(2, beams.step(new Logits[] {three, three}, live, 1, parents, tokens, out));
  }

  /** Drafts whose probabilities lie in rows of all kinds. */
  @Example
  default void draftsTakeEveryKindOfRow() {
    SplittableRandom random = new SplittableRandom(3);
    float[] p = new float[16];
    for (int i = 0; i < p.length; i++) {
      p[i] = i % 5 == 0 ? 0 : random.nextInt(1, 64) / 512f;
    }
    try (Arena arena = Arena.ofConfined()) {
      List<Held> held = held(arena, p);
      Logits[] rows = held.stream().map(Held::logits).toArray(Logits[]::new);
      float[] block = new float[16 * rows.length];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(held.get(i).floats, 0, block, 16 * i, 16);
      }
      float[] q = block.clone();
      Logits[] draftRows = new Logits[rows.length];
      for (int i = 0; i < rows.length; i++) {
        q[16 * i + i % 16] += 0.01f * i;
        draftRows[i] = Logits.of(q, 16 * i, 16 * i + 16);
      }
      for (int round = 0; round < 200; round++) {
        int n = random.nextInt(rows.length);
        int[] draft = random.ints(n, 0, 16).toArray();
        double[] u = random.doubles(n + 1).toArray();
        int[] out = new int[n + 1];
        int[] other = new int[n + 1];
        assertEquals(
            outcome(() -> Speculative.verify(draft, n, 16, q, block, u, out), out),
            outcome(() -> Speculative.verify(draft, n, 16, draftRows, rows, u, other), other));
        assertEquals(
            outcome(() -> Speculative.verify(draft, n, 16, block, u, out), out),
            outcome(() -> Speculative.verify(draft, n, 16, rows, u, other), other));
      }
      int[] draft = {1, 2};
      double[] u = {0, 0, 0.5};
      int[] out = {7, 7, 7};
      Failures.illegalArgument(
          "targetProbabilities has length 2, but 3 are needed",
          () -> Speculative.verify(draft, 2, 16, Arrays.copyOf(rows, 2), u, out));
      Failures.illegalArgument(
          "draftProbabilities[0] has 16 probabilities, but the vocabulary is 15",
          () -> Speculative.verify(draft, 2, 15, rows, rows, u, out));
      Logits[] lacking = rows.clone();
      lacking[2] = null;
      Failures.expect(
          NullPointerException.class,
          "targetProbabilities[2] is null",
          () -> Speculative.verify(draft, 2, 16, rows, lacking, u, out));
      Logits[] negative = rows.clone();
      float[] bad = p.clone();
      bad[2] = -1;
      negative[1] = Logits.of(bad);
      Failures.illegalArgument(
          "targetProbabilities[1].get(2) must be finite and >= 0, but was -1.0",
          () -> Speculative.verify(draft, 2, 16, negative, u, out));
      assertArrayEquals(new int[] {7, 7, 7}, out);
    }
  }

  /** Batches: rows of all kinds and lengths, alone and on threads. */
  @Example
  default void batchesTakeEveryKindOfRow() {
    SamplerChain chain = SamplerChain.parse("top_k=20, temperature=0.8");
    List<float[]> floats = new ArrayList<>();
    List<Logits> logits = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        ExecutorService pool = Executors.newFixedThreadPool(1)) {
      for (float[] x : rows()) {
        for (Held held : held(arena, x)) {
          floats.add(held.floats);
          logits.add(held.logits);
        }
      }
      int n = floats.size();
      int[] expected = new int[n];
      int failures = 0;
      for (int i = 0; i < n; i++) {
        try {
          expected[i] = chain.newSampler(6000, i, kernels()).sample(floats.get(i));
        } catch (IllegalArgumentException | IllegalStateException e) {
          expected[i] = -1;
          failures++;
        }
      }
      for (int threads : new int[] {1, 2}) {
        for (boolean next : new boolean[] {false, true}) {
          for (boolean asArrays : new boolean[] {false, true}) {
            BatchSampler batch = BatchSampler.of(chains(chain, n)).on(pool, threads);
            float[][] arrays = floats.toArray(float[][]::new);
            Logits[] rows = logits.toArray(Logits[]::new);
            int[] tokens = new int[n];
            int failed =
                asArrays
                    ? next ? batch.next(arrays, n, tokens) : batch.sample(arrays, n, tokens)
                    : next ? batch.next(rows, n, tokens) : batch.sample(rows, n, tokens);
            assertArrayEquals(expected, tokens);
            assertEquals(failures, failed);
          }
        }
      }
    }
  }

  private Sampler[] chains(SamplerChain chain, int n) {
    Sampler[] samplers = new Sampler[n];
    Arrays.setAll(samplers, i -> chain.newSampler(6000, i, kernels()));
    return samplers;
  }

  /** Long rows of all kinds that threads share. */
  @Example
  default void sharedRowsOfEveryKind() {
    float[] x = new float[70_000];
    for (int i = 0; i < x.length; i++) {
      x[i] = i * 7919 % 70_001 / 4096f;
    }
    try (Arena arena = Arena.ofShared();
        ExecutorService pool = Executors.newFixedThreadPool(3)) {
      for (Held held : held(arena, x)) {
        for (String text : new String[] {"top_k=20", "top_p=0.9"}) {
          SamplerChain chain = SamplerChain.parse(text);
          Sampler alone = chain.newSampler(x.length, 4, kernels());
          BatchSampler batch =
              BatchSampler.of(chain.newSampler(x.length, 4, kernels())).on(pool, 4);
          int[] token = new int[1];
          assertEquals(0, batch.sample(new Logits[] {held.logits}, 1, token));
          assertEquals(alone.sample(held.floats), token[0], held::toString);
          assertEquals(alone.probability(), batch.row(0).probability(), held::toString);
        }
      }
    }
  }

  /** What is wrong with the rows of a batch is said before anything is done. */
  @Example
  default void badRowsOfBatches() {
    BatchSampler batch = BatchSampler.of(chains(SamplerChain.greedy(), 2));
    int[] tokens = {7, 7};
    Logits row = Logits.of(new float[3]);
    Failures.illegalArgument(
        "logits has length 1, but 2 are needed", () -> batch.sample(new Logits[] {row}, 2, tokens));
    Failures.illegalArgument(
        "logits has length 1, but 2 are needed", () -> batch.next(new float[1][3], 2, tokens));
    Failures.illegalArgument(
        "rows must be in [0, 2], but was 3", () -> batch.sample(new float[3][3], 3, tokens));
    Failures.illegalArgument(
        "tokens has length 1, but 2 are needed",
        () -> batch.sample(new Logits[] {row, row}, 2, new int[1]));
    Failures.expect(
        NullPointerException.class,
        "the logits of row 1 are null",
        () -> batch.sample(new Logits[] {row, null}, 2, tokens));
    Failures.expect(
        NullPointerException.class,
        "the logits of row 0 are null",
        () -> batch.sample(new float[2][], 2, tokens));
    Failures.illegalArgument(
        "row 1 is empty", () -> batch.sample(new float[][] {{1}, {}}, 2, tokens));
    assertArrayEquals(new int[] {7, 7}, tokens);
    assertEquals(0, batch.row(0).position());
    assertEquals(1, batch.sample(new float[][] {{1, 2}, new float[6001]}, 2, tokens));
    assertArrayEquals(new int[] {1, -1}, tokens);
    assertEquals(
        "the row has 6001 logits, but the vocabulary size is 6000", batch.error(1).getMessage());
  }

  /** The checks of kernels, in their words, before the row is read or anything is written. */
  @Example
  default void badArgumentsOfKernelsOnLogits() {
    Workspace w = Workspace.of(4);
    Logits x = Logits.of(new float[] {Float.NaN, 1, 2, 3});
    int[] ids = new int[4];
    float[] floats = new float[4];
    double[] doubles = new double[4];
    MemorySegment memory = MemorySegment.ofArray(floats);
    for (float t : new float[] {0, Float.NaN}) {
      all(
          "temperature must be finite and > 0, but was " + t,
          () -> kernels().logSumExp(x, t, w),
          () -> kernels().softmax(x, t, w, floats, 0),
          () -> kernels().softmax(x, t, w, memory, 0),
          () -> kernels().logSoftmax(x, t, w, floats, 0),
          () -> kernels().logSoftmax(x, t, w, memory, 0),
          () -> kernels().topP(x, t, 0.5f, w, ids, floats),
          () -> kernels().sample(x, t, 0.5, w),
          () -> kernels().logProbability(x, t, 1, w),
          () -> kernels().topLogProbabilities(x, t, 2, w, ids, doubles),
          () -> kernels().topKRenormalize(x, t, 2, w, floats, 0),
          () -> kernels().topPRenormalize(x, t, 0.5f, w, floats, 0),
          () -> kernels().minPRenormalize(x, t, 0.5f, w, floats, 0));
    }
    all(
        "k must be >= 1, but was 0",
        () -> kernels().topK(x, 0, w, ids, floats),
        () -> kernels().topKMaskLogits(x, 0, w, floats, 0),
        () -> kernels().topKRenormalize(x, 1, 0, w, floats, 0));
    all("n must be >= 1, but was 0", () -> kernels().topLogProbabilities(x, 1, 0, w, ids, doubles));
    all(
        "p must be in [0, 1], but was 1.5",
        () -> kernels().topP(x, 1, 1.5f, w, ids, floats),
        () -> kernels().topPRenormalize(x, 1, 1.5f, w, floats, 0),
        () -> kernels().minPRenormalize(x, 1, 1.5f, w, floats, 0));
    all("u must be in [0, 1), but was 1.0", () -> kernels().sample(x, 1, 1, w));
    all(
        "ids has length 3, but 4 are needed",
        () -> kernels().topK(x, 4, w, new int[3], floats),
        () -> kernels().topLogProbabilities(x, 1, 4, w, new int[3], doubles));
    Workspace small = Workspace.of(3);
    all(
        "the row has 4 logits, but the workspace holds 3",
        () -> kernels().argMax(x, small),
        () -> kernels().logSumExp(x, 1, small),
        () -> kernels().softmax(x, 1, small, floats, 0),
        () -> kernels().softmax(x, 1, small, memory, 0),
        () -> kernels().logSoftmax(x, 1, small, floats, 0),
        () -> kernels().logSoftmax(x, 1, small, memory, 0),
        () -> kernels().topK(x, 2, small, ids, floats),
        () -> kernels().topP(x, 1, 0.5f, small, ids, floats),
        () -> kernels().sample(x, 1, 0.5, small),
        () -> kernels().logProbability(x, 1, 1, small),
        () -> kernels().topLogProbabilities(x, 1, 2, small, ids, doubles),
        () -> kernels().topKMaskLogits(x, 2, small, floats, 0),
        () -> kernels().topKRenormalize(x, 1, 2, small, floats, 0),
        () -> kernels().topPRenormalize(x, 1, 0.5f, small, floats, 0),
        () -> kernels().minPRenormalize(x, 1, 0.5f, small, floats, 0));
    Executable[] outside = {
      () -> kernels().softmax(x, 1, w, floats, 1),
      () -> kernels().logSoftmax(x, 1, w, floats, 1),
      () -> kernels().topKMaskLogits(x, 2, w, floats, 1),
      () -> kernels().topKRenormalize(x, 1, 2, w, floats, 1),
      () -> kernels().topPRenormalize(x, 1, 0.5f, w, floats, 1),
      () -> kernels().minPRenormalize(x, 1, 0.5f, w, floats, 1)
    };
    for (Executable call : outside) {
      Failures.expect(
          IndexOutOfBoundsException.class, "Range [1, 1 + 4) out of bounds for length 4", call);
    }
    Failures.expect(
        IndexOutOfBoundsException.class,
        "Index 4 out of bounds for length 4",
        () -> kernels().logProbability(x, 1, 4, w));
    Failures.illegalArgument(
        "probabilities is read-only", () -> kernels().softmax(x, 1, w, memory.asReadOnly(), 0));
    assertArrayEquals(new float[4], floats);
    assertArrayEquals(new int[4], ids);
    assertArrayEquals(new double[4], doubles);
  }

  private static void all(String message, Executable... calls) {
    for (Executable call : calls) {
      Failures.illegalArgument(message, call);
    }
  }

  /** Nothing is allocated by what points a row elsewhere, nor by what reads it. */
  @Example
  @Tag("allocation")
  default void logitsAllocateNothing() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 5010, 3, 8);
    float[] x = row.logits();
    int n = x.length;
    FloatBuffer heap = FloatBuffer.wrap(x);
    FloatBuffer direct =
        ByteBuffer.allocateDirect(4 * n).order(ByteOrder.nativeOrder()).asFloatBuffer().put(0, x);
    MemorySegment halves = MemorySegment.ofArray(new short[n]);
    SegmentContract.store(x, ElementType.FLOAT16, halves);
    Logits logits = Logits.of(x);
    Workspace w = Workspace.of(n);
    int[] ids = new int[40];
    double[] logs = new double[40];
    float[] out = new float[n];
    Sampler sampler = SamplerChain.of(Step.topK(40)).newSampler(n, 1, kernels());
    List<AllocationContract.Call> calls =
        List.of(
            i -> kernels().argMax(logits.at(x, 0, n - i), w),
            i -> kernels().topK(logits.at(heap.limit(n - i)), 40, w, ids, out),
            i -> sampler.next(logits.at(direct.limit(n - i))),
            i -> sampler.next(logits.at(halves, 0, n - i, ElementType.FLOAT16)),
            i -> (int) kernels().logProbability(logits.at(direct.limit(n - i)), 1, 7, w),
            i -> kernels().topLogProbabilities(logits.at(direct.limit(n - i)), 1, 9, w, ids, logs),
            i -> {
              kernels().minPRenormalize(logits.at(direct.limit(n - i)), 1, 0.05f, w, out, 0);
              return n;
            });
    calls.forEach(AllocationContract::assertNoAllocation);
  }

  /** Nor by batches, beams and drafts that take rows so. */
  @Example
  @Tag("allocation")
  default void readersOfLogitsAllocateNothing() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 5010, 3, 8);
    float[] x = row.logits();
    Logits[] rows = {Logits.of(x, 0, 1000), Logits.of(x, 1000, 2000), Logits.of(x, 5, 1005)};
    float[][] arrays = {x, x, x};
    BatchSampler batch =
        BatchSampler.of(
            SamplerChain.of(Step.topK(40)).newSampler(5010, 1, kernels()),
            SamplerChain.of(Step.topK(5)).newSampler(5010, 1, kernels()),
            SamplerChain.of().newSampler(5010, 1, kernels()));
    Beams beams = Beams.of(3, 1000, 4, kernels());
    double[] scores = {-1, -2, -3};
    double[] newScores = new double[4];
    int[] parents = new int[4];
    int[] tokens = new int[4];
    AllocationContract.assertNoAllocation(
        i ->
            batch.sample(rows, 3, tokens)
                + batch.sample(arrays, 3, tokens)
                + beams.step(rows, scores, 1, parents, tokens, newScores));
    float[] p = new float[1000];
    Arrays.fill(p, 0.001f);
    Logits[] even = {Logits.of(p), Logits.of(p)};
    int[] draft = {3};
    double[] u = {0.5, 0.5};
    AllocationContract.assertNoAllocation(
        i -> Speculative.verify(draft, 1, 1000, even, even, u, tokens));
  }
}
