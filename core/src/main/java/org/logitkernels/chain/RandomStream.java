package org.logitkernels.chain;

/**
 * Uniform numbers in [0, 1) with 53 bits, addressed by seed and position.
 *
 * <p>Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
 * doi:10.1145/2660193.2660195.
 */
public final class RandomStream {
  private RandomStream() {}

  /** Draw number n of a seed: SplitMix64's state after n + 1 additions of its constant, mixed. */
  public static double draw(long seed, long n) {
    long z = seed + (n + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    z = z ^ (z >>> 31);
    return (z >>> 11) * 0x1p-53;
  }

  /** Further numbers for a call that was given u: a function of u, and independent of it. */
  public static double hashed(double u, long n) {
    return draw(Double.doubleToRawLongBits(u), n);
  }
}
