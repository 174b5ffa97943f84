package org.logitkernels.testkit;

import java.util.List;

/**
 * The rows of logits that the golden bits are of, each with a temperature that brings out what it
 * is for.
 *
 * <p>They come from integers, divisions by powers of 2 and products that are exact: nothing but the
 * library can change a hash. A kind that is added goes to the end of its group, so that the others
 * stay as they are.
 */
enum GoldenRow {
  /** Noise. */
  NOISE(0.7f, (id, noise, length) -> (noise >> 12) / 65536f),
  /** Few tokens have most of the mass. */
  PEAKED(
      1,
      (id, noise, length) -> -Integer.numberOfLeadingZeros(noise | 1) - (noise & 0xffff) / 16384f),
  /** Eight values. */
  TIES(1, (id, noise, length) -> (noise & 7) / 4f - 1),
  /** Three of four tokens are masked. */
  MASKED(
      1.9f,
      (id, noise, length) -> (noise & 3) == 0 ? (noise >> 16) / 4096f : Float.NEGATIVE_INFINITY),
  /** A huge spread. */
  SPREAD(1e4f, (id, noise, length) -> noise / 1024f),

  /** Every logit far above 0: x / T * log2(e) is over 65,536. */
  FAR_UP(1, (id, noise, length) -> 3_000_000 + (noise & 63) / 4f),
  /** Every logit far below 0. */
  FAR_DOWN(1, (id, noise, length) -> -100_000 - (noise & 4095) / 128f),
  /** Blocks whose maxima lie on either side of 65,536 ln 2, at most 130 ln 2 from it. */
  EDGE_UP(1, (id, noise, length) -> 45_426 + offset(id) - (noise & 4095) / 128f),
  /** The same with the sign changed: the best blocks are the nearer ones. */
  EDGE_DOWN(1, (id, noise, length) -> -45_426 + offset(id) - (noise & 4095) / 128f),
  /** Maxima around 65,536, at a temperature that makes powers of 2 of them. */
  HALF_EDGE_UP(1.442695f, (id, noise, length) -> 65_536 + halfOffset(id) - (noise & 63) / 2f),
  /** The same with the sign changed. */
  HALF_EDGE_DOWN(1.442695f, (id, noise, length) -> -65_536 + halfOffset(id) - (noise & 63) / 2f),
  /** Such maxima by way of a low temperature. */
  COLD_EDGE(0.013f, (id, noise, length) -> 590.5f + offset(id) / 64f - (noise & 4095) / 16384f),
  /** Logits in half steps: at this temperature every other power of 2 is one of k + 1/2. */
  HALF_STEPS(1.442695f, (id, noise, length) -> (noise >>> 24) / 2f - 100 - 2.5f * (id >>> 10)),
  /** Low numbers where others have -Infinity; a block of them alone, one with the best token. */
  SOFT_MASKS(
      0.8f,
      (id, noise, length) -> {
        if (id == 1_500) {
          return 9;
        }
        boolean open = (noise & 3) == 0 && id >>> 10 != 1 && id >>> 10 != 2;
        return open ? (noise >> 16) / 4096f : softMask(noise);
      }),
  /** Nothing but those. */
  SOFT_ONLY(1.3f, (id, noise, length) -> softMask(noise)),
  /** Every other block is masked, but not the last. */
  MASKED_BLOCKS(
      1,
      (id, noise, length) ->
          ((id ^ length - 1) >>> 10 & 1) == 0 ? (noise >> 12) / 65536f : Float.NEGATIVE_INFINITY),
  /** The blocks' maxima lie far apart. */
  RAMP(1, (id, noise, length) -> (noise >> 12) / 65536f + 21 * (3 * (id >>> 10) & 3)),
  /** One value, whose power of 2 is none. */
  FLAT(1, (id, noise, length) -> 30.390625f),
  /** Logits of the order of the lowest temperature there is. */
  TINY(Float.MIN_VALUE, (id, noise, length) -> (noise >> 26) * Float.MIN_VALUE),
  /** Logits of the order of the highest. */
  HUGE(1e38f, (id, noise, length) -> (noise >> 8) * 0x1p104f);

  /** As they come. */
  static final List<GoldenRow> ORDINARY = List.of(values()).subList(0, FAR_UP.ordinal());

  /** Each for a case that the definition of the weights tells apart. */
  static final List<GoldenRow> SPECIAL =
      List.of(values()).subList(FAR_UP.ordinal(), values().length);

  final float temperature;
  private final Logit logit;

  GoldenRow(float temperature, Logit logit) {
    this.temperature = temperature;
    this.logit = logit;
  }

  @FunctionalInterface
  private interface Logit {
    float of(int id, int noise, int length);
  }

  float[] logits(int length) {
    float[] row = new float[length];
    for (int id = 0; id < length; id++) {
      int noise = (id + 1 + 77 * ordinal()) * 0x9e3779b1;
      noise = (noise ^ noise >>> 15) * 0x85ebca6b;
      noise ^= noise >>> 13;
      row[id] = logit.of(id, noise, length);
    }
    if (ORDINARY.contains(this)) {
      row[length / 2] = 0.125f; // so that one is not masked
    }
    return row;
  }

  private static int offset(int id) {
    return switch (id >>> 10 & 7) {
      case 0 -> -9;
      case 1 -> 7;
      case 2 -> -2;
      case 3 -> 4;
      case 4 -> -60;
      case 5 -> 88;
      case 6 -> 30;
      default -> -88;
    };
  }

  private static int halfOffset(int id) {
    return switch (id >>> 10 & 7) {
      case 0 -> 3;
      case 1 -> -2;
      case 2 -> -12;
      case 3 -> 8;
      case 4 -> 129;
      case 5 -> -129;
      case 6 -> -40;
      default -> 60;
    };
  }

  private static float softMask(int noise) {
    return (noise & 4) == 0 ? -Float.MAX_VALUE : -1e9f;
  }
}
