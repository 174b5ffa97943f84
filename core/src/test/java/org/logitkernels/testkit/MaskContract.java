package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import org.logitkernels.BatchSampler;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** A masked row equals the row with -Infinity written into it, in bits, whatever is masked. */
public interface MaskContract {
  /** What is under test. */
  Kernels kernels();

  /** Chains that ask a masked row for each of its kernels; the first two are asked most. */
  List<SamplerChain> CHAINS =
      List.of(
          SamplerChain.of(Step.allowed(), Step.temperature(0)),
          SamplerChain.of(Step.allowed(), Step.temperature(0.8f)),
          SamplerChain.of(Step.allowed(), Step.topK(40), Step.topP(0.95f)),
          SamplerChain.of(Step.allowed(), Step.topP(0.9f)),
          SamplerChain.of(Step.allowed(), Step.minP(0.05f)),
          SamplerChain.of(Step.allowed(), Step.epsilonCutoff(1e-3f)),
          SamplerChain.of(Step.allowed(), Step.etaCutoff(0.01f)),
          SamplerChain.of(Step.allowed(), Step.topNSigma(1.5f)),
          SamplerChain.of(Step.allowed(), Step.typical(0.8f)),
          SamplerChain.of(Step.allowed(), Step.xtc(1, 0.02f)),
          SamplerChain.of(Step.allowed(), Step.xtc(1, 0.02f), Step.allowed()),
          SamplerChain.of(Step.temperature(0.01f), Step.allowed()),
          SamplerChain.of(Step.temperature(1e-35f), Step.allowed()),
          SamplerChain.of(Step.temperature(0.02f), Step.allowed(), Step.epsilonCutoff(1e-3f)),
          SamplerChain.of(Step.allowed(), Step.allowed(), Step.topK(3)),
          SamplerChain.of(Step.logitBias(Map.of(0, 2f)), Step.allowed(), Step.topK(4)),
          SamplerChain.of(Step.logitBias(Map.of(0, 2f)), Step.allowed()),
          SamplerChain.of(Step.allowed(), Step.logitBias(Map.of(0, 2f))),
          SamplerChain.of(Step.allowed(), Step.logitBias(Map.of(0, 2f)), Step.allowed()));

  /** A row and a mask, and the row that the mask leaves. */
  final class Case {
    final float[] row;
    final float[] left;
    final long[] mask;

    /** Allowed is what is among the first of the tokens, which are put in any order. */
    Case(int length, int allowed, SplittableRandom random) {
      row = new float[length];
      left = new float[length];
      mask = new long[(length + 63) / 64];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = random.nextLong(); // bits behind the row's end are of no token
      }
      int still = allowed;
      for (int i = 0; i < length; i++) {
        float logit = (float) (random.nextGaussian() * 3);
        switch (random.nextInt(100)) {
          case 0 -> logit = Float.NEGATIVE_INFINITY;
          case 1 -> logit = -0f;
          case 2 -> logit = 6; // ties
          default -> {}
        }
        boolean allows = random.nextInt(length - i) < still;
        still -= allows ? 1 : 0;
        mask[i >> 6] = allows ? mask[i >> 6] | 1L << i : mask[i >> 6] & ~(1L << i);
        left[i] = allows ? logit : Float.NEGATIVE_INFINITY;
        row[i] = allows ? logit : forbidden(random, logit);
      }
    }

    private static float forbidden(SplittableRandom random, float logit) {
      return switch (random.nextInt(4)) {
        case 0 -> Float.NaN;
        case 1 -> Float.POSITIVE_INFINITY;
        case 2 -> Float.intBitsToFloat(-1); // NaN with the sign set
        default -> logit;
      };
    }
  }

  /** Tokens allowed of a row: none, one, all but one, all, or as many as a density says. */
  static int allowed(int length, SplittableRandom random) {
    int some = (int) (length * Math.scalb(1.0, -random.nextInt(8)));
    return switch (random.nextInt(16)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2 -> length - 1;
      case 3 -> length;
      case 4, 5, 6, 7 -> length - some;
      default -> Math.max(some, 1);
    };
  }

  /** A call on a row, in whatever memory. */
  interface Call {
    /** Returns the token. */
    int sample(Sampler sampler);
  }

  /** Everything that can be read out, or what the error says. */
  private static String outcome(Sampler sampler, int length, long[] mask, Call call) {
    if (sampler.chain().steps().contains(Step.allowed())) {
      sampler.allow(mask);
    }
    try {
      int token = call.sample(sampler);
      Arrays.fill(mask, 0); // the mask is the caller's again
      StringBuilder text = new StringBuilder(token + " " + sampler.probability() + " ");
      text.append(sampler.logProbability()).append(' ');
      if (sampler.candidates().size() <= 64 || length % 32 == 0) { // many are slow
        float[] probabilities = new float[length];
        sampler.probabilities(probabilities, 0);
        text.append(Arrays.hashCode(probabilities));
      }
      return text.append(' ').append(sampler.candidates().size()).toString();
    } catch (IllegalStateException e) {
      return e.getMessage().startsWith("nothing is left to sample: ")
          ? Failures.ALL_MASKED
          : e.getMessage();
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }

  private Sampler sampler(SamplerChain chain, int vocabulary) {
    return chain.newSampler(vocabulary, 1, kernels());
  }

  /** The chain on rows that need no mask. */
  private static SamplerChain plain(SamplerChain chain) {
    return SamplerChain.of(
        chain.steps().stream().filter(step -> !step.equals(Step.allowed())).toArray(Step[]::new));
  }

  private static void check(Case at, Sampler plain, Sampler masked, double u) {
    int n = at.row.length;
    String expected = outcome(plain, n, at.mask.clone(), s -> s.sample(at.left, 0, n, u));
    String actual = outcome(masked, n, at.mask.clone(), s -> s.sample(at.row, 0, n, u));
    assertEquals(expected, actual, () -> masked.chain() + ", length " + n);
  }

  /** Every length, with a mask of another density each. */
  @Example
  default void rowsOfEveryLength() {
    int longest = 4096;
    List<Sampler> plain = new ArrayList<>();
    List<Sampler> masked = new ArrayList<>();
    for (SamplerChain chain : CHAINS) {
      plain.add(sampler(plain(chain), longest));
      masked.add(sampler(chain, longest));
    }
    for (int length = 1; length <= longest; length++) {
      SplittableRandom random = new SplittableRandom(length);
      Case at = new Case(length, allowed(length, random), random);
      check(at, plain.get(1), masked.get(1), random.nextDouble());
      check(at, plain.get(0), masked.get(0), 0);
      int other = 2 + length / 4 % (CHAINS.size() - 2);
      if (length % 4 == 0) { // one length of four is enough for these
        check(at, plain.get(other), masked.get(other), random.nextDouble());
      }
    }
  }

  /** A term below 2^-126 counts in a sum of few tokens, as in that of the row. */
  @Example
  default void termsBelowTheLeastWeightCountInFewTokens() {
    float temperature = 1.0000001f;
    float[] row = new float[2048];
    Arrays.fill(row, Float.NEGATIVE_INFINITY);
    row[0] = -87.47518f;
    row[4] = 0;
    row[8] = -36.736805f;
    row[16] = -73.47361f;
    Sampler plain = SamplerChain.of(Step.temperature(temperature)).newSampler(2048, 1, kernels());
    Sampler masked =
        SamplerChain.of(Step.allowed(), Step.temperature(temperature))
            .newSampler(2048, 1, kernels());
    masked.allow(new long[] {1 | 1 << 4 | 1 << 8 | 1 << 16});
    double u = Math.nextDown(1.0);
    assertEquals(16, plain.sample(row, 0, 2048, u));
    assertEquals(16, masked.sample(row, 0, 2048, u));
    assertEquals(plain.logProbability(), masked.logProbability());
  }

  /** Around the number of allowed tokens at which they are few, every chain. */
  @Example
  default void fewTokensAndOneMore() {
    for (int length : new int[] {63, 64, 129, 1023, 1024, 1025, 2100, 20_500}) {
      for (SamplerChain chain : CHAINS) {
        for (int more = -1; more <= 1; more++) {
          SplittableRandom random = new SplittableRandom(length + more);
          Case at = new Case(length, Math.max(length / 64 + more, 0), random);
          check(at, sampler(plain(chain), length), sampler(chain, length), random.nextDouble());
        }
      }
    }
  }

  /** Rows of all kinds, around the lengths at which they are read in chunks. */
  @Example
  default void rowsOfEveryKind() {
    for (int length : new int[] {31, 700, 16_383, 16_384, 16_385, 33_000}) {
      for (ElementType type : ElementType.values()) {
        for (int allowed : new int[] {length / 100 + 1, length / 2}) {
          SplittableRandom random = new SplittableRandom(length + allowed);
          Case at = new Case(length, allowed, random);
          MemorySegment row = stored(at.row, type);
          float[] left = widened(stored(at.left, type), length, type);
          for (SamplerChain chain : CHAINS.subList(0, 12)) {
            double u = random.nextDouble();
            assertEquals(
                outcome(
                    sampler(plain(chain), length),
                    length,
                    at.mask.clone(),
                    s -> s.sample(left, 0, length, u)),
                outcome(
                    sampler(chain, length),
                    length,
                    at.mask.clone(),
                    s -> s.sample(row, 0, length, type, u)),
                () -> chain + ", length " + length + ", " + type);
          }
        }
      }
    }
  }

  private static MemorySegment stored(float[] row, ElementType type) {
    MemorySegment segment = Arena.ofAuto().allocate((long) row.length * type.bytes(), 8);
    for (int i = 0; i < row.length; i++) {
      switch (type) {
        case FLOAT32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, row[i]);
        case FLOAT16 -> segment.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(row[i]));
        default ->
            segment.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(row[i]) >> 16));
      }
    }
    return segment;
  }

  private static float[] widened(MemorySegment segment, int length, ElementType type) {
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      row[i] =
          switch (type) {
            case FLOAT32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            case FLOAT16 -> Float.float16ToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, i));
            default -> Float.intBitsToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
          };
    }
    return row;
  }

  /** The lowest allowed token that is no logit is named, on rows in arrays and elsewhere. */
  @Example
  default void errorsOfAllowedTokens() {
    for (int length : new int[] {3, 40, 1500, 20_000}) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        for (int step : new int[] {2, 100}) {
          float[] row = new float[length];
          long[] mask = new long[(length + 63) / 64];
          for (int i = 0; i < length; i += step) {
            mask[i >> 6] |= 1L << i;
          }
          int last = (length - 1) / step * step;
          row[length - 1 - (length - 1) / 3] = Float.NaN;
          Stream.of(last, last / 2 / step * step).forEach(i -> row[i] = bad);
          int lowest = 0;
          while ((mask[lowest >> 6] >>> lowest & 1) == 0 || row[lowest] < Float.POSITIVE_INFINITY) {
            lowest++;
          }
          String expected = "logit " + lowest + " is " + row[lowest];
          MemorySegment segment = stored(row, ElementType.FLOAT32);
          for (SamplerChain chain : CHAINS.subList(0, 10)) {
            Sampler sampler = sampler(chain, length);
            sampler.allow(mask);
            Failures.illegalArgument(expected, () -> sampler.sample(row));
            Failures.illegalArgument(
                expected, () -> sampler.sample(segment, 0, length, ElementType.FLOAT32));
          }
        }
      }
    }
  }

  /** Draws without replacement leave the masked tokens masked. */
  @Example
  default void drawsWithoutReplacement() {
    for (int length : new int[] {40, 1500, 5000}) {
      for (int allowed : new int[] {5, length / 2}) {
        SplittableRandom random = new SplittableRandom(length + allowed);
        Case at = new Case(length, allowed, random);
        int[] expected = new int[9];
        int[] tokens = new int[9];
        double[] times = new double[9];
        double[] perturbed = new double[9];
        Sampler masked = sampler(CHAINS.get(1), length);
        masked.allow(at.mask);
        Sampler plain = sampler(plain(CHAINS.get(1)), length);
        assertEquals(
            plain.sampleWithoutReplacement(at.left, 0, length, 0.3, 9, expected, times),
            masked.sampleWithoutReplacement(at.row, 0, length, 0.3, 9, tokens, perturbed));
        assertEquals(Arrays.toString(expected), Arrays.toString(tokens));
        assertEquals(Arrays.toString(times), Arrays.toString(perturbed));
      }
    }
  }

  /** Masks in words of any size and in any memory are the mask in an array of longs. */
  @Example
  default void masksAsEnginesHaveThem() {
    for (int vocabulary : new int[] {1, 8, 9, 31, 32, 33, 64, 65, 100, 128, 1000}) {
      SplittableRandom random = new SplittableRandom(vocabulary);
      Sampler sampler = sampler(SamplerChain.of(Step.allowed()), vocabulary);
      for (int bytes = 0; bytes <= vocabulary / 8 + 24; bytes++) {
        byte[] block = new byte[bytes + 9];
        random.nextBytes(block);
        block[5] |= 1; // of token 0, if the mask is so long
        ByteBuffer words = ByteBuffer.wrap(Arrays.copyOfRange(block, 5, 5 + bytes));
        words.order(ByteOrder.LITTLE_ENDIAN);
        List<Runnable> ways = new ArrayList<>();
        int length = bytes;
        ways.add(() -> sampler.allow(MemorySegment.ofArray(block), 5, length));
        MemorySegment off =
            Arena.ofAuto().allocate(block.length).copyFrom(MemorySegment.ofArray(block));
        ways.add(() -> sampler.allow(off, 5, length));
        if (bytes % 4 == 0) {
          int[] ints = new int[bytes / 4 + 2];
          words.asIntBuffer().get(ints, 1, bytes / 4);
          ints[0] = -1;
          ints[bytes / 4 + 1] = -1;
          ways.add(() -> sampler.allow(ints, 1, length / 4));
          ways.add(() -> sampler.allow(Arrays.copyOfRange(ints, 1, 1 + length / 4)));
          ways.add(() -> sampler.allow(IntBuffer.wrap(ints, 1, length / 4)));
          ways.add(() -> sampler.allow(words.asIntBuffer()));
        }
        if (bytes % 8 == 0) {
          long[] longs = new long[bytes / 8 + 2];
          words.asLongBuffer().get(longs, 1, bytes / 8);
          longs[0] = -1;
          longs[bytes / 8 + 1] = -1;
          ways.add(() -> sampler.allow(longs, 1, length / 8));
          ways.add(() -> sampler.allow(LongBuffer.wrap(longs, 1, length / 8)));
          ways.add(() -> sampler.allow(words.asLongBuffer()));
        }
        String expected = "";
        for (int i = 0; i < vocabulary; i++) {
          boolean allowed = i / 8 < bytes && (block[5 + i / 8] >> i % 8 & 1) != 0;
          expected += allowed ? i + " " : "";
        }
        for (Runnable way : ways) {
          way.run();
          assertEquals(expected, allowedBy(sampler, vocabulary));
        }
      }
      sampler.allow(new int[] {1});
      Sampler fork = sampler.fork();
      sampler.allow(new int[0]);
      assertEquals("0 ", allowedBy(fork, vocabulary)); // which has a copy of its own
    }
  }

  private static String allowedBy(Sampler sampler, int vocabulary) {
    try {
      sampler.apply(new float[vocabulary]);
    } catch (IllegalStateException allMasked) {
      sampler.reset();
      return "";
    }
    int[] ids = Chains.ids(sampler.candidates());
    Arrays.sort(ids);
    return Arrays.stream(ids).mapToObj(id -> id + " ").collect(Collectors.joining());
  }

  /** A block of masks with a stride gives each row of a batch its own. */
  @Example
  default void masksOfABatch() {
    int vocabulary = 70;
    SamplerChain masked = SamplerChain.of(Step.allowed());
    BatchSampler batch =
        BatchSampler.of(
            sampler(masked, vocabulary),
            sampler(SamplerChain.of(), vocabulary),
            sampler(masked, vocabulary));
    float[] rows = new float[3 * vocabulary];
    int[] tokens = new int[3];
    long[] longs = {-1, 1L << 5, 0, -1, -1, -1, -1, 0, 1L << 3};
    int[] ints = {-1, 1 << 7, 0, 0, -1, -1, -1, -1, -1, 0, 0, 1 << 4};
    byte[] bytes = new byte[40];
    bytes[1] = 1;
    bytes[1 + 2 * 15 + 8] = 1 << 2;
    int[][] expected = {{5, 67}, {7, 68}, {0, 66}};
    for (int way = 0; way < 3; way++) {
      switch (way) {
        case 0 -> batch.allow(longs, 1, 3, 3);
        case 1 -> batch.allow(ints, 1, 4, 3);
        default -> batch.allow(MemorySegment.ofArray(bytes), 1, 15, 3);
      }
      assertEquals(0, batch.sample(rows, 0, vocabulary, 3, vocabulary, tokens));
      assertEquals(expected[way][0], tokens[0]);
      assertEquals(expected[way][1], tokens[2]);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> batch.allow(longs, 1, 4, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> batch.allow(ints, -1, 4, 3));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> batch.allow(MemorySegment.ofArray(bytes), 1, Long.MAX_VALUE, 3));
    Failures.illegalArgument("stride must be >= 0, but was -1", () -> batch.allow(longs, 1, -1, 3));
    Failures.illegalArgument(
        "rows must be in [0, 3], but was 4", () -> batch.allow(longs, 1, 1, 4));
  }
}
