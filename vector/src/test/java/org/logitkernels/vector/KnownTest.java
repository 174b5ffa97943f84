package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Known;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NarrowFormat;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * The table of {@link Known}, for every kernel of both backends; and what is known is true. A
 * sampler may be answered by both in one row, while kernels are exchanged.
 */
class KnownTest {
  private static final Backend SCALAR = new ScalarKernels();
  private static final Backend VECTOR = new VectorKernels(SCALAR);

  /** Less than the virtual lanes, less than a block, blocks alone, blocks and a rest. */
  private static final int[] LENGTHS = {20, 700, 2048, 2600};

  /** Logits are stretched. */
  private static final double COLD = 1e-40;

  /** What a kernel makes of what is known before. */
  private enum Makes {
    NOTHING,
    STRIPS,
    LOOKED,
    THE_SAME;

    Known of(Known before) {
      return switch (this) {
        case NOTHING -> Known.NOTHING;
        case STRIPS -> before == Known.NOTHING ? Known.STRIPS : before;
        case LOOKED -> Known.LOOKED;
        case THE_SAME -> before;
      };
    }
  }

  /** A row, and what kernels leave of it. */
  private static final class Case {
    final float[] row;
    final float[] other;
    final float[] out;
    final Survivors survivors;

    Case(int length) {
      SplittableRandom random = new SplittableRandom(length);
      row = new float[length];
      for (int i = 0; i < length; i++) {
        row[i] = (float) (3 * random.nextGaussian());
      }
      other = row.clone();
      out = new float[length];
      survivors = new Survivors(length);
    }

    void know(Known known) {
      survivors.row.forget();
      SharedRowKernels<float[]> parts = Objects.requireNonNull(VECTOR.parts());
      if (known == Known.STRIPS) {
        parts.sums(row, 0, row.length, 1, 0, blocks(), survivors);
        parts.total(row, 0, row.length, 1, survivors);
      } else if (known == Known.LOOKED) {
        parts.look(row, 0, row.length, 0, blocks(), 0, survivors);
        parts.looked(1, survivors);
      }
      assertEquals(known, known());
    }

    int blocks() {
      return (row.length + 1023) / 1024;
    }

    Known known() {
      return survivors.row.isLooked()
          ? Known.LOOKED
          : survivors.row.hasStrips() ? Known.STRIPS : Known.NOTHING;
    }

    /** Strips that are known are those of the row, and so are its extremes. */
    void checkTruth(float[] x, String what) {
      if (survivors.row.hasStrips()) {
        int strips =
            survivors.row.isLooked()
                ? Strips.count(x.length, LaneSum.ROUNDS)
                : Strips.inBlocks(x.length);
        float[] maxima = new float[strips];
        if (strips > 0) {
          int run = Strips.run(LaneSum.ROUNDS);
          Strips.fill(x, 0, strips * LaneSum.ROUNDS, run, maxima, 0);
        }
        assertArrayEquals(maxima, Arrays.copyOf(survivors.row.maxima, strips), what);
      }
      if (survivors.row.isLooked()) {
        assertEquals(Maxima.scan(x, 0, x.length), survivors.row.extremes, what);
      }
    }
  }

  @FunctionalInterface
  private interface Call {
    void of(Survivors survivors);
  }

  private static void check(Case at, String what, Makes makes, Call call) {
    for (Known before : Known.values()) {
      String label = what + " of " + at.row.length + ", " + before;
      at.know(before);
      call.of(at.survivors);
      assertEquals(makes.of(before), at.known(), label);
      at.checkTruth(at.row, label);
    }
  }

  /** The kernels of rows. */
  private static <X> void checkRows(
      Case at, X x, String name, RowKernels<X> kernels, boolean vector) {
    int to = at.row.length;
    boolean isShort = to < 32;
    Makes sums = vector && !isShort ? Makes.STRIPS : Makes.NOTHING;
    Makes topP = vector && !isShort ? Makes.STRIPS : Makes.THE_SAME;
    for (double temperature : new double[] {1, COLD}) {
      boolean cold = temperature == COLD;
      String of = name + " at " + temperature;
      check(
          at,
          of + ": sums",
          cold ? Makes.NOTHING : sums,
          s -> kernels.sums(x, 0, to, temperature, s));
      check(
          at,
          of + ": entropy",
          cold ? Makes.NOTHING : sums,
          s -> kernels.entropy(x, 0, to, temperature, s));
      check(
          at,
          of + ": top-p",
          cold ? Makes.THE_SAME : topP,
          s -> kernels.topP(x, 0, to, temperature, 0.9f, false, s));
      check(at, of + ": softmax", Makes.THE_SAME, s -> kernels.softmax(x, 0, to, 1, at.out, 0));
    }
    check(at, name + ": moments", sums, s -> kernels.moments(x, 0, to, s));
    float[] tops = new float[at.blocks()];
    Arrays.fill(tops, Maxima.max(Maxima.scan(at.other, 0, to)));
    check(at, name + ": divergence", sums, s -> kernels.divergence(x, 0, to, at.other, 0, tops, s));
    for (int k : new int[] {1, 2, 5, 40, 400}) {
      for (Known before : Known.values()) {
        String label = name + ": top-k " + k + " of " + to + ", " + before;
        at.know(before);
        kernels.topK(x, 0, to, Math.min(k, to), at.survivors);
        at.checkTruth(at.row, label);
        boolean keeps = vector && at.known() == before; // filled no strips, or found them there
        assertTrue(keeps || at.known() == Known.NOTHING, label);
      }
    }
    check(
        at,
        name + ": collection",
        Makes.THE_SAME,
        s -> {
          s.max = 10;
          kernels.collect(x, 0, to, -3, s);
        });
    for (Known before : Known.values()) {
      String label = name + ": min-p of " + to + ", " + before;
      at.know(before);
      kernels.minP(x, 0, to, -2, at.survivors);
      boolean fills = vector && !isShort && before != Known.LOOKED;
      assertEquals(fills ? Known.NOTHING : before, at.known(), label);
      at.checkTruth(at.row, label);
    }
  }

  @Test
  void kernelsOfRows() {
    for (int length : LENGTHS) {
      Case at = new Case(length);
      checkRows(at, at.row, "scalar", SCALAR, false);
      checkRows(at, at.row, "vector", VECTOR, true);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment segment = arena.allocate(4L * length, 64);
        MemorySegment.copy(at.row, 0, segment, ValueLayout.JAVA_FLOAT, 0, length);
        SegmentAddress x = new SegmentAddress();
        x.at(segment, 0);
        checkRows(at, x, "scalar, native", SCALAR.natives(), false);
        checkRows(at, x, "vector, native", VECTOR.natives(), true);
      }
    }
  }

  /** Another row comes of these: what is known afterwards is of that one. */
  @Test
  void rowsThatAreChangedOrWidened() {
    for (int length : LENGTHS) {
      Case at = new Case(length);
      long[] occurred = new long[length + 63 >> 6];
      Arrays.fill(occurred, 0x5555_5555_5555_5555L);
      int[] counts = new int[length];
      Arrays.fill(counts, 2);
      for (Penalty penalty : new Penalty[] {Penalty.factor(1.3f), Penalty.subtrahend(0.5, 1)}) {
        for (Backend backend : new Backend[] {SCALAR, VECTOR}) {
          for (Known before : Known.values()) {
            String label = backend.name() + " penalises " + length + ", " + before;
            at.know(before);
            backend.penalise(at.row, 0, length, occurred, counts, penalty, 1, at.out, at.survivors);
            boolean looks = backend == VECTOR && length >= 32;
            assertEquals(looks ? Known.LOOKED : Known.NOTHING, at.known(), label);
            at.checkTruth(at.out, label);
          }
        }
      }
      try (Arena arena = Arena.ofConfined()) {
        for (NarrowFormat format : NarrowFormat.values()) {
          NarrowFloats narrow = new NarrowFloats();
          narrow.at(arena.allocate((long) format.bytes() * length, 64), 0, format);
          for (int i = 0; i < length; i++) {
            narrow.set(i, at.row[i]);
          }
          at.survivors.row.forget(); // as whoever opens a row does
          SCALAR.widen(narrow, length, at.out, at.survivors);
          assertEquals(Known.NOTHING, at.known(), format + " of " + length);
          VECTOR.widen(narrow, length, at.out, at.survivors);
          assertEquals(length < 32 ? Known.NOTHING : Known.LOOKED, at.known());
          at.checkTruth(at.out, format + " of " + length);
        }
      }
    }
  }

  /** The best of a row whose strips a scalar top-k has written over. */
  @Test
  void theVectorTopKBelievesNoOthersStrips() {
    Case at = new Case(5000);
    Survivors expected = new Survivors(5000);
    SCALAR.topK(at.row, 0, 5000, 5, expected);
    at.know(Known.LOOKED);
    SCALAR.topK(at.row, 0, 5000, 700, at.survivors);
    VECTOR.topK(at.row, 0, 5000, 5, at.survivors);
    assertEquals(5, at.survivors.size);
    assertArrayEquals(Arrays.copyOf(expected.ids, 5), Arrays.copyOf(at.survivors.ids, 5));
  }
}
