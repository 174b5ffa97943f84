package org.logitkernels.spi;

/**
 * What is known of the strips of a row: what {@link RowScratch#maxima} holds.
 *
 * <table>
 *   <caption>What changes it</caption>
 *   <tr><th>event</th><th>from</th><th>to</th></tr>
 *   <tr><td>another row is opened, or the row is changed</td><td>any</td><td>NOTHING</td></tr>
 *   <tr><td>vector kernels look at the row in parts, widen it, or penalise it</td><td>any</td>
 *       <td>LOOKED</td></tr>
 *   <tr><td>sums, entropy, divergence, moments by vectors; top-p by vectors, which sums</td>
 *       <td>NOTHING, STRIPS</td><td>STRIPS</td></tr>
 *   <tr><td>the same</td><td>LOOKED</td><td>LOOKED</td></tr>
 *   <tr><td>sums, entropy, divergence, moments, penalties by scalar kernels, or of a row shorter
 *       than the virtual lanes</td><td>any</td><td>NOTHING</td></tr>
 *   <tr><td>top-k or min-p fills strips of its own, as every scalar top-k does</td><td>any</td>
 *       <td>NOTHING</td></tr>
 *   <tr><td>any other kernel</td><td>any</td><td>the same</td></tr>
 * </table>
 *
 * <p>Kernels of two backends may answer in one row, while they are exchanged. So a scalar kernel
 * that writes over the maxima says so, although scalar kernels rely on nothing that is known.
 */
public enum Known {
  /** The maxima are of no use. */
  NOTHING,

  /** The maxima are those of the strips of the whole blocks of the row. */
  STRIPS,

  /** The same, also of what follows the whole blocks, and the extremes of the row are known. */
  LOOKED
}
