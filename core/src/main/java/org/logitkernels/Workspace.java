package org.logitkernels;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Room;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * Caller-owned scratch for rows of up to a given number of logits: one per thread.
 *
 * <p><b>Footprint:</b> about 30 KB and 0.75 bytes per logit at first. A row that leaves many
 * candidates (a wide nucleus, a large k), or a softmax into native memory, makes it grow, once and
 * to its full size, to 29 bytes per logit. The first row that has to be widened or copied (halves,
 * native floats for scalar kernels, floats on the heap outside of a {@code float[]}) adds 4 bytes
 * per logit, and halves on the heap 2 more off the heap. Log-probabilities of many rows in one call
 * add 8 bytes for each token, and divergences a second workspace. After that it never allocates
 * again, as long as it serves one {@code Kernels}.
 *
 * <p>Holds no result between calls, but may refer to the last row until the next. Not thread-safe:
 * two calls at the same time need two workspaces.
 *
 * {@snippet lang=java :
 * Workspace workspace = Workspace.of(128_256); // made once for a thread
 * int[] ids = new int[1];
 * float[] values = new float[1];
 * Kernels.best().topK(new float[] {1, 3, 2}, 0, 3, 1, workspace, ids, values);
 * System.out.println(ids[0] + ", with room for rows of " + workspace.capacity());
 * // 1, with room for rows of 128256
 * }
 */
public final class Workspace {
  final Survivors survivors;

  private @Nullable RowSource source;
  private @Nullable ComparedRows compared;

  /** What a call over many rows has so far: it writes nothing before the last row. */
  private double[] logProbabilities = {};

  private Workspace(int capacity) {
    this.survivors = new Survivors(capacity);
  }

  /**
   * A workspace for rows of up to {@code capacity} logits.
   *
   * @param capacity the length of the longest row, at most 2^31 - 2^24
   * @return a workspace
   * @throws IllegalArgumentException if the capacity is below 1 or above that
   */
  public static Workspace of(int capacity) {
    Room.checkRow("capacity", capacity);
    return new Workspace(capacity);
  }

  /** {@return the length of the longest row that fits} */
  public int capacity() {
    return survivors.capacity();
  }

  /** As in {@code Workspace[capacity=128256]}. */
  @Override
  public String toString() {
    return "Workspace[capacity=" + capacity() + "]";
  }

  /** The scratch, for a row of this length. */
  Survivors open(int length) {
    if (length > survivors.capacity()) {
      throw new IllegalArgumentException(
          "the row has " + length + " logits, but the workspace holds " + survivors.capacity());
    }
    survivors.row.forget();
    return survivors;
  }

  /** How this workspace's rows reach the kernels of a backend. */
  RowSource source(Backend backend) {
    RowSource own = source;
    if (own == null || own.backend() != backend) {
      own = new RowSource(backend, survivors);
      source = own;
    }
    return own;
  }

  /** Room for so many log-probabilities. */
  double[] logProbabilities(int count) {
    if (logProbabilities.length < count) {
      logProbabilities = new double[Room.of(logProbabilities.length, count)];
    }
    return logProbabilities;
  }

  /** How this workspace's rows are compared with others by some kernels. */
  ComparedRows compared(Kernels kernels) {
    ComparedRows own = compared;
    if (own == null || own.kernels().rows != kernels.rows) {
      own = new ComparedRows(kernels, this, of(capacity()));
      compared = own;
    }
    return own;
  }
}
