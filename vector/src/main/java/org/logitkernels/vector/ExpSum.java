package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Survivors;

/**
 * Sums of weights, block by block, in one read of the row. {@link StoredSum} does it for a softmax
 * that stores its weights.
 *
 * <p>The loop that sums a block has a look ahead: it takes the extremes of the next block in the
 * same rounds. So the maximum of the next block is known before its weights are computed, and the
 * row streams in while the processor computes. Extremes and weights keep different units of the
 * processor busy.
 *
 * <p>The loops of plain blocks compute four exponentials side by side, which is a group of a lane.
 * The loops of cut blocks hold one exponential, because four would be more than the compiler
 * inlines. Loops of two rounds around it repeat it: the compiler unrolls every loop of two rounds.
 *
 * <p>The methods that hold these loops are longer than 325 bytes of bytecode, assertions included.
 * They have to be: HotSpot then compiles each on its own. Inlined into a kernel that inlines much
 * else, a loop could meet the compiler's limits halfway, and every vector in it would be allocated.
 */
final class ExpSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final IntVector LANES = Species.LANES;

  /**
   * A block is plain if the power of its least logit is at least this much above N: then every
   * weight counts.
   */
  static final int PLAIN = Exponential.LEAST + 1;

  private ExpSum() {}

  /**
   * Leaves the maximum and the total weight of the row and of its blocks, and the maxima of the
   * strips.
   */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    sums(x, from, to, temperature, 0, Lanes.blocks(to - from), survivors);
    total(x, from, to, temperature, survivors);
  }

  /** Leaves the maximum and the total of a row whose blocks were summed. */
  static void total(float[] x, int from, int to, double temperature, Survivors survivors) {
    if (survivors.row.isLooked()) {
      Maxima.check(x, from, to, survivors.row.extremes); // strips hide a NaN with the sign set
    }
    int blocks = Lanes.blocks(to - from);
    float max = Maxima.check(x, from, to, Lanes.max(survivors.row.tops, blocks));
    survivors.total(max, blocks, temperature);
    survivors.row.stripsLeft();
  }

  /**
   * Leaves the sums and the maxima of blocks {@code [block, end)}, and the maxima of their strips.
   */
  static void sums(
      float[] x, int from, int to, double temperature, int block, int end, Survivors survivors) {
    Scratch scratch = Scratch.take();
    try {
      pass(
          x,
          from + block * Lanes.BLOCK,
          Math.min(to, from + end * Lanes.BLOCK),
          temperature,
          survivors.row.isLooked() ? Maxima.min(survivors.row.extremes) : Float.NaN,
          block,
          survivors.row.sums,
          survivors.row.tops,
          survivors.row.maxima,
          Lanes.COUNT,
          scratch.groups);
    } finally {
      scratch.give();
    }
  }

  /**
   * Sums the blocks of a row that has no survivors. Leaves the sums and the maxima of the blocks,
   * and returns the row's maximum. Throws for NaN and +Infinity, and where every token is masked.
   */
  static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    pass(
        x,
        from,
        to,
        temperature,
        Float.NaN,
        0,
        scratch.sums,
        scratch.tops,
        scratch.strips,
        0,
        scratch.groups);
    return max(x, from, to, scratch);
  }

  static float max(float[] x, int from, int to, Scratch scratch) {
    return Maxima.check(x, from, to, Lanes.max(scratch.tops, Lanes.blocks(to - from)));
  }

  /**
   * A weight is at most 1, and the maximum's is at least 1/2, so other totals mean that another
   * thread has changed the row.
   */
  static void checkTotal(double total, int length) {
    if (!(total >= 0.5 && total <= length)) {
      throw RowErrors.changed();
    }
  }

  /**
   * Sums the blocks of {@code x[from, to)}.
   *
   * @param least a bound below all logits if the maxima of the strips are known; NaN if they are
   *     not
   * @param block the number of the first block
   * @param strips how far the strips of one block lie from those of the next in {@code maxima}
   */
  static void pass(
      float[] x,
      int from,
      int to,
      double temperature,
      float least,
      int block,
      double[] sums,
      float[] tops,
      float[] maxima,
      int strips,
      float[] groups) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    boolean looked = least == least;
    boolean ahead =
        !looked && !Species.GRAAL; // there, two loops take less time than one that is long
    boolean seen = false;
    long extremes = Maxima.NONE;
    for (int at = from, b = block; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      int strip = b * strips;
      if (!whole) {
        extremes = Maxima.rest(x, at, end);
      } else if (looked) {
        extremes = Maxima.scan(maxima, strip, strip + Lanes.COUNT);
      } else if (!seen) {
        extremes = Strips.block(x, at, maxima, strip);
      }
      float top = Maxima.max(extremes);
      float bottom = looked && whole ? least : Maxima.min(extremes);
      tops[b] = top;
      boolean far = Exponential.isFar(top, scale);
      int exponent = Exponential.exponent(top, scale);
      boolean masked = !(Math.abs(top) < Float.POSITIVE_INFINITY);
      boolean plain = whole && !far && bottom * scale >= exponent + PLAIN;
      seen = whole && ahead && !masked;
      if (masked) {
        sums[b] = 0;
        continue;
      }
      int step = to - end >= Lanes.BLOCK ? Lanes.BLOCK : 0;
      int next = step > 0 ? strip + strips : strip;
      float shift = Exponential.BIASED - exponent;
      float origin = far ? top : 0;
      float floor = plain ? 0 : Exponential.floor(exponent, inverse);
      int count = Lanes.GROUPS;
      if (plain && ahead) {
        extremes = plainBlock(x, at, step, head, tail, shift, maxima, next, groups);
      } else if (plain) {
        plainSeen(x, at, head, tail, shift, groups);
      } else if (whole && ahead) {
        extremes = cutBlock(x, at, step, origin, floor, head, tail, shift, maxima, next, groups);
      } else {
        count = cutParts(x, at, end, origin, floor, head, tail, shift, groups);
      }
      sums[b] = LaneSum.sum(groups, 0, count);
    }
  }

  /**
   * Sums the groups of what there is of a block, without a look ahead. Returns for how many groups
   * there are sums, some of which may be 0.
   */
  private static int cutParts(
      float[] x,
      int at,
      int end,
      float origin,
      float floor,
      float head,
      float tail,
      float shift,
      float[] groups) {
    int full = (end - at) / Lanes.GROUP;
    if (full > 0) {
      cutGroups(x, at, origin, floor, head, tail, shift, full, groups);
    }
    int rest = at + full * Lanes.GROUP;
    if (rest < end) {
      lastGroup(x, rest, end, origin, floor, head, tail, shift, full++, groups);
    }
    int count = LaneSum.paired(full);
    Arrays.fill(groups, full * Lanes.COUNT, count * Lanes.COUNT, 0);
    return count;
  }

  /** Sums a plain block: a whole block in which every weight counts. */
  private static long plainBlock(
      float[] x,
      int at,
      int ahead,
      float head,
      float tail,
      float shift,
      float[] maxima,
      int strip,
      float[] groups) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector c0 = FloatVector.broadcast(F, 1);
    FloatVector c1 = FloatVector.broadcast(F, C1);
    FloatVector c2 = FloatVector.broadcast(F, C2);
    FloatVector c3 = FloatVector.broadcast(F, C3);
    FloatVector c4 = FloatVector.broadcast(F, C4);
    FloatVector c5 = FloatVector.broadcast(F, C5);
    FloatVector c6 = FloatVector.broadcast(F, C6);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int watch = look + 4 * group * F.length();
        for (int j = 0; j < 4; j++) {
          IntVector bits = FloatVector.fromArray(F, x, watch + j * F.length()).reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
        int start = at + group * Lanes.GROUP + part;
        FloatVector v0 = FloatVector.fromArray(F, x, start);
        FloatVector v1 = FloatVector.fromArray(F, x, start + Lanes.COUNT);
        FloatVector v2 = FloatVector.fromArray(F, x, start + 2 * Lanes.COUNT);
        FloatVector v3 = FloatVector.fromArray(F, x, start + 3 * Lanes.COUNT);
        FloatVector t0 = v0.fma(heads, shifts);
        FloatVector r0 = v0.fma(heads, shifts.sub(t0));
        r0 = v0.fma(tails, r0);
        FloatVector p0 = c6.fma(r0, c5).fma(r0, c4).fma(r0, c3);
        p0 = p0.fma(r0, c2).fma(r0, c1).fma(r0, c0);
        FloatVector q0 = t0.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t1 = v1.fma(heads, shifts);
        FloatVector r1 = v1.fma(heads, shifts.sub(t1));
        r1 = v1.fma(tails, r1);
        FloatVector p1 = c6.fma(r1, c5).fma(r1, c4).fma(r1, c3);
        p1 = p1.fma(r1, c2).fma(r1, c1).fma(r1, c0);
        FloatVector q1 = t1.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t2 = v2.fma(heads, shifts);
        FloatVector r2 = v2.fma(heads, shifts.sub(t2));
        r2 = v2.fma(tails, r2);
        FloatVector p2 = c6.fma(r2, c5).fma(r2, c4).fma(r2, c3);
        p2 = p2.fma(r2, c2).fma(r2, c1).fma(r2, c0);
        FloatVector q2 = t2.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t3 = v3.fma(heads, shifts);
        FloatVector r3 = v3.fma(heads, shifts.sub(t3));
        r3 = v3.fma(tails, r3);
        FloatVector p3 = c6.fma(r3, c5).fma(r3, c4).fma(r3, c3);
        p3 = p3.fma(r3, c2).fma(r3, c1).fma(r3, c0);
        FloatVector q3 = t3.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector sum = p3.fma(q3, p2.fma(q2, p1.fma(q1, p0.mul(q0))));
        sum.intoArray(groups, group * Lanes.COUNT + part);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part);
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /**
   * Sums a cut block: a whole block in which some weights may be too small to count, or a far one.
   */
  private static long cutBlock(
      float[] x,
      int at,
      int ahead,
      float origin,
      float floor,
      float head,
      float tail,
      float shift,
      float[] maxima,
      int strip,
      float[] groups) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert origin - origin == 0 && floor - floor == 0 : "origin " + origin + ", floor " + floor;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector floors = FloatVector.broadcast(F, floor);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        int watch = look + 4 * group * F.length();
        FloatVector sum = FloatVector.zero(F);
        for (int a = 0; a < 2; a++) {
          for (int b = 0; b < 2; b++) {
            int j = 2 * a + b;
            FloatVector v = FloatVector.fromArray(F, x, start + j * Lanes.COUNT).sub(origins);
            v = v.blend(floors, v.compare(LT, floors));
            FloatVector t = v.fma(heads, shifts);
            FloatVector r = v.fma(heads, shifts.sub(t));
            r = v.fma(tails, r);
            FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
            p = p.fma(r, FloatVector.broadcast(F, C4));
            p = p.fma(r, FloatVector.broadcast(F, C3));
            p = p.fma(r, FloatVector.broadcast(F, C2));
            p = p.fma(r, FloatVector.broadcast(F, C1));
            p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
            IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
            sum = p.fma(power.reinterpretAsFloats(), sum);
            IntVector bits =
                FloatVector.fromArray(F, x, watch + j * F.length()).reinterpretAsInts();
            signedMax = bits.max(signedMax);
            signedMin = bits.min(signedMin);
            flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
          }
        }
        FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part);
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /** Sums a plain block without a look ahead. */
  private static void plainSeen(
      float[] x, int at, float head, float tail, float shift, float[] groups) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert Math.abs(tail) < head : "head " + head + ", tail " + tail;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector c0 = FloatVector.broadcast(F, 1);
    FloatVector c1 = FloatVector.broadcast(F, C1);
    FloatVector c2 = FloatVector.broadcast(F, C2);
    FloatVector c3 = FloatVector.broadcast(F, C3);
    FloatVector c4 = FloatVector.broadcast(F, C4);
    FloatVector c5 = FloatVector.broadcast(F, C5);
    FloatVector c6 = FloatVector.broadcast(F, C6);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        FloatVector v0 = FloatVector.fromArray(F, x, start);
        FloatVector v1 = FloatVector.fromArray(F, x, start + Lanes.COUNT);
        FloatVector v2 = FloatVector.fromArray(F, x, start + 2 * Lanes.COUNT);
        FloatVector v3 = FloatVector.fromArray(F, x, start + 3 * Lanes.COUNT);
        FloatVector t0 = v0.fma(heads, shifts);
        FloatVector r0 = v0.fma(heads, shifts.sub(t0));
        r0 = v0.fma(tails, r0);
        FloatVector p0 = c6.fma(r0, c5).fma(r0, c4).fma(r0, c3);
        p0 = p0.fma(r0, c2).fma(r0, c1).fma(r0, c0);
        FloatVector q0 = t0.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t1 = v1.fma(heads, shifts);
        FloatVector r1 = v1.fma(heads, shifts.sub(t1));
        r1 = v1.fma(tails, r1);
        FloatVector p1 = c6.fma(r1, c5).fma(r1, c4).fma(r1, c3);
        p1 = p1.fma(r1, c2).fma(r1, c1).fma(r1, c0);
        FloatVector q1 = t1.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t2 = v2.fma(heads, shifts);
        FloatVector r2 = v2.fma(heads, shifts.sub(t2));
        r2 = v2.fma(tails, r2);
        FloatVector p2 = c6.fma(r2, c5).fma(r2, c4).fma(r2, c3);
        p2 = p2.fma(r2, c2).fma(r2, c1).fma(r2, c0);
        FloatVector q2 = t2.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t3 = v3.fma(heads, shifts);
        FloatVector r3 = v3.fma(heads, shifts.sub(t3));
        r3 = v3.fma(tails, r3);
        FloatVector p3 = c6.fma(r3, c5).fma(r3, c4).fma(r3, c3);
        p3 = p3.fma(r3, c2).fma(r3, c1).fma(r3, c0);
        FloatVector q3 = t3.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector sum = p3.fma(q3, p2.fma(q2, p1.fma(q1, p0.mul(q0))));
        sum.intoArray(groups, group * Lanes.COUNT + part);
      }
    }
  }

  /** Sums the first groups of a block as {@link #cutBlock} does, without a look ahead. */
  private static void cutGroups(
      float[] x,
      int at,
      float origin,
      float floor,
      float head,
      float tail,
      float shift,
      int count,
      float[] groups) {
    assert count >= 0 && count <= Lanes.GROUPS : count + " groups";
    assert at >= 0 && at <= x.length - count * Lanes.GROUP : count + " groups at " + at;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert origin - origin == 0 && floor - floor == 0 : "origin " + origin + ", floor " + floor;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector floors = FloatVector.broadcast(F, floor);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int group = 0; group < count; group++) {
        int start = at + group * Lanes.GROUP + part;
        FloatVector sum = FloatVector.zero(F);
        for (int a = 0; a < 2; a++) {
          for (int b = 0; b < 2; b++) {
            int j = 2 * a + b;
            FloatVector v = FloatVector.fromArray(F, x, start + j * Lanes.COUNT).sub(origins);
            v = v.blend(floors, v.compare(LT, floors));
            FloatVector t = v.fma(heads, shifts);
            FloatVector r = v.fma(heads, shifts.sub(t));
            r = v.fma(tails, r);
            FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
            p = p.fma(r, FloatVector.broadcast(F, C4));
            p = p.fma(r, FloatVector.broadcast(F, C3));
            p = p.fma(r, FloatVector.broadcast(F, C2));
            p = p.fma(r, FloatVector.broadcast(F, C1));
            p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
            IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
            sum = p.fma(power.reinterpretAsFloats(), sum);
          }
        }
        FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
      }
    }
  }

  /**
   * Sums the group that the row's end cuts short, of a row at least a vector long.
   *
   * <p>The last vector is read from where it fits, and its lanes are moved into place. A masked
   * load at the end of an array would allocate its mask.
   */
  private static void lastGroup(
      float[] x,
      int at,
      int end,
      float origin,
      float floor,
      float head,
      float tail,
      float shift,
      int group,
      float[] groups) {
    assert at >= 0 && at < end && end <= x.length : "group " + at + " to " + end;
    assert end - at < Lanes.GROUP && end >= F.length() : "group " + at + " to " + end;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert origin - origin == 0 && floor - floor == 0 : "origin " + origin + ", floor " + floor;
    assert group >= 0 && group < Lanes.GROUPS : "group " + group;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector floors = FloatVector.broadcast(F, floor);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      FloatVector sum = FloatVector.zero(F);
      for (int i = at + part; i < end; i += Lanes.COUNT) {
        int from = Math.min(i, end - F.length());
        VectorShuffle<Float> forth =
            LANES.add(i - from).lanewise(AND, F.length() - 1).toShuffle().cast(F);
        VectorMask<Float> inside = LANES.compare(LT, end - i).cast(F);
        FloatVector v = FloatVector.fromArray(F, x, from).rearrange(forth).sub(origins);
        v = floors.blend(v, v.compare(GE, floors).and(inside));
        FloatVector t = v.fma(heads, shifts);
        FloatVector r = v.fma(heads, shifts.sub(t));
        r = v.fma(tails, r);
        FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
        p = p.fma(r, FloatVector.broadcast(F, C4));
        p = p.fma(r, FloatVector.broadcast(F, C3));
        p = p.fma(r, FloatVector.broadcast(F, C2));
        p = p.fma(r, FloatVector.broadcast(F, C1));
        p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
        IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
        sum = p.fma(power.reinterpretAsFloats(), sum);
      }
      FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
    }
  }
}
