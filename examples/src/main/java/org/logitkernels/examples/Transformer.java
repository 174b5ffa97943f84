package org.logitkernels.examples;

import java.util.ArrayList;
import java.util.List;
import org.logitkernels.Kernels;

/**
 * The forward pass of a Llama model, one token at a time: RMS norm, rotary positions, attention
 * over the cached keys and values (several query heads may share one), and a gated feed-forward
 * block. Not thread-safe; after the constructor nothing is allocated.
 *
 * <p>Every sum has a fixed order and every transcendental function is {@code StrictMath}'s, so that
 * a seed tells the same story on every machine.
 */
final class Transformer {
  private static final float NORM_EPSILON = 1e-5f;
  private static final double ROTATION_BASE = 10_000;

  private final Checkpoint model;
  private final Kernels kernels;

  /**
   * What attention remembers for one key/value head of one layer: row t of the keys belongs to
   * position t, and so does column t of the values, which makes weighing them a product of rows
   * too.
   */
  private record Memory(Matrix keys, Matrix values) {}

  /** Layer by layer, and in a layer head by head. */
  private final List<Memory> memories = new ArrayList<>();

  private final float[] cosines;
  private final float[] sines;

  private final float[] stream; // the residual stream
  private final float[] normed;
  private final float[] query;
  private final float[] keyValue;
  private final float[] scores;
  private final float[] attended;
  private final float[] update;
  private final float[] gate;
  private final float[] up;
  private final float[] logits;

  /** Prepares for positions 0 to {@code positions} - 1. */
  Transformer(Checkpoint model, Kernels kernels, int positions) {
    this.model = model;
    this.kernels = kernels;
    int dim = model.dim;
    int keyValueDim = model.keyValueDim();
    int headSize = model.headSize();
    for (int i = 0; i < model.layers * model.keyValueHeads; i++) {
      memories.add(
          new Memory(Matrix.zeros(positions, headSize), Matrix.zeros(headSize, positions)));
    }
    int pairs = headSize / 2;
    cosines = new float[positions * pairs];
    sines = new float[positions * pairs];
    for (int i = 0; i < cosines.length; i++) {
      double frequency = StrictMath.pow(ROTATION_BASE, -(double) (i % pairs) / pairs);
      double angle = i / pairs * frequency;
      cosines[i] = (float) StrictMath.cos(angle);
      sines[i] = (float) StrictMath.sin(angle);
    }
    stream = new float[dim];
    normed = new float[dim];
    query = new float[dim];
    keyValue = new float[keyValueDim];
    scores = new float[positions];
    attended = new float[dim];
    update = new float[dim];
    gate = new float[model.hiddenDim];
    up = new float[model.hiddenDim];
    logits = new float[model.vocabularySize];
  }

  /**
   * The logits of the token that follows {@code token} at {@code position}: valid until the next
   * call.
   */
  float[] forward(int token, int position) {
    float[] hidden = hidden(token, position);
    model.classifier.multiply(model.vocabularySize, model.dim, hidden, 0, logits, 0);
    return logits;
  }

  /** The hidden state that the classifier makes these logits of: valid until the next call. */
  float[] hidden(int token, int position) {
    model.embedding.copyRow(token, stream);
    for (int layer = 0; layer < model.layers; layer++) {
      attend(layer, position);
      feedForward(layer);
    }
    norm(model.finalNorm);
    return normed;
  }

  private void attend(int layer, int position) {
    int dim = model.dim;
    int headSize = model.headSize();
    int firstMemory = layer * model.keyValueHeads;
    norm(model.attentionNorm.get(layer));
    model.query.get(layer).multiply(dim, dim, normed, 0, query, 0);
    rotate(query, position);
    model.key.get(layer).multiply(keyValue.length, dim, normed, 0, keyValue, 0);
    rotate(keyValue, position);
    for (int i = 0; i < keyValue.length; i++) {
      memories.get(firstMemory + i / headSize).keys().set(position, i % headSize, keyValue[i]);
    }
    model.value.get(layer).multiply(keyValue.length, dim, normed, 0, keyValue, 0);
    for (int i = 0; i < keyValue.length; i++) {
      memories.get(firstMemory + i / headSize).values().set(i % headSize, position, keyValue[i]);
    }

    int seen = position + 1;
    float temperature = (float) StrictMath.sqrt(headSize);
    int queriesPerKey = model.heads / model.keyValueHeads;
    for (int head = 0; head < model.heads; head++) {
      int from = head * headSize;
      Memory memory = memories.get(firstMemory + head / queriesPerKey);
      memory.keys().multiply(seen, headSize, query, from, scores, 0);
      kernels.softmax(scores, 0, seen, temperature, scores, 0);
      memory.values().multiply(headSize, seen, scores, 0, attended, from);
    }
    model.output.get(layer).multiply(dim, dim, attended, 0, update, 0);
    add(update);
  }

  private void feedForward(int layer) {
    int dim = model.dim;
    int hidden = model.hiddenDim;
    norm(model.feedForwardNorm.get(layer));
    model.gate.get(layer).multiply(hidden, dim, normed, 0, gate, 0);
    model.up.get(layer).multiply(hidden, dim, normed, 0, up, 0);
    for (int i = 0; i < hidden; i++) {
      float sigmoid = (float) (1 / (1 + StrictMath.exp(-gate[i])));
      gate[i] *= sigmoid * up[i];
    }
    model.down.get(layer).multiply(dim, hidden, gate, 0, update, 0);
    add(update);
  }

  /** Scales the residual stream to a mean square of 1, times the weights, into {@link #normed}. */
  private void norm(float[] weights) {
    double squares = 0;
    for (float x : stream) {
      squares += (double) x * x;
    }
    float scale = (float) (1 / StrictMath.sqrt(squares / stream.length + NORM_EPSILON));
    for (int i = 0; i < stream.length; i++) {
      normed[i] = weights[i] * (scale * stream[i]);
    }
  }

  /** Rotates each pair of neighbours in every head by an angle that grows with the position. */
  private void rotate(float[] x, int position) {
    int pairs = model.headSize() / 2;
    for (int i = 0; i < x.length; i += 2) {
      float cosine = cosines[position * pairs + i / 2 % pairs];
      float sine = sines[position * pairs + i / 2 % pairs];
      float even = x[i];
      float odd = x[i + 1];
      x[i] = even * cosine - odd * sine;
      x[i + 1] = even * sine + odd * cosine;
    }
  }

  private void add(float[] x) {
    for (int i = 0; i < stream.length; i++) {
      stream[i] += x[i];
    }
  }
}
