package org.logitkernels.adaptive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.RowKernels;

/**
 * Scalar kernels that are exchanged for vector ones, kernel by kernel, as those get fast. Both give
 * the same bits, so no caller can tell when, except by the clock.
 *
 * <p>A call costs one volatile read more than that of the kernel it goes to, and takes no lock; the
 * first call of a kernel takes one, and may start the thread that warms the kernel.
 *
 * @param <X> what holds a row
 * @param <K> the kernels
 */
abstract class AdaptiveKernels<X, K extends RowKernels<X>> extends ForwardingKernels<X, X> {
  /** Who is told of the first call of a kernel. */
  interface Listener {
    /** A caller has asked for a kernel that still answers as it did at first. */
    void wanted();

    /**
     * A caller enters a kernel that still answers as it did at first, and will be in it for so many
     * nanoseconds, roughly.
     */
    void called(long time);
  }

  /** The length of a usual row. */
  private static final int USUAL = 32 * Lanes.BLOCK;

  private final K slow;

  /** What answers, by kernel; never changed, only replaced. */
  private volatile List<K> serving;

  /** Kernels that were called before they were exchanged, a bit each. Written under the lock. */
  private volatile int wanted;

  private volatile @Nullable Listener listener;

  /** Begins with the same kernels for everything. */
  AdaptiveKernels(K slow) {
    this.slow = slow;
    this.serving = Collections.nCopies(Kernel.ALL.length, slow);
  }

  /** How many of the kernels there are to exchange. */
  abstract int count();

  /** The name of one of these kernels, for the report. */
  abstract String nameOf(Kernel kernel);

  /** A row that these kernels read. */
  abstract X place(float[] row);

  /** Told of the better kernels when they are there; of null if there will be none. */
  void found(@Nullable K better) {}

  /** What has to come before a call of a kernel. */
  void prepare(Kernel kernel, K kernels, Trial<X> trial) {
    kernel.prepare(kernels, trial);
  }

  /** Calls a kernel as a trial wants it. */
  void call(Kernel kernel, K kernels, Trial<X> trial) {
    kernel.call(kernels, trial);
  }

  /** Tells of the first call of each kernel from now on. */
  void tell(Listener listener) {
    this.listener = listener;
  }

  /** From now on a kernel is another's. For one thread alone. */
  void exchange(Kernel kernel, K better) {
    List<K> next = new ArrayList<>(serving);
    next.set(kernel.ordinal(), better);
    serving = next;
  }

  /** The kernels that answer first. */
  final K slow() {
    return slow;
  }

  /** Scalar kernels. Better ones have to be faster than these. */
  K scalar() {
    return slow;
  }

  /** Whether a kernel was called while the first ones answered for it. */
  boolean isWanted(Kernel kernel) {
    return (wanted >> kernel.ordinal() & 1) != 0;
  }

  /** Whether a kernel is another's by now. */
  boolean isExchanged(Kernel kernel) {
    return serving.get(kernel.ordinal()) != slow;
  }

  @Override
  final X row(X x, int to) {
    return x;
  }

  @Override
  final K serving(Kernel kernel, long length) {
    K kernels = serving.get(kernel.ordinal());
    if (kernels == slow) {
      slowCall(kernel, length);
    }
    return kernels;
  }

  /** What answers for a kernel now, where the length of the row is not known yet. */
  final K serving(Kernel kernel) {
    return serving(kernel, USUAL);
  }

  private void slowCall(Kernel kernel, long length) {
    if (!isWanted(kernel)) {
      want(kernel);
    }
    Listener told = listener;
    if (told != null) {
      told.called(length * kernel.cost);
    }
  }

  /** The first call of a kernel. May start a thread; nothing that goes wrong there is thrown. */
  private void want(Kernel kernel) {
    synchronized (this) {
      wanted |= 1 << kernel.ordinal();
    }
    Listener told = listener;
    if (told != null) {
      told.wanted();
    }
  }
}
