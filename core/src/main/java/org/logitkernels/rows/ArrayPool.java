package org.logitkernels.rows;

import java.lang.ref.WeakReference;
import java.util.Iterator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.RowArrays;

/**
 * Arrays for rows of one length that nobody works on: a few for each processor.
 *
 * <p>To take arrays or to give them back costs one exchange of a reference, and no lock. Arrays are
 * made where the pool has none, and dropped where it is full. There is a pool for each length of a
 * vocabulary, for as long as a sampler of that length lives.
 */
public final class ArrayPool implements RowArrays.Lender {
  private static final ConcurrentMap<Integer, WeakReference<ArrayPool>> POOLS =
      new ConcurrentHashMap<>();

  private final int capacity;
  private final AtomicReferenceArray<@Nullable RowArrays> free;

  private ArrayPool(int capacity) {
    this.capacity = capacity;
    int threads = Runtime.getRuntime().availableProcessors();
    this.free = new AtomicReferenceArray<>(2 * Integer.highestOneBit(Math.max(2, threads)));
  }

  /** The pool for rows of up to {@code capacity} logits. */
  public static ArrayPool of(int capacity) {
    WeakReference<ArrayPool> known = POOLS.get(capacity);
    ArrayPool pool = known == null ? null : known.get();
    if (pool == null) { // two threads may each make one: then there are two
      pool = new ArrayPool(capacity);
      for (Iterator<WeakReference<ArrayPool>> i = POOLS.values().iterator(); i.hasNext(); ) {
        if (i.next().refersTo(null)) {
          i.remove();
        }
      }
      POOLS.put(capacity, new WeakReference<>(pool));
    }
    return pool;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public RowArrays take() {
    int first = place();
    for (int i = 0; i < free.length(); i++) {
      int at = first + i & free.length() - 1;
      if (free.getPlain(at) != null) {
        RowArrays arrays = free.getAndSet(at, null);
        if (arrays != null) {
          return arrays;
        }
      }
    }
    return new RowArrays(capacity);
  }

  /** Drops the arrays if the pool is full. */
  @Override
  public void give(RowArrays arrays) {
    int first = place();
    for (int i = 0; i < free.length(); i++) {
      int at = first + i & free.length() - 1;
      if (free.getPlain(at) == null && free.compareAndSet(at, null, arrays)) {
        return;
      }
    }
  }

  /** Threads begin at different places, so that each mostly finds the arrays that it gave back. */
  private int place() {
    return (int) Thread.currentThread().threadId() & free.length() - 1;
  }
}
