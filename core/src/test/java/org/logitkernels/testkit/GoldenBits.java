package org.logitkernels.testkit;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.logitkernels.Candidates;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * The hash of everything that all kernels and some chains return on fixed rows.
 *
 * <p>Rows come from integer arithmetic alone, so nothing but the library can change the hash.
 */
public final class GoldenBits {
  /** What the definitions of docs/numerics.md give. It changes only when they do. */
  public static final String SHA_256 =
      "f5e2c7837b8d331e3f3f8f773be6a2ffb5d8134d3e2b389be365c67d10c6246f";

  private static final int[] LENGTHS = {1, 2, 5, 31, 32, 33, 100, 1023, 1024, 1025, 2100, 6001};
  private static final float[] TEMPERATURES = {0.7f, 1, 1.9f, Float.MIN_VALUE, 1e-39f, 1e38f};
  private static final List<SamplerChain> CHAINS =
      List.of(
          SamplerChain.of(),
          SamplerChain.greedy(),
          SamplerChain.of(Step.temperature(0.8f)),
          SamplerChain.of(
              Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f)),
          SamplerChain.of(Step.topP(0.9f), Step.temperature(1.5f), Step.topK(7)),
          SamplerChain.of(Step.minP(0.02f), Step.temperature(0.3f), Step.topP(0.7f)),
          SamplerChain.of(Step.typical(0.8f)),
          SamplerChain.of(Step.topNSigma(1.5f)),
          SamplerChain.of(Step.xtc(0.5f, 0.01f), Step.temperature(1.2f)),
          SamplerChain.of(Step.epsilonCutoff(1e-3f), Step.topH(0.6f)),
          SamplerChain.of(Step.etaCutoff(0.01f), Step.xtc(1, 0.1f)),
          SamplerChain.of(Step.dynamicTemperature(0.5f, 2, 1.5f), Step.topP(0.9f)),
          SamplerChain.of(Step.mirostatV1(3, 0.1f, 100)),
          SamplerChain.of(Step.mirostatV2(3, 0.1f)),
          SamplerChain.of(Step.adaptiveP(0.3f, 0.9f)),
          SamplerChain.of(
              Step.repetitionPenalty(1.3f), Step.dry(0.8f, 1.75f, 2, 64), Step.topP(0.9f)));

  private final MessageDigest digest;
  private final ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
  private final Kernels kernels;

  private GoldenBits(Kernels kernels) throws NoSuchAlgorithmException {
    this.digest = MessageDigest.getInstance("SHA-256");
    this.kernels = kernels;
  }

  /** Prints the hash of the backend named. */
  public static void main(String[] args) {
    System.out.println(sha256(Kernels.named(args[0])));
  }

  /** The hash of a backend, in hexadecimal. */
  public static String sha256(Kernels kernels) {
    try {
      return new GoldenBits(kernels).run();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has SHA-256
    }
  }

  private String run() {
    for (int length : LENGTHS) {
      for (int kind = 0; kind < 5; kind++) {
        float[] row = row(length, kind);
        add(kernels.argMax(row, 0, length));
        add(kernels, row);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void add(Kernels kernels, float[] row) {
    int length = row.length;
    Workspace workspace = Workspace.of(length);
    int[] ids = new int[length];
    float[] floats = new float[length];
    for (float temperature : TEMPERATURES) {
      add(Double.doubleToRawLongBits(kernels.logSumExp(row, 0, length, temperature)));
      kernels.softmax(row, 0, length, temperature, floats, 0);
      add(floats, length);
      kernels.logSoftmax(row, 0, length, temperature, floats, 0);
      add(floats, length);
      for (float p : new float[] {0, 0.5f, 0.95f}) {
        int size = kernels.topP(row, 0, length, temperature, p, workspace, ids, floats);
        add(ids, size);
        add(floats, size);
      }
      for (int i = 0; i < 8; i++) {
        add(kernels.sample(row, 0, length, temperature, i / 8.0, workspace));
      }
    }
    for (int k : new int[] {1, 40, 3000}) {
      int size = kernels.topK(row, 0, length, k, workspace, ids, floats);
      add(ids, size);
      add(floats, size);
    }
    for (SamplerChain chain : CHAINS) {
      Sampler sampler = chain.newSampler(length, 2024, kernels);
      for (int i = 0; i < 4; i++) {
        add(sampler.sample(row));
        add(Float.floatToRawIntBits(sampler.probability()));
        add(Double.doubleToRawLongBits(sampler.logProbability()));
        sampler.accept(sampler.sample(row));
      }
      int[] tokens = new int[3];
      double[] perturbed = new double[3];
      add(sampler.sampleWithoutReplacement(row, 0, length, 3, tokens, perturbed));
      add(tokens, 3);
      for (double logProbability : perturbed) {
        add(Double.doubleToRawLongBits(logProbability));
      }
      Candidates candidates = sampler.candidates();
      for (int i = 0; i < candidates.size(); i++) {
        add(candidates.id(i));
        add(Float.floatToRawIntBits(candidates.probability(i)));
      }
    }
  }

  /** Noise, a peaked row, ties, a masked row, a huge spread: every division is by a power of 2. */
  private static float[] row(int length, int kind) {
    float[] row = new float[length];
    for (int id = 0; id < length; id++) {
      int noise = (id + 1 + 77 * kind) * 0x9e3779b1;
      noise = (noise ^ noise >>> 15) * 0x85ebca6b;
      noise ^= noise >>> 13;
      row[id] =
          switch (kind) {
            case 0 -> (noise >> 12) / 65536f;
            case 1 -> -Integer.numberOfLeadingZeros(noise | 1) - (noise & 0xffff) / 16384f;
            case 2 -> (noise & 7) / 4f - 1;
            case 3 -> (noise & 3) == 0 ? (noise >> 16) / 4096f : Float.NEGATIVE_INFINITY;
            default -> noise / 1024f;
          };
    }
    row[length / 2] = 0.125f;
    return row;
  }

  private void add(float[] values, int size) {
    for (int i = 0; i < size; i++) {
      add(Float.floatToRawIntBits(values[i]));
    }
  }

  private void add(int[] values, int size) {
    for (int i = 0; i < size; i++) {
      add(values[i]);
    }
  }

  private void add(long value) {
    bytes.putLong(0, value);
    digest.update(bytes.array());
  }
}
