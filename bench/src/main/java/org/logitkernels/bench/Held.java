package org.logitkernels.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Workspace;

/** The vector backend on rows as engines hold them: in native memory, as floats or as halves. */
final class Held implements Workload {
  private final Kernels kernels = Kernels.named("vector");
  private final ElementType type;

  /**
   * Whether some rows come as an array, some as a segment over one, and the others in native
   * memory: always the same ones, so that no more memory is read than otherwise.
   */
  private final boolean mixed;

  private final Workspace workspace;
  private final float[] out;
  private final float[][] seen = new float[2 * BenchRows.COUNT][];
  private final MemorySegment[] held = new MemorySegment[2 * BenchRows.COUNT];
  private final MemorySegment[] views = new MemorySegment[2 * BenchRows.COUNT];
  private final Logits row = Logits.of(new float[1]);
  private String text = "";
  private Sampler sampler;
  private long[] allowed = {};

  Held(String name, int vocabulary) {
    this.mixed = name.equals("mixed");
    this.type =
        switch (name) {
          case "float16" -> ElementType.FLOAT16;
          case "bfloat16" -> ElementType.BFLOAT16;
          default -> ElementType.FLOAT32;
        };
    this.workspace = Workspace.of(vocabulary);
    this.out = new float[vocabulary];
    this.sampler = SamplerChain.of().newSampler(vocabulary, 1, kernels);
  }

  /** Rounds a row to what its element type holds. */
  void round(float[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] =
          switch (type) {
            case FLOAT32 -> x[i];
            case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(x[i]));
            case BFLOAT16 -> Float.intBitsToFloat(Float.floatToRawIntBits(x[i]) & 0xffff0000);
          };
    }
  }

  /** The place of a row; it is copied where the engine would have it when first met. */
  private int place(float[] x) {
    int i = 0;
    while (i < seen.length - 1 && seen[i] != x && seen[i] != null) {
      i++;
    }
    if (seen[i] != x) {
      seen[i] = x;
      held[i] = Arena.ofAuto().allocate((long) type.bytes() * x.length, 64);
      for (int j = 0; j < x.length; j++) {
        switch (type) {
          case FLOAT32 -> held[i].setAtIndex(ValueLayout.JAVA_FLOAT, j, x[j]);
          case FLOAT16 -> held[i].setAtIndex(ValueLayout.JAVA_SHORT, j, Float.floatToFloat16(x[j]));
          case BFLOAT16 ->
              held[i].setAtIndex(
                  ValueLayout.JAVA_SHORT, j, (short) (Float.floatToRawIntBits(x[j]) >> 16));
        }
      }
      views[i] = MemorySegment.ofArray(x);
    }
    return i;
  }

  /** The row as it comes this time. */
  private Logits row(float[] x) {
    int place = place(x);
    int form = mixed ? place % 3 : 0;
    return switch (form) {
      case 0 -> row.at(held[place], 0, x.length, type);
      case 1 -> row.at(x);
      default -> row.at(views[place], 0, x.length, type);
    };
  }

  @Override
  public int argMax(float[] x) {
    return kernels.argMax(row(x), workspace);
  }

  @Override
  public double logSumExp(float[] x) {
    return kernels.logSumExp(row(x), 1, workspace);
  }

  @Override
  public float[] softmax(float[] x) {
    kernels.softmax(row(x), 1, workspace, out, 0);
    return out;
  }

  @Override
  public float[] logSoftmax(float[] x) {
    kernels.logSoftmax(row(x), 1, workspace, out, 0);
    return out;
  }

  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    return kernels.topK(row(x), k, workspace, ids, values);
  }

  @Override
  public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    return kernels.topP(row(x), temperature, p, workspace, ids, probabilities);
  }

  @Override
  public int topPToken(float[] x, float temperature, float p, double u) {
    return token(x, "temperature=" + temperature + ", top_p=" + p, u);
  }

  @Override
  public int chain(float[] x, double u) {
    return token(x, "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8", u);
  }

  @Override
  public int draw(float[] x, float temperature, double u) {
    return kernels.sample(row(x), temperature, u, workspace);
  }

  @Override
  public int token(float[] x, String chain, double u) {
    if (!chain.equals(text)) { // one chain to a benchmark
      text = chain;
      sampler = Library.withHistory(chain, x.length, kernels);
      allowed = Library.allowed(chain, x.length);
    }
    if (allowed.length > 0) {
      sampler.allow(allowed);
    }
    return sampler.sample(row(x), u);
  }
}
