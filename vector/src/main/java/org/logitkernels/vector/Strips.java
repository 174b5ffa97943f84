package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * The maxima of strips, from one read of the row, and the second look that they guide.
 *
 * <p>A run is {@code depth} vectors. It makes as many strips as a vector has lanes: each strip is
 * one lane of all its vectors. The second look reads a run again only if one of its strips reaches
 * the bar. It always reads the logits behind the last whole run. It meets the logits by ascending
 * id.
 */
final class Strips {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /** The least depth of a run. */
  static final int SHORTEST = 8;

  /** Stands for a count of strips that is not known, as if more than enough reached the bar. */
  static final int UNKNOWN = Integer.MAX_VALUE;

  /** If fewer than one vector in so many has a hit, hits are few. */
  static final int FEW = 8;

  /** About how many logits a sample has. */
  static final int SAMPLE = 4096;

  private Strips() {}

  /** Logits in a run. */
  static int run(int depth) {
    return depth * F.length();
  }

  /** How many strips the whole runs of a row make. */
  static int count(int length, int depth) {
    return length / run(depth) * F.length();
  }

  /**
   * Leaves the maxima of the strips, unless they are known. Returns the extremes of the row,
   * checked as {@link Maxima#check} does.
   */
  static long maxima(float[] x, int from, int to, int depth, Survivors survivors) {
    if (survivors.row.isLooked() && depth == LaneSum.ROUNDS) {
      return Maxima.check(x, from, to, survivors.row.extremes);
    }
    survivors.row.forget();
    int strips = count(to - from, depth);
    int rest = from + strips * depth;
    // The scan may read some logits a second time. That changes no extreme.
    long extremes = Maxima.scan(x, Math.min(rest, to - F.length()), to);
    if (strips > 0) {
      int mostUnsigned = fill(x, from, rest, depth * F.length(), survivors.row.maxima, 0);
      extremes = Maxima.merge(extremes, Maxima.scan(survivors.row.maxima, 0, strips), mostUnsigned);
    }
    return Maxima.check(x, from, to, extremes);
  }

  /**
   * Leaves the maxima of the strips from a place on, NaN and Infinity among them. Returns the
   * unsigned maximum of all bits.
   *
   * <p>The assertions make the method longer than HotSpot would inline: see {@link ExpSum}.
   */
  static int fill(float[] x, int from, int to, int run, float[] maxima, int first) {
    assert from >= 0 && from <= to && to <= x.length : "strips of " + from + " to " + to;
    assert run >= SHORTEST * F.length() && (to - from) % run == 0 : "runs of " + run;
    assert run <= to - from : "a run of " + run + " in " + (to - from) + " logits";
    assert first >= 0 && first % F.length() == 0 : "first of the strips " + first;
    assert maxima.length >= first + (to - from) / run * F.length() : maxima.length + " strips";
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int at = from, strip = first; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      for (int i = 0; i < run; i += F.length()) {
        IntVector bits = FloatVector.fromArray(F, x, at + i).reinterpretAsInts();
        signedMax = bits.max(signedMax);
        signedMin = bits.min(signedMin);
        flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(VectorOperators.LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE;
  }

  /** How many strips the whole blocks of a row make. */
  static int inBlocks(int length) {
    return length / Lanes.BLOCK * Lanes.COUNT;
  }

  /**
   * Leaves the maxima of the strips of a block: as many strips as there are virtual lanes. A strip
   * is of neighbouring vectors, so that a look ahead reads the row in its order. Returns the
   * extremes of the block.
   *
   * <p>Four vectors are read in a round, as in {@link Maxima#scan}.
   */
  static long block(float[] x, int at, float[] maxima, int strip) {
    int depth = LaneSum.ROUNDS * F.length();
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < LaneSum.VECTORS; part++) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      for (int i = at + part * depth; i < at + (part + 1) * depth; i += 4 * F.length()) {
        IntVector a = FloatVector.fromArray(F, x, i).reinterpretAsInts();
        IntVector b = FloatVector.fromArray(F, x, i + F.length()).reinterpretAsInts();
        IntVector c = FloatVector.fromArray(F, x, i + 2 * F.length()).reinterpretAsInts();
        IntVector d = FloatVector.fromArray(F, x, i + 3 * F.length()).reinterpretAsInts();
        signedMax = a.max(b).max(c.max(d)).max(signedMax);
        signedMin = a.min(b).min(c.min(d)).min(signedMin);
        flippedMax =
            a.lanewise(XOR, Integer.MIN_VALUE)
                .max(b.lanewise(XOR, Integer.MIN_VALUE))
                .max(flippedMax);
        flippedMax =
            c.lanewise(XOR, Integer.MIN_VALUE)
                .max(d.lanewise(XOR, Integer.MIN_VALUE))
                .max(flippedMax);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(VectorOperators.LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part * F.length());
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /** Adds the unmasked tokens with {@code x - base >= bar} to the survivors. */
  static void collect(
      float[] x, int from, int to, int depth, float base, float bar, Survivors survivors) {
    int run = run(depth);
    int at = from;
    for (int strip = 0; at <= to - run; at += run, strip += F.length()) {
      int reaching = reaching(survivors.row.maxima, strip, base, bar);
      if (reaching > 0) {
        look(x, from, at, at + run, base, bar, reaching, survivors);
      }
    }
    look(x, from, at, to, base, bar, UNKNOWN, survivors);
  }

  /**
   * Leaves the unmasked tokens with {@code x - base >= bar}, by the maxima of the blocks' strips if
   * these are known. A bar of {@code -Infinity} asks for all: the difference of an unmasked token
   * may overflow to that.
   */
  static void collectBlocks(
      float[] x, int from, int to, float base, float bar, Survivors survivors) {
    if (bar == Float.NEGATIVE_INFINITY) {
      all(x, from, to, survivors);
      return;
    }
    survivors.size = 0;
    int blocks = survivors.row.hasStrips() ? (to - from) / Lanes.BLOCK * Lanes.BLOCK : 0;
    collect(x, from, from + blocks, LaneSum.ROUNDS, base, bar, survivors);
    look(x, from, from + blocks, to, base, bar, UNKNOWN, survivors);
  }

  /**
   * Puts a sample where the survivors stand: some vectors of the row. Returns how many vectors of
   * the row each of them stands for.
   */
  static int sample(float[] x, int from, int to, Survivors survivors) {
    int vectors = (to - from) / F.length();
    int most = SAMPLE / F.length();
    int step = (vectors + most - 1) / most;
    survivors.size = 0;
    survivors.reserve(Math.min(to - from, SAMPLE));
    float[] values = survivors.values;
    int size = 0;
    for (int i = from; i <= to - F.length(); i += step * F.length()) {
      FloatVector.fromArray(F, x, i).intoArray(values, size);
      size += F.length();
    }
    survivors.size = size;
    return step;
  }

  /** How many of a run's strips reach the bar. */
  static int reaching(float[] maxima, int strip, float base, float bar) {
    return FloatVector.fromArray(F, maxima, strip)
        .sub(base)
        .compare(VectorOperators.GE, bar)
        .trueCount();
  }

  /** Leaves every unmasked token. */
  static void all(float[] x, int from, int to, Survivors survivors) {
    survivors.size = 0;
    look(x, from, from, to, 0, -Float.MAX_VALUE, UNKNOWN, survivors);
  }

  /**
   * Adds the tokens of {@code x[at, end)} that reach the bar.
   *
   * @param reaching how many strips reach it
   */
  static void look(
      float[] x,
      int from,
      int at,
      int end,
      float base,
      float bar,
      int reaching,
      Survivors survivors) {
    survivors.reserve(survivors.size + end - at);
    boolean many = reaching >= (end - at) / F.length() / FEW;
    int i = many && Species.COMPRESSES ? pack(x, from, at, end, base, bar, survivors) : at;
    for (; i <= end - F.length(); i += F.length()) {
      long hits =
          FloatVector.fromArray(F, x, i).sub(base).compare(VectorOperators.GE, bar).toLong();
      for (; hits != 0; hits &= hits - 1) {
        int hit = i + Long.numberOfTrailingZeros(hits);
        survivors.add(hit - from, x[hit]);
      }
    }
    for (; i < end; i++) {
      if (x[i] - base >= bar) {
        survivors.add(i - from, x[i]);
      }
    }
  }

  /**
   * Adds the tokens of whole vectors. Each vector is stored whole, its hits in front. Returns where
   * the last one ends.
   *
   * <p>Where many vectors have hits, storing all of them costs less than branches that no processor
   * foresees.
   */
  private static int pack(
      float[] x, int from, int at, int end, float base, float bar, Survivors survivors) {
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    int size = survivors.size;
    assert from >= 0 && from <= at && at <= end && end <= x.length
        : at + " to " + end + " of " + x.length;
    assert size >= 0 && size <= ids.length - (end - at) : size + " ids of " + ids.length;
    assert size <= values.length - (end - at) : size + " values of " + values.length;
    assert size <= survivors.capacity() : size + " survivors of " + survivors.capacity();
    IntVector lanes = IntVector.zero(I).addIndex(1).add(at - from);
    int whole = (end - at) & -F.length();
    for (int i = 0; i < whole; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, at + i);
      VectorMask<Float> hits = v.sub(base).compare(VectorOperators.GE, bar);
      v.compress(hits).intoArray(values, size);
      lanes.add(i).compress(hits.cast(I)).intoArray(ids, size);
      size += hits.trueCount();
    }
    survivors.size = size;
    return at + whole;
  }
}
