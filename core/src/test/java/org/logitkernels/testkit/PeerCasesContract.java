package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import org.logitkernels.Candidates;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** The cases of other samplers' own tests, replayed; where this library differs, a test says so. */
public interface PeerCasesContract extends KernelsUnderTest {
  /** Cases with a result of its own here. */
  Set<String> DIFFERENT =
      Set.of("uniform, k=1 keeps all ties", "ctor rejects", "uniform unchanged");

  /** Top-k, by the set that is kept. */
  @Example
  default void peersTopK() {
    for (JsonNode peer : cases("top_k", 3)) {
      assertKept(peer, kept(peer, Step.topK(peer.at("/params/k").asInt())));
    }
    for (JsonNode peer : cases("top_k_mask_logits", 4)) {
      assertKept(peer, Step.topK(peer.at("/params/k").asInt()));
    }
  }

  /** Top-p, by the set that is kept: 0.5 + 0.3 reaches 0.8. */
  @Example
  default void peersTopP() {
    for (JsonNode peer : cases("top_p", 4)) {
      assertKept(peer, kept(peer, Step.topP((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Min-p, by the set that is kept. */
  @Example
  default void peersMinP() {
    for (JsonNode peer : cases("min_p", 5)) {
      assertKept(peer, kept(peer, Step.minP((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Typical, by the set that is kept or its size. */
  @Example
  default void peersTypical() {
    for (JsonNode peer : cases("typical", 4)) {
      assertKept(peer, kept(peer, Step.typical((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Epsilon and eta cutoffs, likewise. */
  @Example
  default void peersCutoffs() {
    for (JsonNode peer : cases("epsilon", 4)) {
      float epsilon = (float) peer.at("/params/epsilon").asDouble();
      assertKept(peer, kept(peer, Step.epsilonCutoff(epsilon)));
    }
    for (JsonNode peer : cases("eta", 3)) {
      float epsilon = (float) peer.at("/params/epsilon").asDouble();
      assertKept(peer, kept(peer, Step.etaCutoff(epsilon)));
    }
  }

  /** Top-h, likewise. */
  @Example
  default void peersTopH() {
    for (JsonNode peer : cases("top_h", 4)) {
      float h = (float) peer.at("/params/h").asDouble();
      assertKept(peer, Step.topH(h, peer.at("/params/top_n").asInt()));
    }
  }

  private static Step kept(JsonNode peer, Step step) {
    JsonNode least = peer.at("/params/min_keep");
    return least.isMissingNode() ? step : step.minKeep(least.asInt());
  }

  /** Renormalised probabilities after top-k and top-p. */
  @Example
  default void peersRenormalisedProbabilities() {
    for (JsonNode peer : cases("top_k_renorm", 4)) {
      assertRenormalised(peer, Step.topK(peer.at("/params/k").asInt()));
    }
    for (JsonNode peer : cases("top_p_renorm", 4)) {
      assertRenormalised(peer, Step.topP((float) peer.at("/params/p").asDouble()));
    }
  }

  /** Softmax. */
  @Example
  default void peersSoftmax() {
    for (JsonNode peer : cases("softmax", 4)) {
      float[] expected = floats(peer.get("expected_probs"));
      float tolerance = (float) peer.get("tol_abs").asDouble();
      assertArrayEquals(expected, softmax(logits(peer), 1), tolerance);
    }
  }

  /** Log-softmax: its exponentials sum to 1 and are the softmax. */
  @Example
  default void peersLogSoftmax() {
    for (JsonNode peer : cases("log_softmax", 2)) {
      float[] x = logits(peer);
      float[] logs = new float[x.length];
      kernels().logSoftmax(x, 0, x.length, 1, logs, 0);
      float[] softmax = softmax(x, 1);
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += StrictMath.exp(logs[i]);
        assertEquals(softmax[i], StrictMath.exp(logs[i]), 1e-6);
      }
      assertEquals(1, sum, 1e-6);
    }
  }

  /** Temperature: a uniform row stays so, another one sharpens and smooths. */
  @Example
  default void peersTemperature() {
    for (JsonNode peer : cases("temperature", 2)) {
      float[] x = logits(peer);
      float[] plain = softmax(x, 1);
      float[] sharp = softmax(x, (float) peer.at("/params/temperature/0").asDouble());
      float[] smooth = softmax(x, (float) peer.at("/params/temperature/1").asDouble());
      if (peer.get("name").asText().equals("uniform stays uniform")) {
        assertArrayEquals(plain, sharp, 1e-3f);
        assertArrayEquals(plain, smooth, 1e-3f);
      } else {
        assertTrue(max(sharp) > max(plain) && max(plain) > max(smooth));
        assertTrue(min(sharp) < min(plain) && min(plain) < min(smooth));
      }
      assertArrayEquals(EntryPoint.bits(logits(peer)), EntryPoint.bits(x));
    }
  }

  /** Hugging Face keeps every tie at the k-th value; here exactly k tokens survive. */
  @Example
  default void differenceHuggingFaceKeepsAllTiesAtKAndWeKeepExactlyK() {
    JsonNode peer = different("uniform, k=1 keeps all ties");
    float[] x = logits(peer);
    assertEquals(x.length, ids(peer.get("expected_kept_mask")).length);
    int k = peer.at("/params/k").asInt();
    assertArrayEquals(IntStream.range(0, k).toArray(), Chains.ids(candidates(x, Step.topK(k))));
  }

  /**
   * Hugging Face's typical keeps every tie at the last distance from the entropy; here ties go to
   * lower ids, as everywhere.
   */
  @Example
  default void differenceHuggingFaceKeepsAllTiesOfTypicalAndWeKeepTheMassAskedFor() {
    JsonNode peer = different("uniform unchanged");
    float[] x = logits(peer);
    assertEquals(x.length, ids(peer.get("expected_kept_mask")).length);
    Step step = kept(peer, Step.typical((float) peer.at("/params/p").asDouble()));
    assertArrayEquals(new int[] {0, 1, 2}, Chains.ids(candidates(x, step)));
  }

  /** Hugging Face rejects a temperature of 0; here a kernel does and a chain is greedy. */
  @Example
  default void differenceHuggingFaceRejectsTemperatureZeroAndOurChainsAreGreedy() {
    JsonNode peer = different("ctor rejects");
    assertArrayEquals(new float[] {0, -1}, floats(peer.at("/params/temperature")));
    for (float t : new float[] {0, -1}) {
      assertThrows(IllegalArgumentException.class, () -> softmax(new float[] {1, 2}, t));
    }
    assertThrows(IllegalArgumentException.class, () -> Step.temperature(-1));
    assertArrayEquals(
        new int[] {1}, Chains.ids(candidates(new float[] {1, 2}, Step.temperature(0))));
  }

  private static List<JsonNode> cases(String op, int count) {
    List<JsonNode> cases = new ArrayList<>();
    for (JsonNode peer : Fixtures.json("peer-cases.json").get("cases")) {
      if (peer.get("op").asText().equals(op) && !DIFFERENT.contains(peer.get("name").asText())) {
        cases.add(peer);
      }
    }
    assertEquals(count, cases.size(), op);
    return cases;
  }

  private static JsonNode different(String name) {
    for (JsonNode peer : Fixtures.json("peer-cases.json").get("cases")) {
      if (peer.get("name").asText().equals(name)) {
        return peer;
      }
    }
    throw new AssertionError(name);
  }

  /** The case's logits, or the logs of its probabilities. */
  private static float[] logits(JsonNode peer) {
    if (peer.has("logits")) {
      return floats(peer.get("logits"));
    }
    float[] logs = new float[peer.get("probs").size()];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) StrictMath.log(peer.get("probs").get(i).asDouble());
    }
    return logs;
  }

  private static float[] floats(JsonNode numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers.get(i).asDouble();
    }
    return floats;
  }

  private static int[] ids(JsonNode mask) {
    return IntStream.range(0, mask.size()).filter(i -> mask.get(i).asInt() == 1).toArray();
  }

  private void assertKept(JsonNode peer, Step step) {
    int[] kept = Chains.ids(candidates(logits(peer), step));
    if (peer.has("kept_count")) {
      assertEquals(peer.get("kept_count").asInt(), kept.length, peer.toString());
    } else {
      Arrays.sort(kept);
      assertArrayEquals(ids(peer.get("expected_kept_mask")), kept, peer.toString());
    }
  }

  private void assertRenormalised(JsonNode peer, Step step) {
    float[] x = logits(peer);
    Candidates candidates = candidates(x, step);
    float[] probabilities = new float[x.length];
    for (int i = 0; i < candidates.size(); i++) {
      probabilities[candidates.id(i)] = candidates.probability(i);
    }
    float[] expected = floats(peer.get("expected_probs"));
    float tolerance = (float) peer.get("tol_abs").asDouble();
    assertArrayEquals(expected, probabilities, tolerance, peer.toString());
    for (int i = 0; i < x.length; i++) {
      assertEquals(expected[i] == 0, probabilities[i] == 0, peer.toString());
    }
  }

  private Candidates candidates(float[] x, Step step) {
    Sampler sampler = SamplerChain.of(step).newSampler(x.length, 1, kernels());
    sampler.sample(x);
    return sampler.candidates();
  }

  private float[] softmax(float[] x, float temperature) {
    float[] probabilities = new float[x.length];
    kernels().softmax(x, 0, x.length, temperature, probabilities, 0);
    return probabilities;
  }

  private static double max(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).max().orElseThrow();
  }

  private static double min(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).min().orElseThrow();
  }
}
