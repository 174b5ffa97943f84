package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;
import org.logitkernels.numerics.Penalty;

/**
 * A row of any length has the bits of the scalar kernels, whichever loop its length sends it to,
 * from an array and from native memory; and a row with penalties has those of the row that was
 * changed beforehand. {@link MaskContract} has the same for masks.
 *
 * <p>Every length up to a block and a little more, and those around the ends of runs and blocks.
 */
public interface LengthsContract extends KernelsUnderTest {
  /** The longest row, which is the vocabulary of the samplers. */
  int LONGEST = 4097;

  /** Every length is tried up to this one. */
  int EVERY = 1100;

  private static IntStream lengths() {
    IntStream edges =
        IntStream.iterate(1280, edge -> edge < LONGEST, edge -> edge + 256)
            .flatMap(edge -> IntStream.of(edge - 1, edge, edge + 1));
    return IntStream.concat(IntStream.rangeClosed(1, EVERY), edges);
  }

  /** A row, of which one token at least is not masked. */
  private static float[] row(int length, SplittableRandom random) {
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      double normal = random.nextGaussian();
      row[i] =
          (float)
              switch (length % 5) {
                case 0 -> 20 * normal - (random.nextInt(4) == 0 ? 80 : 0); // some have no weight
                case 1 -> Math.round(4 * normal) / 2.0; // ties, and -0
                case 2 -> random.nextInt(5) == 0 ? Double.NEGATIVE_INFINITY : 3 * normal;
                case 3 -> 3 * normal - 100;
                default -> 3 * normal;
              };
    }
    row[random.nextInt(length)] = 2;
    return row;
  }

  private static float temperature(int length) {
    return switch (length % 7) {
      case 0 -> 0.8f;
      case 1 -> 1e-3f;
      case 2 -> 30;
      default -> 1;
    };
  }

  /** Bits of what was returned and of what was written. */
  private static int[] bits(double returned, int[] ids, float[] written) {
    long bits = Double.doubleToRawLongBits(returned);
    return IntStream.concat(
            IntStream.of((int) (bits >> 32), (int) bits),
            IntStream.concat(Arrays.stream(ids), Arrays.stream(EntryPoint.bits(written))))
        .toArray();
  }

  /** What a kernel makes of a row: it returns bits. */
  interface Call {
    /** Calls it. */
    int[] of(Kernels kernels, Logits row, Workspace workspace);
  }

  private static List<Call> calls(int length, double u) {
    float t = temperature(length);
    int k = Math.min(8, length);
    int[] none = {};
    List<Call> calls = new ArrayList<>();
    calls.add((kernels, x, w) -> new int[] {kernels.argMax(x, w)});
    calls.add((kernels, x, w) -> bits(kernels.logSumExp(x, t, w), none, new float[0]));
    calls.add(
        (kernels, x, w) -> {
          float[] out = new float[length + 3];
          kernels.softmax(x, t, w, out, 2);
          return bits(0, none, out);
        });
    calls.add(
        (kernels, x, w) -> {
          float[] out = new float[length + 3];
          kernels.logSoftmax(x, t, w, out, 2);
          return bits(0, none, out);
        });
    calls.add((kernels, x, w) -> new int[] {kernels.sample(x, t, u, w)});
    calls.add(
        (kernels, x, w) -> {
          int[] ids = new int[k];
          float[] values = new float[k];
          return bits(kernels.topK(x, k, w, ids, values), ids, values);
        });
    calls.add(
        (kernels, x, w) -> {
          int[] ids = new int[length];
          float[] probabilities = new float[length];
          return bits(kernels.topP(x, t, 0.9f, w, ids, probabilities), ids, probabilities);
        });
    return calls;
  }

  /** Kernels of rows. */
  @Example
  default void kernelsOfRowsOfEveryLength() {
    Kernels scalar = Kernels.scalar();
    Workspace workspace = Workspace.of(LONGEST);
    Workspace ofScalar = Workspace.of(LONGEST);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(4L * LONGEST, 64);
      lengths()
          .forEach(
              length -> {
                SplittableRandom random = new SplittableRandom(length);
                float[] row = row(length, random);
                MemorySegment.copy(row, 0, segment, ValueLayout.JAVA_FLOAT, 0, length);
                Logits inArray = Logits.of(row);
                Logits inMemory = Logits.of(segment, 0, length, ElementType.FLOAT32);
                List<Call> calls = calls(length, random.nextDouble());
                for (int i = 0; i < calls.size(); i++) {
                  Call call = calls.get(i);
                  String what = "call " + i + " of " + length;
                  int[] expected = call.of(scalar, inArray, ofScalar);
                  assertArrayEquals(expected, call.of(kernels(), inArray, workspace), what);
                  assertArrayEquals(expected, call.of(kernels(), inMemory, workspace), what);
                }
              });
    }
  }

  /** Few tokens occurred, and many: more than one in 64. */
  @Example
  default void penalisedRowsOfEveryLength() {
    SplittableRandom random = new SplittableRandom(3);
    SamplerChain[] behind = {
      SamplerChain.of(Step.temperature(0.8f)), SamplerChain.of(Step.topK(8))
    };
    for (int occurrences : new int[] {30, 300}) {
      int[] history = new int[occurrences];
      int[] counts = new int[LONGEST];
      for (int i = 0; i < occurrences; i++) { // short rows have some of them too
        history[i] = (int) (LONGEST * Math.pow(random.nextDouble(), 4));
        counts[history[i]]++;
      }
      Step factor = Step.repetitionPenalty(1.3f, occurrences, true);
      checkPenalty(history, counts, factor, Penalty.factor(1.3f), behind);
      Step each = Step.frequencyPenalty(0.75f, occurrences, true);
      checkPenalty(history, counts, each, Penalty.subtrahend(0.75, 0), behind);
    }
  }

  private void checkPenalty(
      int[] history, int[] counts, Step step, Penalty penalty, SamplerChain[] behind) {
    for (int c = 0; c < behind.length; c++) {
      int parity = c;
      Step last = behind[c].steps().getFirst();
      Sampler penalising = SamplerChain.of(step, last).newSampler(LONGEST, 1, kernels());
      penalising.acceptPrompt(history);
      Sampler plain = behind[c].newSampler(LONGEST, 1, Kernels.scalar());
      lengths()
          .filter(length -> length % 2 == parity)
          .forEach(
              length -> {
                SplittableRandom random = new SplittableRandom(length);
                float[] row = row(length, random);
                float[] changed = row.clone();
                for (int i = 0; i < length; i++) {
                  changed[i] = counts[i] == 0 ? row[i] : penalty.of(row[i], counts[i], 1);
                }
                double u = random.nextDouble();
                String what = penalising.chain() + " of " + length;
                int token = plain.sample(changed, 0, length, u);
                assertEquals(token, penalising.sample(row, 0, length, u), what);
                float[] expected = new float[length];
                float[] actual = new float[length];
                plain.probabilities(expected, 0);
                penalising.probabilities(actual, 0);
                assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual), what);
              });
    }
  }
}
