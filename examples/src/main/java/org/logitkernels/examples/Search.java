package org.logitkernels.examples;

import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Workspace;

/**
 * The best k of any number of scores, which come chunk by chunk: for a search that scores every
 * embedding of a collection against a query.
 *
 * <p>A score is not a logit, but the top-k kernel does not mind: it compares numbers, and never
 * asks for a probability. Higher is better; distances are negated first.
 *
 * <p>The best are those of one top-k over all scores in one row: by score descending (-0 equals
 * +0), then by lower id, whatever the chunks are, and in whatever order they come. An id is the
 * offset of its chunk plus the place in it, so a collection may be longer than an array.
 *
 * <p>{@code -Infinity} filters an embedding out. NaN and +Infinity are errors, as everywhere: a
 * model that gives them is broken, and a search that passed them over would hide it.
 *
 * <p>Nothing is allocated after the constructor. Not thread-safe: a search for each thread, and
 * {@link #add(Search)} at the end.
 */
final class Search {
  private final Kernels kernels;
  private final Workspace workspace;
  private final int k;

  // The best of a chunk.
  private final int[] places;
  private final float[] values;
  private final long[] chunkIds;

  // The best so far, best first. They change places with the other two when a chunk is merged.
  private long[] ids;
  private float[] scores;
  private long[] otherIds;
  private float[] otherScores;
  private int size;

  /** For the best k, at least 1, of chunks of up to so many scores. */
  Search(Kernels kernels, int k, int chunk) {
    this.kernels = kernels;
    this.workspace = Workspace.of(chunk);
    this.k = k;
    int most = Math.min(k, chunk);
    this.places = new int[most];
    this.values = new float[most];
    this.chunkIds = new long[most];
    this.ids = new long[k];
    this.scores = new float[k];
    this.otherIds = new long[k];
    this.otherScores = new float[k];
  }

  /** Forgets all scores: another query begins. */
  void reset() {
    size = 0;
  }

  /**
   * Takes a chunk of scores into account.
   *
   * @param chunk where they lie: in an array, a buffer or a segment
   * @param offset the id of the first
   * @throws IllegalArgumentException if a score is NaN or +Infinity; then the chunk counts for
   *     nothing, and the search is as it was
   */
  void add(Logits chunk, long offset) {
    if (isFilteredOut(chunk)) {
      return;
    }
    int count;
    // docs/engines.md: chunk
    try {
      count = kernels.topK(chunk, k, workspace, places, values);
    } catch (IllegalArgumentException e) { // as in: logit 17 is NaN
      throw new IllegalArgumentException("chunk from id " + offset + ": " + e.getMessage(), e);
    }
    for (int i = 0; i < count; i++) {
      chunkIds[i] = offset + places[i];
    }
    merge(chunkIds, values, count);
    // docs/engines.md: end
  }

  /** Takes into account what another search has found. */
  void add(Search other) {
    merge(other.ids, other.scores, other.size);
  }

  /** A row in which everything is masked has no best: it is an error of the kernel. */
  private static boolean isFilteredOut(Logits chunk) {
    for (int i = 0; i < chunk.length(); i++) {
      if (chunk.get(i) != Float.NEGATIVE_INFINITY) {
        return false;
      }
    }
    return true;
  }

  // docs/engines.md: merge
  private void merge(long[] theirIds, float[] theirScores, int count) {
    int ours = 0;
    int theirs = 0;
    int merged = 0;
    for (; merged < k && ours + theirs < size + count; merged++) {
      boolean own =
          theirs == count
              || ours < size
                  && (scores[ours] > theirScores[theirs]
                      || scores[ours] == theirScores[theirs] && ids[ours] < theirIds[theirs]);
      otherIds[merged] = own ? ids[ours] : theirIds[theirs];
      otherScores[merged] = own ? scores[ours++] : theirScores[theirs++];
    }
    // docs/engines.md: end
    long[] mergedIds = otherIds;
    float[] mergedScores = otherScores;
    otherIds = ids;
    otherScores = scores;
    ids = mergedIds;
    scores = mergedScores;
    size = merged;
  }

  /** How many have been found: k, or fewer if there are fewer. */
  int size() {
    return size;
  }

  /** The id of the i-th best. */
  long id(int i) {
    return ids[i];
  }

  /** Its score. */
  float score(int i) {
    return scores[i];
  }
}
