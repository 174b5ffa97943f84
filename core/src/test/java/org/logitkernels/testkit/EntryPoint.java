package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.logitkernels.Kernels;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * A way into the library that reads a row: every kernel, and chains that begin with each kind of
 * step.
 *
 * @param name what it is, for the report of a failure
 * @param reader the call
 */
public record EntryPoint(String name, Reader reader) {
  /** All of them. */
  public static final List<EntryPoint> ALL =
      List.of(
          new EntryPoint("argMax", (kernels, x, from, to, out) -> kernels.argMax(x, from, to)),
          new EntryPoint(
              "logSumExp", (kernels, x, from, to, out) -> kernels.logSumExp(x, from, to, 1)),
          new EntryPoint(
              "softmax",
              (kernels, x, from, to, out) -> kernels.softmax(x, from, to, 1, out.floats, 3)),
          new EntryPoint(
              "softmax in place",
              (kernels, x, from, to, out) -> kernels.softmax(x, from, to, 1, x, from)),
          new EntryPoint(
              "logSoftmax",
              (kernels, x, from, to, out) -> kernels.logSoftmax(x, from, to, 1, out.floats, 3)),
          new EntryPoint(
              "logSoftmax in place",
              (kernels, x, from, to, out) -> kernels.logSoftmax(x, from, to, 1, x, from)),
          new EntryPoint(
              "topK",
              (kernels, x, from, to, out) ->
                  kernels.topK(x, from, to, 2, workspace(from, to), out.ids, out.floats)),
          new EntryPoint(
              "topP",
              (kernels, x, from, to, out) ->
                  kernels.topP(x, from, to, 1, 0.5f, workspace(from, to), out.ids, out.floats)),
          new EntryPoint(
              "sample",
              (kernels, x, from, to, out) ->
                  kernels.sample(x, from, to, 1, 0.5, workspace(from, to))),
          new EntryPoint(
              "topKMaskLogits",
              (kernels, x, from, to, out) ->
                  kernels.topKMaskLogits(x, from, to, 2, workspace(from, to), out.floats, 3)),
          new EntryPoint(
              "topKMaskLogits in place",
              (kernels, x, from, to, out) ->
                  kernels.topKMaskLogits(x, from, to, 2, workspace(from, to), x, from)),
          new EntryPoint(
              "topKRenormalize",
              (kernels, x, from, to, out) ->
                  kernels.topKRenormalize(x, from, to, 1, 2, workspace(from, to), out.floats, 3)),
          new EntryPoint(
              "topPRenormalize",
              (kernels, x, from, to, out) ->
                  kernels.topPRenormalize(
                      x, from, to, 1, 0.5f, workspace(from, to), out.floats, 3)),
          new EntryPoint(
              "topPRenormalize in place",
              (kernels, x, from, to, out) ->
                  kernels.topPRenormalize(x, from, to, 1, 0.5f, workspace(from, to), x, from)),
          new EntryPoint(
              "minPRenormalize",
              (kernels, x, from, to, out) ->
                  kernels.minPRenormalize(
                      x, from, to, 1, 0.5f, workspace(from, to), out.floats, 3)),
          chain(),
          chain(Step.temperature(0)),
          chain(Step.temperature(0.7f)),
          chain(Step.topK(1)),
          chain(Step.topK(Integer.MAX_VALUE)),
          chain(Step.topP(0.9f)),
          chain(Step.topP(0)),
          chain(Step.topP(1)),
          chain(Step.minP(0.1f)),
          chain(Step.minP(1)),
          chain(Step.topK(2), Step.temperature(0.7f), Step.topP(0.9f), Step.minP(0.1f)),
          chain(Step.temperature(Float.MIN_VALUE), Step.topP(0.9f), Step.topK(2)));

  /** The call: reads a row, writes to the outputs. */
  @FunctionalInterface
  public interface Reader {
    /** Reads the row. */
    void read(Kernels kernels, float[] logits, int from, int to, Outputs outputs);
  }

  /**
   * Arrays that show whether they were written.
   *
   * @param floats room for a row and more
   * @param ids as much
   */
  public record Outputs(float[] floats, int[] ids) {
    private static final float FLOAT_SENTINEL = -12345.678f;
    private static final int ID_SENTINEL = -12345;

    private Outputs(int length) {
      this(new float[length + 6], new int[length + 6]);
      Arrays.fill(floats, FLOAT_SENTINEL);
      Arrays.fill(ids, ID_SENTINEL);
    }

    private void assertUntouched(String name) {
      for (float value : floats) {
        assertEquals(FLOAT_SENTINEL, value, name);
      }
      for (int id : ids) {
        assertEquals(ID_SENTINEL, id, name);
      }
    }
  }

  private static Workspace workspace(int from, int to) {
    return Workspace.of(Math.max(1, to - from));
  }

  private static EntryPoint chain(Step... steps) {
    SamplerChain chain = SamplerChain.of(steps);
    return new EntryPoint(
        "chain [" + chain + "]",
        (kernels, x, from, to, out) ->
            chain.newSampler(Math.max(1, to - from), 1, kernels).sample(x, from, to));
  }

  /** Calls it on a copy of the array and returns that: the same bits, unless it works in place. */
  public float[] call(Kernels kernels, float[] array, int from, int to) {
    float[] copy = array.clone();
    reader.read(kernels, copy, from, to, new Outputs(to - from));
    return copy;
  }

  /** Fails with this error, before anything is written. */
  public void assertFails(
      Kernels kernels,
      float[] array,
      int from,
      int to,
      Class<? extends Throwable> type,
      String message) {
    float[] copy = array.clone();
    Outputs outputs = new Outputs(Math.max(0, to - from));
    Throwable thrown =
        assertThrows(
            type, () -> reader.read(kernels, copy, from, to, outputs), name + ": " + message);
    assertEquals(message, thrown.getMessage(), name);
    outputs.assertUntouched(name);
    assertArrayEquals(bits(array), bits(copy), name);
  }

  /** The raw bits of floats: what tells -0 from +0 and one NaN from another. */
  public static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
