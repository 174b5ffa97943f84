package org.logitkernels.testkit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.logitkernels.BatchSampler;
import org.logitkernels.Beams;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * Hashes of everything that the library returns on fixed rows: all kernels, every step of a chain,
 * rows in every kind of memory, batches, beams and speculative decoding.
 *
 * <p>Rows come from integer arithmetic alone and are hashed and stored by value, so nothing but the
 * library can change a hash: not the byte order either.
 */
public final class GoldenBits {
  /**
   * What is hashed, and what it gives by docs/numerics.md: that changes only when the page does.
   */
  public enum Section {
    /** Kernels over arrays. */
    ROWS("bdc884204bbb56fbcd37e99a3fe2eec9", GoldenBits::rows),
    /** The same over rows so long that other paths are taken. */
    LONG_ROWS("56798e8f47484cb42404100d2b3f0449", GoldenBits::longRows),
    /** Chains that cut. */
    FILTERS("568fa5da73e266c2683aebf74979d922", bits -> bits.chains(GoldenBits.FILTERS)),
    /** Chains that look at what was said before. */
    HISTORY("f818610d3ba103183a8ff24442842d7f", bits -> bits.chains(GoldenBits.HISTORY)),
    /** Chains that steer. */
    STEERING("7a9746e1283a5dfc7f702b2d7aa547be", bits -> bits.chains(GoldenBits.STEERING)),
    /** Rows in memory segments and buffers, of floats and halves. */
    MEMORY("db4f61952f4068a5f36aee17f91823ff", GoldenBits::memory),
    /** Rows a step at a time. */
    BATCHES("50fdb3a999fb948b12dfc9379b2a5041", GoldenBits::batches),
    /** Beam search. */
    BEAMS("6c8d655f8ccf1a8879c18e8ec874f837", GoldenBits::beams),
    /** Drafts verified. */
    SPECULATIVE("23e22cf04a8b117d124607c643a35fd8", GoldenBits::speculative),
    /** What is said of rows that cannot be sampled. */
    ERRORS("ec3da6f80bd4c226fae39278f608c2a3", GoldenBits::errors);

    /** The frozen hash: SHA-256, its first half, in hexadecimal. */
    public final String frozen;

    private final Consumer<GoldenBits> part;

    Section(String frozen, Consumer<GoldenBits> part) {
      this.frozen = frozen;
      this.part = part;
    }

    /** The hash of a backend. */
    public String hash(Kernels kernels) {
      GoldenBits bits = new GoldenBits(kernels);
      part.accept(bits);
      return HexFormat.of().formatHex(bits.digest.digest(), 0, 16);
    }
  }

  private static final int[] LENGTHS = {1, 2, 5, 31, 32, 33, 100, 1023, 1024, 1025, 2100, 6001};
  private static final int[] CHAIN_LENGTHS = {1, 5, 33, 1024, 2100};
  private static final int KINDS = 5;
  private static final float[] TEMPERATURES = {0.7f, 1, 1.9f, Float.MIN_VALUE, 1e-39f, 1e38f};

  /** Chains without a memory. */
  public static final List<SamplerChain> FILTERS =
      List.of(
          SamplerChain.of(),
          SamplerChain.greedy(),
          SamplerChain.of(Step.temperature(0.8f)),
          SamplerChain.of(
              Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f)),
          SamplerChain.of(Step.topP(0.9f), Step.temperature(1.5f), Step.topK(7)),
          SamplerChain.of(Step.minP(0.02f), Step.temperature(0.3f), Step.topP(0.7f)),
          SamplerChain.of(Step.typical(0.8f)),
          SamplerChain.of(Step.topK(60), Step.typical(0.5f).minKeep(3)),
          SamplerChain.of(Step.topNSigma(1.5f)),
          SamplerChain.of(Step.topP(0.99f), Step.topNSigma(0.7f).minKeep(5)),
          SamplerChain.of(Step.xtc(0.5f, 0.01f), Step.temperature(1.2f)),
          SamplerChain.of(Step.topK(50), Step.xtc(1, 0.02f).minKeep(2)),
          SamplerChain.of(Step.epsilonCutoff(1e-3f), Step.topH(0.6f)),
          SamplerChain.of(Step.topK(30), Step.epsilonCutoff(0.05f).minKeep(4)),
          SamplerChain.of(Step.etaCutoff(0.01f), Step.xtc(1, 0.1f)),
          SamplerChain.of(Step.topK(90), Step.etaCutoff(0.1f).minKeep(2)),
          SamplerChain.of(Step.topH(0.4f, 20), Step.topK(3).minKeep(4), Step.minP(0.5f).minKeep(2)),
          SamplerChain.of(Step.topP(0.3f).minKeep(6)));

  /** Chains that look at a history. */
  public static final List<SamplerChain> HISTORY =
      List.of(
          SamplerChain.of(
              Step.repetitionPenalty(1.3f), Step.dry(0.8f, 1.75f, 2, 64), Step.topP(0.9f)),
          SamplerChain.of(Step.repetitionPenalty(0.8f, 5, false)),
          SamplerChain.of(
              Step.temperature(0.7f),
              Step.frequencyPenalty(0.6f),
              Step.presencePenalty(0.4f, 9, true),
              Step.topK(20)),
          SamplerChain.of(Step.presencePenalty(-0.7f), Step.frequencyPenalty(0.3f, 40, true)),
          SamplerChain.of(Step.topK(25), Step.dry(1.1f, 1.2f, 1, 30, 4), Step.minP(0.01f)),
          SamplerChain.of(Step.noRepeatNgram(2), Step.temperature(1.3f)),
          SamplerChain.of(
              Step.logitBias(Map.of(0, 1.7f, 1, -0.3f, 4, Float.NEGATIVE_INFINITY)),
              Step.topP(0.8f)),
          SamplerChain.of(Step.banned(new int[] {2}, new int[] {0, 3}, new int[] {30})),
          SamplerChain.of(Step.minLength(2, 1, 3), Step.epsilonCutoff(1e-4f)),
          SamplerChain.of(Step.allowed(), Step.temperature(0.9f)),
          SamplerChain.of(Step.topK(50), Step.allowed(), Step.topP(0.9f)));

  /** Chains that steer. */
  public static final List<SamplerChain> STEERING =
      List.of(
          SamplerChain.of(Step.dynamicTemperature(0.5f, 2, 1.5f), Step.topP(0.9f)),
          SamplerChain.of(Step.topK(40), Step.dynamicTemperature(0, 1.2f, 0.7f)),
          SamplerChain.of(Step.mirostatV1(3, 0.1f, 100)),
          SamplerChain.of(Step.mirostatV2(3, 0.1f)),
          SamplerChain.of(Step.temperature(1.4f), Step.topK(60), Step.mirostatV2(2, 0.2f)),
          SamplerChain.of(Step.adaptiveP(0.3f, 0.9f)),
          SamplerChain.of(Step.minP(0.01f), Step.adaptiveP(0.6f, 0.5f)));

  /** A chain for each kernel that reads a row. */
  private static final List<SamplerChain> READERS =
      List.of(
          SamplerChain.greedy(),
          SamplerChain.of(Step.temperature(0.8f)),
          SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f)),
          SamplerChain.of(Step.topP(0.8f)),
          SamplerChain.of(Step.minP(0.05f)),
          SamplerChain.of(Step.epsilonCutoff(1e-3f)),
          SamplerChain.of(Step.etaCutoff(0.01f)),
          SamplerChain.of(Step.topNSigma(1.5f)),
          SamplerChain.of(Step.typical(0.8f)));

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private final MessageDigest digest;
  private final ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
  private final Kernels kernels;

  private GoldenBits(Kernels kernels) {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has SHA-256
    }
    this.kernels = kernels;
  }

  /** The frozen hashes, a section in a line. */
  public static String frozen() {
    return Stream.of(Section.values())
        .map(section -> section + " " + section.frozen + "\n")
        .collect(Collectors.joining());
  }

  /** The hashes of a backend, likewise. */
  public static String of(Kernels kernels) {
    return Stream.of(Section.values())
        .map(section -> section + " " + section.hash(kernels) + "\n")
        .collect(Collectors.joining());
  }

  /** One hash for all of them. */
  public static String sha256(String hashes) {
    try {
      byte[] ascii = hashes.getBytes(StandardCharsets.US_ASCII);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(ascii));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void rows() {
    for (int length : LENGTHS) {
      for (int kind = 0; kind < KINDS; kind++) {
        row(length, kind, length % 4);
      }
    }
  }

  /** All kernels of a row somewhere in an array. */
  private void row(int length, int kind, int from) {
    int to = from + length;
    float[] row = new float[to + 1];
    System.arraycopy(logits(length, kind), 0, row, from, length);
    Workspace workspace = Workspace.of(length);
    int[] ids = new int[length];
    float[] floats = new float[length];
    double[] doubles = new double[length];
    add(kernels.argMax(row, from, to));
    for (float temperature : TEMPERATURES) {
      add(kernels.logSumExp(row, from, to, temperature));
      add(kernels.logProbability(row, from, to, temperature, length / 2));
      kernels.softmax(row, from, to, temperature, floats, 0);
      add(floats, length);
      kernels.logSoftmax(row, from, to, temperature, floats, 0);
      add(floats, length);
      for (float p : new float[] {0, 0.5f, 0.95f}) {
        int size = kernels.topP(row, from, to, temperature, p, workspace, ids, floats);
        add(ids, size);
        add(floats, size);
      }
      for (int i = 0; i < 4; i++) {
        add(kernels.sample(row, from, to, temperature, i / 4.0, workspace));
      }
      int size =
          kernels.topLogProbabilities(row, from, to, temperature, 5, workspace, ids, doubles);
      add(ids, size);
      add(doubles, size);
    }
    for (int k : new int[] {1, 40, 3000}) {
      int size = kernels.topK(row, from, to, k, workspace, ids, floats);
      add(ids, size);
      add(floats, size);
    }
    kernels.topKMaskLogits(row, from, to, 9, workspace, floats, 0);
    add(floats, length);
    kernels.topKRenormalize(row, from, to, 0.9f, 20, workspace, floats, 0);
    add(floats, length);
    kernels.topPRenormalize(row, from, to, 0.9f, 0.8f, workspace, floats, 0);
    add(floats, length);
    kernels.minPRenormalize(row, from, to, 0.9f, 0.1f, workspace, floats, 0);
    add(floats, length);
  }

  private void longRows() {
    longRow(logits(40_003, 0), 1000);
    longRow(logits(40_003, 1), 5000);
    longRow(logits((1 << 18) + 1_025, 0), 40); // masses in units twice as large
  }

  private void longRow(float[] row, int k) {
    int length = row.length;
    Workspace workspace = Workspace.of(length);
    int[] ids = new int[length];
    float[] floats = new float[length];
    add(kernels.argMax(row, 0, length));
    add(kernels.logSumExp(row, 0, length, 0.9f));
    kernels.softmax(row, 0, length, 1, floats, 0);
    add(floats, length);
    int size = kernels.topK(row, 0, length, k, workspace, ids, floats);
    add(ids, size);
    add(floats, size);
    size = kernels.topP(row, 0, length, 1, 0.7f, workspace, ids, floats);
    add(ids, size);
    add(floats, size);
    add(kernels.sample(row, 0, length, 1, 0.7, workspace));
    for (SamplerChain chain : READERS) {
      Sampler sampler = chain.newSampler(length, 3, kernels);
      add(sampler.sample(row));
      addLast(sampler);
    }
  }

  private void chains(List<SamplerChain> chains) {
    for (SamplerChain chain : chains) {
      for (int length : CHAIN_LENGTHS) {
        for (int kind = 0; kind < KINDS; kind++) {
          chain(chain, logits(length, kind));
        }
      }
      chain(chain, logits(6001, 0));
    }
  }

  /** Some tokens, each with the history of those before it, and several without replacement. */
  private void chain(SamplerChain chain, float[] row) {
    int length = row.length;
    Sampler sampler = Chains.fitting(chain, length).newSampler(length, 2024, kernels);
    for (int i = 0; i < 12; i++) {
      sampler.acceptPrompt(i * i % Math.min(length, 7));
    }
    long[] mask = new long[(length + 63) / 64];
    Arrays.fill(mask, 0x5555_3333_0f0f_5a5bL);
    boolean masks = chain.steps().contains(Step.allowed());
    try {
      for (int i = 0; i < 3; i++) {
        if (masks) {
          sampler.allow(mask);
        }
        int token = sampler.sample(row);
        add(token);
        addLast(sampler);
        sampler.accept(token);
      }
      float[] floats = new float[length];
      sampler.maskedLogits(floats, 0);
      add(floats, length);
      sampler.probabilities(floats, 0);
      add(floats, length);
      addCandidates(sampler);
      if (masks) {
        sampler.allow(mask);
      }
      int[] tokens = new int[3];
      double[] perturbed = new double[3];
      add(sampler.sampleWithoutReplacement(row, 0, length, 3, tokens, perturbed));
      add(tokens, 3);
      add(perturbed, 3);
    } catch (IllegalStateException allMasked) {
      add(Failures.ALL_MASKED); // whichever step it was
    }
  }

  private void memory() {
    try (Arena arena = Arena.ofConfined()) {
      for (int length : new int[] {1, 33, 1025, 2100}) {
        for (ElementType type : ElementType.values()) {
          for (int kind : new int[] {0, 1, 3}) {
            float[] row = logits(length, kind);
            long size = (long) length * type.bytes();
            segment(arena.allocate(size, 64), 0, row, type);
            segment(arena.allocate(size + 3, 64), 3, row, type);
            segment(MemorySegment.ofArray(new byte[(int) size + 1]), 1, row, type);
          }
        }
        float[] row = logits(length, 1);
        buffer(FloatBuffer.wrap(row));
        buffer(
            ByteBuffer.allocateDirect(Float.BYTES * length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(row)
                .flip());
      }
    }
  }

  private void segment(MemorySegment segment, long at, float[] row, ElementType type) {
    int length = row.length;
    for (int i = 0; i < length; i++) {
      long place = at + (long) i * type.bytes();
      switch (type) {
        case FLOAT32 -> segment.set(FLOAT, place, row[i]);
        case FLOAT16 -> segment.set(SHORT, place, Float.floatToFloat16(row[i]));
        case BFLOAT16 -> segment.set(SHORT, place, (short) (Float.floatToIntBits(row[i]) >> 16));
      }
    }
    Workspace workspace = Workspace.of(length);
    int[] ids = new int[length];
    float[] floats = new float[length];
    float t = 0.9f;
    add(kernels.argMax(segment, at, length, type, workspace));
    add(kernels.logSumExp(segment, at, length, type, t, workspace));
    kernels.softmax(segment, at, length, type, t, workspace, floats, 0);
    add(floats, length);
    kernels.logSoftmax(segment, at, length, type, t, workspace, floats, 0);
    add(floats, length);
    int size = kernels.topK(segment, at, length, type, 40, workspace, ids, floats);
    add(ids, size);
    add(floats, size);
    size = kernels.topP(segment, at, length, type, t, 0.8f, workspace, ids, floats);
    add(ids, size);
    add(floats, size);
    add(kernels.sample(segment, at, length, type, t, 0.4, workspace));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(4L * length + 1, 64);
      kernels.softmax(segment, at, length, type, t, workspace, out, 0);
      add(out, 0, length);
      kernels.logSoftmax(segment, at, length, type, t, workspace, out, 1);
      add(out, 1, length);
    }
    for (SamplerChain chain : READERS) {
      Sampler sampler = chain.newSampler(length, 7, kernels);
      add(sampler.sample(segment, at, length, type));
      addLast(sampler);
      addCandidates(sampler);
    }
  }

  private void buffer(FloatBuffer row) {
    for (SamplerChain chain : READERS) {
      Sampler sampler = chain.newSampler(row.remaining(), 7, kernels);
      add(sampler.sample(row));
      addLast(sampler);
    }
  }

  private void batches() {
    int length = 1500;
    int stride = length + 3;
    List<SamplerChain> chains =
        Stream.of(FILTERS, HISTORY.subList(0, 9), STEERING).flatMap(List::stream).toList();
    int rows = chains.size();
    float[] logits = new float[rows * stride];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(logits(length, i % KINDS), 0, logits, i * stride, length);
    }
    logits[2 * stride + 9] = Float.NaN;
    MemorySegment halves = MemorySegment.ofArray(new short[rows * length]);
    for (int i = 0; i < rows * length; i++) {
      short half = Float.floatToFloat16(logits[i / length * stride + i % length] / 1024);
      halves.set(SHORT, 2L * i, half);
    }
    Sampler[] samplers = new Sampler[rows];
    Arrays.setAll(samplers, i -> chains.get(i).newSampler(length, 100 + i, kernels));
    int[] tokens = new int[rows];
    for (int parallelism : new int[] {1, 3}) {
      BatchSampler batch = BatchSampler.of(samplers).on(ForkJoinPool.commonPool(), parallelism);
      for (int step = 0; step < 2; step++) {
        add(batch.sample(logits, 0, stride, rows, length, tokens));
        add(tokens, rows);
        for (int i = 0; i < rows; i++) {
          if (tokens[i] >= 0) {
            batch.row(i).accept(tokens[i]);
            addLast(batch.row(i));
          } else {
            add(String.valueOf(batch.error(i)));
          }
        }
      }
      for (Sampler sampler : samplers) {
        sampler.position(sampler.position()); // so that steps may draw again from the same history
      }
      add(batch.sample(halves, 0, 2L * length, rows, length, ElementType.FLOAT16, tokens));
      add(tokens, rows);
      for (Sampler sampler : samplers) {
        sampler.position(sampler.position());
      }
    }
  }

  private void beams() {
    int length = 1100;
    int count = 5;
    float[] rows = new float[count * length];
    for (int b = 0; b < count; b++) {
      System.arraycopy(logits(length, b), 0, rows, b * length, length);
    }
    for (int width : new int[] {1, 4, 60}) {
      Beams beams = Beams.of(count, length, width, kernels);
      double[] scores = {0, -0.5, -0.25, Double.NEGATIVE_INFINITY, -8};
      int[] parents = new int[width];
      int[] tokens = new int[width];
      double[] next = new double[width];
      for (float temperature : new float[] {1, 0.6f, 1e30f}) {
        int size = beams.step(rows, 0, length, scores, temperature, parents, tokens, next);
        add(parents, size);
        add(tokens, size);
        add(next, size);
      }
    }
  }

  private void speculative() {
    int length = 300;
    int n = 4;
    float[] drafted = new float[n * length];
    float[] target = new float[(n + 1) * length];
    for (int i = 0; i <= n; i++) {
      kernels.softmax(logits(length, 2 * (i % 2)), 0, length, 1.1f, target, i * length);
      if (i < n) {
        kernels.softmax(logits(length, i % 3), 0, length, 1, drafted, i * length);
      }
    }
    Workspace workspace = Workspace.of(length);
    double[] u = new double[n + 1];
    int[] draft = new int[n];
    int[] out = new int[n + 1];
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j <= n; j++) {
        u[j] = (37 * i + 11 * j) % 64 / 64.0;
      }
      for (int j = 0; j < n; j++) {
        draft[j] = kernels.sample(logits(length, j % 3), 0, length, 1, u[n - j], workspace);
      }
      int size = Speculative.verify(draft, length, drafted, target, u, out);
      add(out, size);
    }
  }

  private void errors() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int length : new int[] {1, 40, 1500}) {
        float[] row = logits(length, 0);
        Arrays.fill(row, bad == Float.NEGATIVE_INFINITY ? 0 : length * 2 / 3, length, bad);
        for (SamplerChain chain : READERS) {
          try {
            add(chain.newSampler(length, 1, kernels).sample(row));
          } catch (IllegalArgumentException | IllegalStateException e) {
            add(String.valueOf(e));
          }
        }
      }
    }
  }

  /** Noise, a peaked row, ties, a masked row, a huge spread: every division is by a power of 2. */
  private static float[] logits(int length, int kind) {
    float[] row = new float[length];
    for (int id = 0; id < length; id++) {
      int noise = (id + 1 + 77 * kind) * 0x9e3779b1;
      noise = (noise ^ noise >>> 15) * 0x85ebca6b;
      noise ^= noise >>> 13;
      row[id] =
          switch (kind) {
            case 0 -> (noise >> 12) / 65536f;
            case 1 -> -Integer.numberOfLeadingZeros(noise | 1) - (noise & 0xffff) / 16384f;
            case 2 -> (noise & 7) / 4f - 1;
            case 3 -> (noise & 3) == 0 ? (noise >> 16) / 4096f : Float.NEGATIVE_INFINITY;
            default -> noise / 1024f;
          };
    }
    row[length / 2] = 0.125f;
    return row;
  }

  private void addLast(Sampler sampler) {
    add(Float.floatToRawIntBits(sampler.probability()));
    add(sampler.logProbability());
  }

  private void addCandidates(Sampler sampler) {
    Candidates candidates = sampler.candidates();
    add(candidates.size());
    for (int i = 0; i < candidates.size(); i++) {
      add(candidates.id(i));
      add(Float.floatToRawIntBits(candidates.probability(i)));
      add(candidates.logProbability(i));
    }
  }

  private void add(MemorySegment values, long at, int size) {
    for (int i = 0; i < size; i++) {
      add(Float.floatToRawIntBits(values.get(FLOAT, at + 4L * i)));
    }
  }

  private void add(float[] values, int size) {
    for (int i = 0; i < size; i++) {
      add(Float.floatToRawIntBits(values[i]));
    }
  }

  private void add(double[] values, int size) {
    for (int i = 0; i < size; i++) {
      add(values[i]);
    }
  }

  private void add(int[] values, int size) {
    for (int i = 0; i < size; i++) {
      add(values[i]);
    }
  }

  private void add(double value) {
    add(Double.doubleToRawLongBits(value));
  }

  private void add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private void add(long value) {
    bytes.putLong(0, value);
    digest.update(bytes.array());
  }
}
