package org.logitkernels.chain;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * The generator as an endless stream of 32-bit words on standard output, for dieharder ({@code -g
 * 200}) and PractRand ({@code stdin32}).
 *
 * <p>{@code java -cp core/target/classes:core/target/test-classes
 * org.logitkernels.chain.RandomStreamBytes ORDER HALF}: the ORDER in which draws are visited is one
 * of {@link Order}, the HALF of each draw's 53 bits {@code high} or {@code low}.
 */
final class RandomStreamBytes {
  private static final int SEEDS = 1024;

  private RandomStreamBytes() {}

  /** Which draw is the n-th. */
  enum Order {
    /** One seed's positions, one after the other. */
    POSITIONS,
    /** Seeds 0 to 1023 at position 0, then all at position 1, and so on: a batch. */
    SEEDS,
    /** Position 0 of seed 0, 1, 2, and so on: a new sampler for every token. */
    FIRSTS,
    /** Seeds of one bit each, at position 0, then all at position 1. */
    BITS,
    /** The first further number of each draw of one seed. */
    HASHED,
    /** Draws of one seed, each followed by its first three further numbers. */
    FAMILIES;

    double draw(long n) {
      return switch (this) {
        case POSITIONS -> RandomStream.draw(1, n);
        case SEEDS -> RandomStream.draw(n % RandomStreamBytes.SEEDS, n / RandomStreamBytes.SEEDS);
        case FIRSTS -> RandomStream.draw(n, 0);
        case BITS -> RandomStream.draw(1L << n, n / 64);
        case HASHED -> RandomStream.hashed(RandomStream.draw(1, n), 0);
        case FAMILIES -> {
          double u = RandomStream.draw(1, n / 4);
          yield n % 4 == 0 ? u : RandomStream.hashed(u, n % 4 - 1);
        }
      };
    }
  }

  /** Writes until nobody reads, which ends it with an exception. */
  public static void main(String[] arguments) throws IOException {
    Order order = Order.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    int shift = arguments[1].equals("high") ? 21 : 0;
    ByteBuffer words = ByteBuffer.allocate(1 << 16).order(ByteOrder.nativeOrder());
    // Not System.out, which would go on when nobody reads.
    try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
      for (long n = 0; ; ) {
        for (words.clear(); words.hasRemaining(); n++) {
          words.putInt((int) ((long) (order.draw(n) * 0x1p53) >>> shift));
        }
        out.write(words.array());
      }
    }
  }
}
