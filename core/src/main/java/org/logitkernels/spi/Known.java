package org.logitkernels.spi;

/**
 * What is known of the strips of a row: what {@link RowScratch#maxima} holds.
 *
 * <table>
 *   <caption>What changes it</caption>
 *   <tr><th>event</th><th>from</th><th>to</th></tr>
 *   <tr><td>another row is opened, or the row is changed</td><td>any</td><td>NOTHING</td></tr>
 *   <tr><td>a kernel looks at the row, or widens it</td><td>any</td><td>LOOKED</td></tr>
 *   <tr><td>sums, entropy, deviation by vectors</td><td>NOTHING, STRIPS</td><td>STRIPS</td></tr>
 *   <tr><td>the same</td><td>LOOKED</td><td>LOOKED</td></tr>
 *   <tr><td>the same by scalar kernels</td><td>any</td><td>NOTHING</td></tr>
 *   <tr><td>top-k or min-p fills strips of its own</td><td>any</td><td>NOTHING</td></tr>
 * </table>
 */
public enum Known {
  /** The maxima are of no use. */
  NOTHING,

  /** The maxima are those of the strips of the whole blocks of the row. */
  STRIPS,

  /** The same, also of what follows the whole blocks, and the extremes of the row are known. */
  LOOKED
}
