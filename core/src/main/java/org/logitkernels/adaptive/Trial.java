package org.logitkernels.adaptive;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NarrowFormat;
import org.logitkernels.spi.Survivors;

/**
 * What a warm-up calls kernels with: rows of one length and every shape, and arguments that vary
 * from turn to turn. The turns of a kernel take it through every way that it has.
 *
 * @param <X> what holds a row
 */
final class Trial<X> {
  private static final Penalty FACTOR = Penalty.factor(1.1f);
  private static final Penalty SUBTRAHEND = Penalty.subtrahend(0.3f, 0.1f);

  /** Lengths of attention rows: less than a vector, less than a block, or more. */
  private static final int[] LENGTHS = {
    64, 3, 333, 2 * Lanes.BLOCK + Lanes.GROUP + 45, 128, 2 * Lanes.BLOCK + Lanes.GROUP + 45
  };

  /** So many turns take attention rows through every length, with and without a sink. */
  static final int OF_ATTENTION = LENGTHS.length;

  /** A turn in which sinks are so high that weights cannot be stored and scaled. */
  private static final int HIGH_SINKS = 5;

  private static final float[] SINKS = {1};

  private static final float[] HIGH = {200};

  /**
   * Lengths of the beginnings of rows that are tried where less than a block has a way of its own:
   * some groups, five vectors to eight, some vectors, a vector or two, and less than one.
   */
  static final int[] BEGINNINGS = {
    3 * Lanes.GROUP + 45, 3 * Lanes.COUNT + 13, 2 * Lanes.COUNT, 21, 6
  };

  private final float[][] rows; // by shape
  private final List<X> placed; // the same rows
  private final float[] out;
  private final Survivors survivors;
  private List<NarrowFloats> narrow = List.of(); // by format
  private long[] mask = {};
  private long[] occurred = {};
  private int[] counts = {};
  private final AttentionRows attention = new AttentionRows();
  private @Nullable RoutingTrial routing;
  private int shape;
  private int turn;
  private int call;
  private int to;
  private double temperature;
  private long sink;

  /** With rows of every shape, in arrays and where kernels read them. */
  Trial(float[][] rows, List<X> placed) {
    this.rows = rows;
    this.placed = placed;
    this.out = new float[rows[0].length];
    this.survivors = new Survivors(rows[0].length);
  }

  /** Begins a call on a row, of which there were so many before. */
  void begin(int shape, int turn, int call) {
    this.shape = shape;
    this.turn = turn;
    this.call = call;
    to = out.length;
    temperature = isEven() ? 0.8 : 1;
    survivors.row.forget();
  }

  /** Goes on with the row's beginning. */
  void shorten(int length) {
    to = length;
    survivors.row.forget();
  }

  /** The row. */
  X x() {
    return placed.get(shape);
  }

  /** The row in an array. */
  float[] array() {
    return rows[shape];
  }

  /** The same, or another where most of it is masked. */
  float[] unmasked() {
    return rows[shape == SyntheticRows.MASKED ? 0 : shape];
  }

  /** Where it ends. */
  int to() {
    return to;
  }

  /** A row in a narrow format, another from turn to turn. */
  NarrowFloats narrow() {
    if (narrow.isEmpty()) {
      narrow = narrow(rows[0]);
    }
    return narrow.get(turn % narrow.size());
  }

  /** A bit for each token, of which about half are 1. */
  long[] mask() {
    if (mask.length == 0) {
      mask = new long[Lanes.blocks(out.length) * Lanes.WORDS];
      for (int token = 0; token < out.length; token++) {
        mask[token >> 6] |= (token * 0x9e3779b9L >>> 31 & 1) << token;
      }
    }
    return mask;
  }

  /** Bits of the tokens that occurred: most of them, or none. */
  long[] occurred() {
    if (occurred.length == 0) {
      occurred = new long[(out.length + Long.SIZE - 1) / Long.SIZE];
      counts = new int[out.length];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = i & 3;
        if ((i & 3) != 0 && (i & 0x200) != 0) {
          occurred[i >> 6] |= 1L << i;
        }
      }
    }
    return occurred;
  }

  /** How often each token occurred. */
  int[] counts() {
    return counts;
  }

  /** What is routed. */
  RoutingTrial routing() {
    RoutingTrial made = routing;
    if (made == null) {
      made = new RoutingTrial(out.length);
      routing = made;
    }
    return made;
  }

  /** Which of the kernel's turns this is. */
  int turn() {
    return turn;
  }

  /** How many logits a top-k keeps: few, more, or half of the row. */
  int k() {
    int half = (to + 1) / 2;
    return turn == 0 ? Math.min(40, half) : turn == 1 ? Math.min(200, half) : half;
  }

  /** A factor, or what is subtracted. */
  Penalty penalty() {
    return isEven() ? FACTOR : SUBTRAHEND;
  }

  /** The row cut into rows of one length. */
  AttentionRows rowsOfAttention() {
    int length = LENGTHS[turn];
    AttentionRows rows = attention;
    rows.x = array();
    rows.y = out;
    rows.count = to / length;
    rows.stride = length;
    rows.yStride = length;
    rows.scale = (float) temperature;
    rows.reserve(rows.count);
    Arrays.fill(rows.lengths, 0, rows.count, length - turn % 3);
    rows.sinks = turn == HIGH_SINKS ? HIGH : isEven() ? SINKS : null;
    rows.rowsOfSink = rows.count;
    return rows;
  }

  float[] out() {
    return out;
  }

  Survivors survivors() {
    return survivors;
  }

  /** Every token is a survivor, and the temperature so high that all of them have some weight. */
  void allSurvive() {
    survivors.all(array(), 0, to());
    survivors.renewMax();
    temperature = 4;
  }

  /** By turns, for arguments that send a kernel another way. */
  boolean isEven() {
    return (turn & 1) == 0;
  }

  double temperature() {
    return temperature;
  }

  /** A number for a draw. */
  double u() {
    return (call * 0x9e3779b9L & 0xffffffffL) * 0x1p-32;
  }

  /** Takes a result, without which a call could be left out. */
  void use(long result) {
    sink += result;
  }

  /** The row in every narrow format. */
  private static List<NarrowFloats> narrow(float[] row) {
    List<NarrowFloats> all = new ArrayList<>();
    for (NarrowFormat format : NarrowFormat.values()) {
      all.add(narrow(row, format));
    }
    return all;
  }

  private static NarrowFloats narrow(float[] row, NarrowFormat format) {
    NarrowFloats x = new NarrowFloats();
    x.at(Arena.ofAuto().allocate((long) format.bytes() * row.length, Float.BYTES), 0, format);
    for (int i = 0; i < row.length; i++) {
      // Some are masked, which takes a path of its own.
      x.set(i, i % 4096 == 0 ? Float.NEGATIVE_INFINITY : row[i]);
    }
    return x;
  }
}
