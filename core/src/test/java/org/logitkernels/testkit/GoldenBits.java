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
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.BatchSampler;
import org.logitkernels.Beams;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.ModelComparison;
import org.logitkernels.Perplexity;
import org.logitkernels.Router;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * Hashes of everything that the library returns on fixed rows, a section for each family of kernels
 * and each way to call them, so that what is added to one leaves the others as they are.
 *
 * <p>Results are hashed by value, whatever the byte order.
 */
public final class GoldenBits {
  /**
   * SHA-256, its first half, of each section. One changes only when docs/numerics.md does, and
   * docs/portability.md has the same lines.
   */
  private static final String FROZEN =
      """
      ORDER       69a109c5e179f9d83e3f4bf3dcf180ab
      SOFTMAX     44b095a8ea1c945fe188e017343420a7
      SUMS        28ed2ea5902ea0f3d8e08540415859e7
      DRAWS       e1ba24f7fb258bba415e06949b9835d3
      TOP_K       e3d23af0ab1f144c6fefce4f6537c817
      TOP_P       2af0b8a196e02c159350dd4012186690
      MIN_P       7082aa68b9787007a0ce366afbdfea4b
      FILTERS     76c73ec5448f87487cff5712d7a7981e
      ENTROPIES   0fc4dbfa427af09189cdd362a091eea8
      CHAINS      b7c24f307f5f0ea315f81c51c544f6d8
      HISTORY     009f536949cce420f6cc5428ded85be7
      STEERING    12f3a60987d4d7348d75ae2740c2c287
      NATIVE      3ae27cc1a406b36a2399e0d090002619
      HALVES      0ef284f1b36ca5ad4f2bfa1eb4faa6a3
      BATCHES     ac6879aedbe4f19132971f14b6a5d62c
      BEAMS       257cd76489b4f89741fff20c24f3f20c
      SPECULATIVE e3047c5885121c001933d1f640667bd1
      ERRORS      ec3da6f80bd4c226fae39278f608c2a3
      P_LESS      b4d3d9ed4f6444c010233c3275bbb833
      MASKS       230ed6f4eebcc3d7e1ab95e47a819fb4
      SOFT_CAP    9b874ac9ebbe2fd8d907f947dbb26d48
      EVALUATION  43bed8a7ccc7bf200b3838df9e37d213
      ATTENTION   1cc0c42746465c46f63d6e3546572c09
      ROUTING     f52c125958c58eda5eaa5faebfd7e6d4
      """;

  /** What is hashed together. */
  public enum Section {
    /** Arg-max and top-k, where no weight plays a part. */
    ORDER(GoldenBits::order),
    /** Softmax and log-softmax. */
    SOFTMAX(GoldenBits::softmax),
    /** Totals and log-probabilities. */
    SUMS(GoldenBits::sums),
    /** Draws from whole rows. */
    DRAWS(GoldenBits::draws),
    /** Top-k with probabilities. */
    TOP_K(GoldenBits::topK),
    /** The nucleus. */
    TOP_P(GoldenBits::topP),
    /** What is not far below the best. */
    MIN_P(GoldenBits::minP),
    /** The other filters. */
    FILTERS(GoldenBits::filters),
    /** Steps that ask for the entropy. */
    ENTROPIES(GoldenBits::entropies),
    /** Several filters in a row. */
    CHAINS(bits -> bits.chains(GoldenChains.CHAINS)),
    /** Chains that look at what was said before. */
    HISTORY(bits -> bits.chains(GoldenChains.HISTORY)),
    /** Chains that steer. */
    STEERING(bits -> bits.chains(GoldenChains.STEERING)),
    /** Rows of floats in memory segments and buffers. */
    NATIVE(GoldenBits::natives),
    /** Rows of halves. */
    HALVES(GoldenBits::halves),
    /** Rows a step at a time. */
    BATCHES(GoldenBits::batches),
    /** Beam search. */
    BEAMS(GoldenBits::beams),
    /** Drafts verified. */
    SPECULATIVE(GoldenBits::speculative),
    /** What is said of rows that cannot be sampled. */
    ERRORS(GoldenBits::errors),
    /** P-less. */
    P_LESS(GoldenBits::pLess),
    /** Rows of which a mask allows some tokens. */
    MASKS(bits -> bits.chains(GoldenChains.MASKS)),
    /** The soft cap, as a kernel and as a step. */
    SOFT_CAP(GoldenBits::softCap),
    /** Divergences, perplexities and comparisons of models. */
    EVALUATION(GoldenBits::evaluation),
    /** Softmax of attention rows. */
    ATTENTION(GoldenBits::attention),
    /** Routing of a mixture's experts. */
    ROUTING(GoldenBits::routing);

    /** The frozen hash, in hexadecimal. */
    public final String frozen;

    private final Consumer<GoldenBits> part;

    Section(Consumer<GoldenBits> part) {
      this.frozen =
          FROZEN
              .lines()
              .filter(line -> line.startsWith(name() + " "))
              .map(line -> line.substring(line.lastIndexOf(' ') + 1))
              .collect(Collectors.joining());
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
  private static final int[] SPECIAL_LENGTHS = {1, 33, 3500};
  private static final float[] TEMPERATURES = {0.7f, 1.9f};

  /** Log2(e) over these is on either side of where it needs another range, or rounds badly. */
  private static final float[] EXTREMES = {
    Float.MIN_VALUE, 1e-39f, 7e-31f, 9e-31f, 0.013f, 1.442695f, 1e4f, 1e30f, 2e30f, 1e38f
  };

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private final MessageDigest digest = newDigest();
  private final ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
  private final Kernels kernels;

  private GoldenBits(Kernels kernels) {
    this.kernels = kernels;
  }

  /** The hashes of a backend. */
  public static Map<Section, String> of(Kernels kernels) {
    Map<Section, String> hashes = new EnumMap<>(Section.class);
    for (Section section : Section.values()) {
      hashes.put(section, section.hash(kernels));
    }
    return hashes;
  }

  /** The frozen ones. */
  public static Map<Section, String> frozen() {
    return Stream.of(Section.values())
        .collect(
            Collectors.toMap(
                section -> section,
                section -> section.frozen,
                (one, other) -> one,
                () -> new EnumMap<>(Section.class)));
  }

  /**
   * Names the sections whose hash is not the frozen one, and has all hashes as lines that may stand
   * in place of those; empty if every hash is right.
   */
  public static String differences(Map<Section, String> hashes) {
    String differing =
        hashes.keySet().stream()
            .filter(section -> !hashes.get(section).equals(section.frozen))
            .map(Section::name)
            .collect(Collectors.joining(", "));
    return differing.isEmpty() ? "" : "not the frozen bits: " + differing + "\n" + lines(hashes);
  }

  /** One word for all of them, to compare by eye. */
  public static String word(Map<Section, String> hashes) {
    byte[] ascii = lines(hashes).getBytes(StandardCharsets.US_ASCII);
    return HexFormat.of().formatHex(newDigest().digest(ascii), 0, 8);
  }

  private static String lines(Map<Section, String> hashes) {
    return hashes.entrySet().stream()
        .map(entry -> String.format(Locale.ROOT, "%-11s %s\n", entry.getKey(), entry.getValue()))
        .collect(Collectors.joining());
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has SHA-256
    }
  }

  /** The logits {@code [from, to)} of an array, and what results may be written into. */
  private static final class Row {
    final float[] row;
    final int from;
    final int to;
    final float temperature;
    final Workspace workspace;
    final int[] ids;
    final float[] floats;

    Row(float[] logits, int from, float temperature) {
      int length = logits.length;
      this.from = from;
      this.to = from + length;
      this.row = new float[to + 1];
      System.arraycopy(logits, 0, row, from, length);
      this.temperature = temperature;
      this.workspace = Workspace.of(length);
      this.ids = new int[length];
      this.floats = new float[length];
    }

    int length() {
      return to - from;
    }
  }

  /** Rows of every kind, at their own temperatures, at ordinary ones and at the extremes. */
  private static void everyRow(Consumer<Row> user) {
    for (GoldenRow kind : GoldenRow.ORDINARY) {
      for (int length : LENGTHS) {
        for (float temperature : TEMPERATURES) {
          user.accept(new Row(kind.logits(length), length % 4, temperature));
        }
      }
    }
    for (GoldenRow kind : GoldenRow.SPECIAL) {
      for (int length : SPECIAL_LENGTHS) {
        user.accept(new Row(kind.logits(length), length % 4, kind.temperature));
      }
    }
    for (float temperature : EXTREMES) {
      for (GoldenRow kind : GoldenRow.values()) {
        user.accept(new Row(kind.logits(33), 1, temperature));
      }
      user.accept(new Row(GoldenRow.NOISE.logits(1025), 1, temperature));
      user.accept(new Row(GoldenRow.SPREAD.logits(1025), 1, temperature));
    }
  }

  /** Rows so long that other paths are taken; at 2^18, masses are in units twice as large. */
  private static void longRows(Consumer<Row> user) {
    user.accept(new Row(GoldenRow.NOISE.logits(40_003), 0, 0.9f));
    user.accept(new Row(GoldenRow.PEAKED.logits(40_003), 0, 1));
    user.accept(new Row(GoldenRow.NOISE.logits((1 << 18) + 1_025), 0, 1));
  }

  private void order() {
    for (GoldenRow kind : GoldenRow.values()) {
      for (int length : GoldenRow.ORDINARY.contains(kind) ? LENGTHS : SPECIAL_LENGTHS) {
        order(new Row(kind.logits(length), length % 4, kind.temperature), 1, 40, 3000);
      }
    }
    longRows(at -> order(at, 1000, 5000));
  }

  private void order(Row at, int... counts) {
    add(kernels.argMax(at.row, at.from, at.to));
    for (int k : counts) {
      int size = kernels.topK(at.row, at.from, at.to, k, at.workspace, at.ids, at.floats);
      add(at.ids, size);
      add(at.floats, size);
    }
    kernels.topKMaskLogits(at.row, at.from, at.to, 9, at.workspace, at.floats, 0);
    add(at.floats, at.length());
  }

  private void softmax() {
    everyRow(
        at -> {
          softmax(at);
          logSoftmax(at);
          softmaxInPlace(at);
        });
    longRows(this::softmax);
  }

  private void softmax(Row at) {
    kernels.softmax(at.row, at.from, at.to, at.temperature, at.floats, 0);
    add(at.floats, at.length());
  }

  private void logSoftmax(Row at) {
    kernels.logSoftmax(at.row, at.from, at.to, at.temperature, at.floats, 0);
    add(at.floats, at.length());
  }

  private void softmaxInPlace(Row at) {
    kernels.softmax(at.row, at.from, at.to, at.temperature, at.row, at.from);
    add(at.row, at.to);
  }

  private void attention() {
    for (GoldenRow kind : GoldenRow.values()) {
      for (int stride : new int[] {5, 40, 133, 1025, 2100}) {
        attention(kind.logits(stride * 7), stride, 1, false);
        attention(kind.logits(stride * 7), stride, 0.0883883f, true);
      }
    }
    attention(GoldenRow.NOISE.logits(40 * 64), 64, 0.125f, true);
    for (float scale : EXTREMES) {
      attention(GoldenRow.SPREAD.logits(99), 33, scale, true);
    }
    halvesOfAttention();
  }

  /** Rows of falling length, in place. */
  private void attention(float[] scores, int stride, float scale, boolean sinks) {
    int count = scores.length / stride;
    int[] lengths = new int[count];
    Arrays.setAll(lengths, row -> Math.max(0, stride - row * stride / 5));
    float[] logSumExps = new float[count];
    AttentionSoftmax attention =
        AttentionSoftmax.of(kernels, scale).lengths(lengths, 0).logSumExps(logSumExps, 0);
    if (sinks) {
      attention.sinks(new float[] {0.5f, Float.NEGATIVE_INFINITY, -3, 1e30f}, 0, (count + 3) / 4);
    }
    attention.softmax(scores, 0, count, stride);
    add(scores, scores.length);
    add(logSumExps, count);
    if (stride == 40) {
      float[] merged = new float[2 * stride];
      float[] logSumExp = new float[2];
      float[] one = Arrays.copyOf(scores, 2 * stride);
      float[] other = Arrays.copyOfRange(scores, 2 * stride, 4 * stride);
      float[] others = Arrays.copyOfRange(logSumExps, 2, 4);
      AttentionSoftmax.merge(one, logSumExps, other, others, 2, stride, merged, logSumExp);
      add(merged, merged.length);
      add(logSumExp, 2);
    }
  }

  /** Rows of halves into halves, more than are worked on together. */
  private void halvesOfAttention() {
    try (Arena arena = Arena.ofConfined()) {
      for (ElementType type : new ElementType[] {ElementType.FLOAT16, ElementType.BFLOAT16}) {
        float[] row = GoldenRow.NOISE.logits(20 * 900);
        MemorySegment scores = arena.allocate(2L * row.length);
        for (int i = 0; i < row.length; i++) {
          scores.set(
              SHORT,
              2L * i,
              (short)
                  (type == ElementType.FLOAT16
                      ? Float.floatToFloat16(row[i])
                      : Float.floatToRawIntBits(row[i]) >> 16));
        }
        AttentionSoftmax attention = AttentionSoftmax.of(kernels, 0.25f).lengths(897);
        attention.softmax(scores, 0, type, 20, 900, scores, 0, type, 900);
        for (int i = 0; i < row.length; i++) {
          add(scores.get(SHORT, 2L * i));
        }
      }
    }
  }

  private void sums() {
    everyRow(this::sums);
    longRows(at -> add(kernels.logSumExp(at.row, at.from, at.to, at.temperature)));
  }

  private void sums(Row at) {
    int length = at.length();
    double[] doubles = new double[5];
    add(kernels.logSumExp(at.row, at.from, at.to, at.temperature));
    for (int token : new int[] {0, length / 2, length - 1}) {
      add(kernels.logProbability(at.row, at.from, at.to, at.temperature, token));
    }
    int size =
        kernels.topLogProbabilities(
            at.row, at.from, at.to, at.temperature, 5, at.workspace, at.ids, doubles);
    add(at.ids, size);
    add(doubles, size);
  }

  private void draws() {
    everyRow(
        at -> {
          for (double u : new double[] {0, 0.25, 0.5, 0.75, Math.nextDown(1.0)}) {
            add(kernels.sample(at.row, at.from, at.to, at.temperature, u, at.workspace));
          }
        });
    longRows(at -> add(kernels.sample(at.row, at.from, at.to, at.temperature, 0.7, at.workspace)));
    chains(GoldenChains.DRAWS);
    longSamples(SamplerChain.greedy(), SamplerChain.of(Step.temperature(0.8f)));
  }

  private void topK() {
    everyRow(
        at -> {
          kernels.topKRenormalize(
              at.row, at.from, at.to, at.temperature, 20, at.workspace, at.floats, 0);
          add(at.floats, at.length());
        });
    chains(GoldenChains.TOP_K);
    longSamples(SamplerChain.of(Step.topK(50)));
  }

  private void topP() {
    everyRow(
        at -> {
          nucleus(at, 0);
          nucleus(at, 0.5f);
          nucleus(at, 0.95f);
          kernels.topPRenormalize(
              at.row, at.from, at.to, at.temperature, 0.8f, at.workspace, at.floats, 0);
          add(at.floats, at.length());
        });
    longRows(at -> nucleus(at, 0.7f));
    chains(GoldenChains.TOP_P);
    longSamples(SamplerChain.of(Step.topP(0.8f)));
  }

  private void nucleus(Row at, float p) {
    int size =
        kernels.topP(at.row, at.from, at.to, at.temperature, p, at.workspace, at.ids, at.floats);
    add(at.ids, size);
    add(at.floats, size);
  }

  private void minP() {
    everyRow(
        at -> {
          kernels.minPRenormalize(
              at.row, at.from, at.to, at.temperature, 0.1f, at.workspace, at.floats, 0);
          add(at.floats, at.length());
        });
    chains(GoldenChains.MIN_P);
    longSamples(SamplerChain.of(Step.minP(0.05f)));
  }

  private void filters() {
    chains(GoldenChains.FILTERS);
    longSamples(SamplerChain.of(Step.epsilonCutoff(1e-3f)), SamplerChain.of(Step.topNSigma(1.5f)));
  }

  private void entropies() {
    chains(GoldenChains.ENTROPIES);
    longSamples(SamplerChain.of(Step.etaCutoff(0.01f)), SamplerChain.of(Step.typical(0.8f)));
  }

  private void pLess() {
    chains(GoldenChains.P_LESS);
    longSamples(SamplerChain.of(Step.pLess()), SamplerChain.of(Step.temperature(2), Step.pLess()));
  }

  private void softCap() {
    everyRow(
        at -> {
          softCap(at, 30);
          softCap(at, 3);
        });
    longRows(at -> softCap(at, 7.7f));
    try (Arena arena = Arena.ofConfined()) {
      float[] row = GoldenRow.PEAKED.logits(2100);
      Logits logits = Logits.of(arena.allocateFrom(FLOAT, row), 0, row.length, ElementType.FLOAT32);
      kernels.softCap(logits, 15, Workspace.of(row.length), row, 0);
      add(row, row.length);
    }
    chains(GoldenChains.SOFT_CAPS);
    longSamples(SamplerChain.of(Step.softCap(15)), SamplerChain.of(Step.softCap(3), Step.topK(40)));
  }

  private void softCap(Row at, float cap) {
    kernels.softCap(at.row, at.from, at.to, cap, at.floats, 0);
    add(at.floats, at.length());
  }

  private void longSamples(SamplerChain... chains) {
    longRows(
        at -> {
          for (SamplerChain chain : chains) {
            Sampler sampler = chain.newSampler(at.length(), 3, kernels);
            add(sampler.sample(at.row, at.from, at.to));
            addLast(sampler);
          }
        });
  }

  /** Each chain on ordinary rows, and on those special ones that fall to its place. */
  private void chains(List<SamplerChain> chains) {
    for (int i = 0; i < chains.size(); i++) {
      SamplerChain chain = chains.get(i);
      for (GoldenRow kind : GoldenRow.ORDINARY) {
        for (int length : new int[] {1, 5, 33, 1025}) {
          chain(chain, kind.logits(length));
        }
      }
      chain(chain, GoldenRow.NOISE.logits(6001));
      for (int k = i % 3; k < GoldenRow.SPECIAL.size(); k += 3) {
        GoldenRow kind = GoldenRow.SPECIAL.get(k);
        Step[] steps =
            Stream.concat(Stream.of(Step.temperature(kind.temperature)), chain.steps().stream())
                .toArray(Step[]::new);
        chain(SamplerChain.of(steps), kind.logits(2100));
      }
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

  private void natives() {
    memory(ElementType.FLOAT32);
    for (int length : new int[] {1, 33, 1025, 2100}) {
      float[] row = GoldenRow.PEAKED.logits(length);
      buffer(FloatBuffer.wrap(row));
      buffer(
          ByteBuffer.allocateDirect(Float.BYTES * length)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer()
              .put(row)
              .flip());
    }
  }

  private void halves() {
    memory(ElementType.FLOAT16);
    memory(ElementType.BFLOAT16);
  }

  /** Ordinary rows in native memory, there at an odd address, and in an array of bytes. */
  private void memory(ElementType type) {
    try (Arena arena = Arena.ofConfined()) {
      for (int length : new int[] {1, 33, 1025, 2100}) {
        for (GoldenRow kind : List.of(GoldenRow.NOISE, GoldenRow.MASKED)) {
          long size = (long) length * type.bytes();
          segment(arena.allocate(size, 64), 0, kind, length, type);
          segment(arena.allocate(size + 3, 64), 3, kind, length, type);
          segment(MemorySegment.ofArray(new byte[(int) size + 1]), 1, kind, length, type);
        }
      }
      for (GoldenRow kind :
          List.of(
              GoldenRow.PEAKED,
              GoldenRow.EDGE_DOWN,
              GoldenRow.HALF_STEPS,
              GoldenRow.SOFT_MASKS,
              GoldenRow.MASKED_BLOCKS)) {
        segment(arena.allocate(2100L * type.bytes(), 64), 0, kind, 2100, type);
      }
    }
  }

  private void segment(
      MemorySegment segment, long at, GoldenRow kind, int length, ElementType type) {
    float[] row = kind.logits(length);
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
    float t = kind.temperature;
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
    for (SamplerChain chain : GoldenChains.READERS) {
      Sampler sampler = chain.newSampler(length, 7, kernels);
      add(sampler.sample(segment, at, length, type));
      addLast(sampler);
      addCandidates(sampler);
    }
    if (type == ElementType.FLOAT32) {
      kernels.softmax(segment, at, length, type, t, workspace, segment, at);
      add(segment, at, length);
    }
  }

  private void buffer(FloatBuffer row) {
    for (SamplerChain chain : GoldenChains.READERS) {
      Sampler sampler = chain.newSampler(row.remaining(), 7, kernels);
      add(sampler.sample(row));
      addLast(sampler);
    }
  }

  private void batches() {
    int length = 1500;
    int stride = length + 3;
    List<SamplerChain> chains = GoldenChains.BATCHED;
    List<GoldenRow> kinds =
        List.of(
            GoldenRow.NOISE,
            GoldenRow.PEAKED,
            GoldenRow.TIES,
            GoldenRow.MASKED,
            GoldenRow.SPREAD,
            GoldenRow.EDGE_DOWN,
            GoldenRow.SOFT_MASKS);
    int rows = chains.size();
    float[] logits = new float[rows * stride];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(kinds.get(i % kinds.size()).logits(length), 0, logits, i * stride, length);
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
    beams(GoldenRow.ORDINARY, 1, 0.6f, 1e30f);
    beams(
        List.of(
            GoldenRow.EDGE_UP,
            GoldenRow.EDGE_DOWN,
            GoldenRow.HALF_STEPS,
            GoldenRow.SOFT_MASKS,
            GoldenRow.MASKED_BLOCKS),
        1,
        1.442695f);
  }

  private void beams(List<GoldenRow> kinds, float... temperatures) {
    int length = 1100;
    int count = kinds.size();
    float[] rows = new float[count * length];
    for (int b = 0; b < count; b++) {
      System.arraycopy(kinds.get(b).logits(length), 0, rows, b * length, length);
    }
    for (int width : new int[] {1, 4, 60}) {
      Beams beams = Beams.of(count, length, width, kernels);
      double[] scores = {0, -0.5, -0.25, Double.NEGATIVE_INFINITY, -8};
      int[] parents = new int[width];
      int[] tokens = new int[width];
      double[] next = new double[width];
      for (float temperature : temperatures) {
        int size = beams.step(rows, 0, length, scores, temperature, parents, tokens, next);
        add(parents, size);
        add(tokens, size);
        add(next, size);
      }
    }
  }

  private void speculative() {
    speculative(GoldenRow.NOISE, GoldenRow.PEAKED, GoldenRow.TIES, 1);
    speculative(GoldenRow.HALF_STEPS, GoldenRow.RAMP, GoldenRow.FLAT, 1.442695f);
  }

  private void speculative(GoldenRow a, GoldenRow b, GoldenRow c, float temperature) {
    List<GoldenRow> kinds = List.of(a, b, c);
    int length = 300;
    int n = 4;
    float[] drafted = new float[n * length];
    float[] target = new float[(n + 1) * length];
    for (int i = 0; i <= n; i++) {
      float[] row = kinds.get(2 * (i % 2)).logits(length);
      kernels.softmax(row, 0, length, 1.1f * temperature, target, i * length);
      if (i < n) {
        row = kinds.get(i % 3).logits(length);
        kernels.softmax(row, 0, length, temperature, drafted, i * length);
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
        float[] row = kinds.get(j % 3).logits(length);
        draft[j] = kernels.sample(row, 0, length, temperature, u[n - j], workspace);
      }
      int size = Speculative.verify(draft, length, drafted, target, u, out);
      add(out, size);
    }
  }

  /** Each kind of row beside the next, at one length. */
  private void evaluation() {
    List<GoldenRow> kinds = List.of(GoldenRow.values());
    int longest = 2100;
    Workspace workspace = Workspace.of(longest);
    Perplexity perplexity = Perplexity.of(longest, kernels);
    ModelComparison comparison = ModelComparison.of(longest, 10, kernels);
    for (int length : new int[] {1, 5, 33, 1024, longest}) {
      for (int i = 0; i < kinds.size(); i++) {
        float[] p = kinds.get(i).logits(length);
        float[] q = kinds.get((i + 1) % kinds.size()).logits(length);
        float[] near = p.clone();
        for (int token = 0; token < length; token++) {
          near[token] += 0.03125f * (token % 7 - 3);
        }
        int[] tokens = {length / 3, length - 1, 0, length - 1};
        double[] logs = new double[tokens.length];
        kernels.logProbabilities(Logits.of(p), 0.7f, tokens, workspace, logs);
        add(logs, logs.length);
        add(kernels.klDivergence(Logits.of(p), Logits.of(q), workspace));
        add(kernels.klDivergence(Logits.of(p), Logits.of(near), workspace));
        add(perplexity.add(Logits.of(p), i % length));
        add(comparison.add(Logits.of(p), Logits.of(i % 2 == 0 ? q : near), length / 2));
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment floats = arena.allocate(4L * length);
          MemorySegment.copy(q, 0, floats, FLOAT, 0, length);
          Logits ofQ = Logits.of(floats, 0, length, ElementType.FLOAT32);
          add(kernels.klDivergence(ofQ, Logits.of(p), workspace));
        }
      }
    }
    add(perplexity.toString());
    add(perplexity.mean());
    add(perplexity.standardError());
    digest.update(comparison.toBytes());
    add(comparison.divergenceQuantile(0.9));
    add(comparison.changeQuantile(0.1));
    add(comparison.sameBestError());
  }

  private void errors() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int length : new int[] {1, 40, 1500}) {
        float[] row = GoldenRow.NOISE.logits(length);
        Arrays.fill(row, bad == Float.NEGATIVE_INFINITY ? 0 : length * 2 / 3, length, bad);
        for (SamplerChain chain : GoldenChains.READERS) {
          try {
            add(chain.newSampler(length, 1, kernels).sample(row));
          } catch (IllegalArgumentException | IllegalStateException e) {
            add(String.valueOf(e));
          }
        }
      }
    }
  }

  private void routing() {
    for (int seed = 0; seed < 120; seed++) {
      Random random = new Random(seed);
      Routings rule = new Routings(random);
      int rows = 1 + random.nextInt(20);
      float[] x = Routings.logits(random, rows * rule.experts);
      int[] experts = new int[rows * rule.k];
      float[] weights = new float[rows * rule.k];
      try {
        Router router = rule.routing().newRouter(kernels);
        router.route(x, 0, rule.experts, rows, experts, 0, weights, 0);
        add(experts, experts.length);
        add(weights, weights.length);
      } catch (IllegalStateException e) {
        add(String.valueOf(e));
      }
    }
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
