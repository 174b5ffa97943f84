package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.Tag;
import org.logitkernels.Candidates;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;

/** The cases of other samplers' own tests, replayed; where this library differs, a test says so. */
public interface PeerCasesContract extends KernelsUnderTest {
  /** Cases with a result of their own here: a test of each says which, and why. */
  Set<String> DIFFERENT =
      Set.of("uniform, k=1 keeps all ties", "ctor rejects", "uniform unchanged");

  /** How many cases of each op are replayed, the different ones apart. */
  Map<String, Integer> REPLAYED =
      Map.ofEntries(
          Map.entry("top_k", 3),
          Map.entry("top_k_mask_logits", 4),
          Map.entry("top_p", 4),
          Map.entry("min_p", 5),
          Map.entry("typical", 4),
          Map.entry("epsilon", 4),
          Map.entry("eta", 3),
          Map.entry("top_h", 4),
          Map.entry("top_k_renorm", 4),
          Map.entry("top_p_renorm", 4),
          Map.entry("softmax", 4),
          Map.entry("log_softmax", 2),
          Map.entry("temperature", 2),
          Map.entry("repetition_penalty", 2), // in HistoryContract
          Map.entry("chain_speculative", 1),
          Map.entry("sampling_freq", 1),
          Map.entry("sampling_nan_rows", 1),
          Map.entry("nan_inf_remove", 2));

  /** No case is passed over: each is of an op that is replayed, or different. */
  @Example
  default void everyPeerCaseIsReplayed() {
    Map<String, Integer> counts = new HashMap<>();
    Set<String> different = new HashSet<>();
    for (JsonNode peer : Fixtures.json("peer-cases.json").get("cases")) {
      if (DIFFERENT.contains(peer.get("name").asText())) {
        assertTrue(different.add(peer.get("name").asText()), peer.toString());
      } else {
        counts.merge(peer.get("op").asText(), 1, Integer::sum);
      }
    }
    assertEquals(REPLAYED, counts);
    assertEquals(DIFFERENT, different);
  }

  /** Top-k, by the set that is kept. */
  @Example
  default void peersTopK() {
    for (JsonNode peer : cases("top_k")) {
      assertKept(peer, kept(peer, Step.topK(peer.at("/params/k").asInt())));
    }
    for (JsonNode peer : cases("top_k_mask_logits")) {
      assertKept(peer, Step.topK(peer.at("/params/k").asInt()));
    }
  }

  /** Top-p, by the set that is kept: 0.5 + 0.3 reaches 0.8. */
  @Example
  default void peersTopP() {
    for (JsonNode peer : cases("top_p")) {
      assertKept(peer, kept(peer, Step.topP((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Min-p, by the set that is kept. */
  @Example
  default void peersMinP() {
    for (JsonNode peer : cases("min_p")) {
      assertKept(peer, kept(peer, Step.minP((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Typical, by the set that is kept or its size. */
  @Example
  default void peersTypical() {
    for (JsonNode peer : cases("typical")) {
      assertKept(peer, kept(peer, Step.typical((float) peer.at("/params/p").asDouble())));
    }
  }

  /** Epsilon and eta cutoffs, likewise. */
  @Example
  default void peersCutoffs() {
    for (JsonNode peer : cases("epsilon")) {
      float epsilon = (float) peer.at("/params/epsilon").asDouble();
      assertKept(peer, kept(peer, Step.epsilonCutoff(epsilon)));
    }
    for (JsonNode peer : cases("eta")) {
      float epsilon = (float) peer.at("/params/epsilon").asDouble();
      assertKept(peer, kept(peer, Step.etaCutoff(epsilon)));
    }
  }

  /** Top-h, likewise. */
  @Example
  default void peersTopH() {
    for (JsonNode peer : cases("top_h")) {
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
    for (JsonNode peer : cases("top_k_renorm")) {
      assertRenormalised(peer, Step.topK(peer.at("/params/k").asInt()));
    }
    for (JsonNode peer : cases("top_p_renorm")) {
      assertRenormalised(peer, Step.topP((float) peer.at("/params/p").asDouble()));
    }
  }

  /** Softmax. */
  @Example
  default void peersSoftmax() {
    for (JsonNode peer : cases("softmax")) {
      float[] expected = floats(peer.get("expected_probs"));
      float tolerance = (float) peer.get("tol_abs").asDouble();
      assertArrayEquals(expected, softmax(logits(peer), 1), tolerance);
    }
  }

  /** Log-softmax: its exponentials sum to 1 and are the softmax. */
  @Example
  default void peersLogSoftmax() {
    for (JsonNode peer : cases("log_softmax")) {
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
    for (JsonNode peer : cases("temperature")) {
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

  /** A chain of drafted tokens; the -1 behind those that came out are not written here. */
  @Example
  default void peersChainSpeculative() {
    for (JsonNode peer : cases("chain_speculative")) {
      float[] draft = matrix(peer.at("/params/draft_probs"));
      float[] target = matrix(peer.at("/params/target_probs"));
      int[] ids = ints(peer.at("/params/draft_ids"));
      int[] expected = ints(peer.get("expected_ids_out"));
      for (double u : new double[] {0, 0.5, Math.nextDown(1.0)}) {
        int[] out = new int[ids.length + 1];
        Arrays.fill(out, -1);
        double[] us = new double[out.length];
        Arrays.fill(us, u);
        int vocabulary = draft.length / ids.length;
        assertEquals(
            peer.get("emitted").asInt() + 1,
            Speculative.verify(ids, vocabulary, draft, target, us, out),
            "the tokens of the draft, and one");
        assertArrayEquals(expected, out);
      }
    }
  }

  /**
   * Frequencies, of whole rows with masked tokens, of top-p and of top-k: each vocabulary and each
   * distribution meets each share of masked tokens, p and k once. What has no probability is never
   * drawn.
   *
   * <p>FlashInfer asks of 5,000,000 draws that the cosine between frequencies and probabilities is
   * above 0.99. Here it is asked where fewer are enough and cheap: 200 for each token in effect,
   * {@code 1 / sum(p^2)}, and 2,000; a false alarm in 100,000. Everywhere, of 200 draws where no
   * more are needed, chi-square is asked of the tokens in groups of at least a tenth of the mass
   * each, which makes 9 degrees of freedom at most; a false alarm in 10,000,000. The seeds are
   * fixed: it passes always or never.
   */
  @Example
  @Tag("once")
  default void peersFrequencies() {
    for (JsonNode peer : cases("sampling_freq")) {
      int cosines = 0;
      for (int v = 0; v < 3; v++) {
        for (int d = 0; d < 3; d++) {
          int vocabulary = peer.at("/params/vocab/" + v).asInt();
          SplittableRandom random = new SplittableRandom(10 * v + d);
          float[] x = logits(random, peer.at("/params/distributions/" + d).asText(), vocabulary);
          int value = (v + d) % 3;
          int k = peer.at("/params/k/" + value).asInt();
          float p = (float) peer.at("/params/p/" + value).asDouble();
          Oracle oracle = new Oracle(x, 1);
          cosines += assertFrequencies(x, oracle, k, Step.topK(k));
          cosines +=
              assertFrequencies(x, oracle, oracle.nucleus(p, Accuracy.TOTAL).most(), Step.topP(p));
          double masked = peer.at("/params/zero_ratio/" + value).asDouble();
          for (int left = (int) (vocabulary * masked); left > 0; ) {
            int id = random.nextInt(vocabulary);
            left -= x[id] > Float.NEGATIVE_INFINITY ? 1 : 0;
            x[id] = Float.NEGATIVE_INFINITY;
          }
          cosines += assertFrequencies(x, new Oracle(x, 1), vocabulary);
        }
      }
      assertEquals(13, cosines, "cosines that were looked at");
    }
  }

  private static float[] logits(SplittableRandom random, String distribution, int length) {
    double scale = Double.parseDouble(distribution.replaceAll(".*\\(|\\)", ""));
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] =
          (float)
              (scale
                  * (distribution.startsWith("normal")
                      ? random.nextGaussian()
                      : -StrictMath.log(-StrictMath.log(random.nextDouble(1e-20, 1)))));
    }
    return x;
  }

  /** Draws from a chain that keeps the best few; returns how many cosines it looked at. */
  private int assertFrequencies(float[] x, Oracle oracle, int size, Step... steps) {
    double[] expected = new double[x.length];
    double total = Arrays.stream(oracle.order()).limit(size).mapToDouble(oracle::weight).sum();
    Arrays.stream(oracle.order())
        .limit(size)
        .forEach(id -> expected[id] = oracle.weight(id) / total);
    double squares = Arrays.stream(expected).map(p -> p * p).sum();
    int enough = (int) Math.max(2_000, 200 / squares);
    boolean tells = (long) enough * x.length < 65_000_000;
    int draws = tells ? enough : 200;
    Sampler sampler = SamplerChain.of(steps).newSampler(x.length, 3, kernels());
    int[] counts = new int[x.length];
    for (int n = 0; n < draws; n++) {
      counts[sampler.sample(x)]++;
    }
    double product = 0;
    double countSquares = 0;
    double chiSquare = 0;
    double mass = 0;
    int count = 0;
    double rest = 1;
    for (int id = 0; id < x.length; id++) {
      assertTrue(expected[id] > 0 || counts[id] == 0, "drawn: " + id);
      product += expected[id] * counts[id];
      countSquares += (double) counts[id] * counts[id];
      mass += expected[id];
      count += counts[id];
      rest -= expected[id];
      if (mass >= 0.1 && rest >= 0.1 || id == x.length - 1) {
        chiSquare += (count - draws * mass) * (count - draws * mass) / (draws * mass);
        mass = 0;
        count = 0;
      }
    }
    assertTrue(chiSquare < 50.2, "chi-square " + chiSquare);
    if (!tells) {
      return 0;
    }
    double cosine = product / Math.sqrt(squares * countSquares);
    assertTrue(cosine > 0.99, "cosine " + cosine);
    return 1;
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

  /**
   * FlashInfer draws token 0 from a row of NaN, and says so if asked; here it is an error that no
   * caller can overlook, and the stream's position stays.
   */
  @Example
  default void differenceFlashInferDrawsToken0FromRowsOfNanAndWeRejectThem() {
    for (JsonNode peer : cases("sampling_nan_rows")) {
      for (JsonNode vocab : peer.at("/params/vocab")) {
        int vocabulary = vocab.asInt();
        for (JsonNode batch : peer.at("/params/batch")) {
          float[] rows = new float[batch.asInt() * vocabulary];
          SplittableRandom random = new SplittableRandom(7);
          for (int i = 0; i < rows.length; i++) {
            rows[i] = i < vocabulary ? Float.NaN : (float) random.nextGaussian();
          }
          for (Step step :
              List.of(Step.temperature(1), Step.topK(10), Step.topP(0.5f), Step.minP(0.1f))) {
            Sampler sampler = SamplerChain.of(step).newSampler(vocabulary, 1, kernels());
            Failures.illegalArgument("logit 0 is NaN", () -> sampler.sample(rows, 0, vocabulary));
            assertEquals(0, sampler.position());
            for (int from = vocabulary; from < rows.length; from += vocabulary) {
              int token = sampler.sample(rows, from, from + vocabulary);
              assertTrue(token >= 0 && token < vocabulary);
            }
            assertEquals(batch.asInt() - 1, sampler.position());
          }
        }
      }
    }
  }

  /**
   * Hugging Face's InfNanRemoveLogitsProcessor makes 0 of NaN and the largest floats of infinities;
   * here NaN and +Infinity are errors, and -Infinity, which nothing revives, masks a token.
   */
  @Example
  default void differenceHuggingFaceRepairsNanAndInfinityAndWeRejectThem() {
    for (JsonNode peer : cases("nan_inf_remove")) {
      float[] x = logits(peer);
      float[] repaired = floats(peer.get("expected_logits"));
      int bad = 0;
      while (x[bad] < Float.POSITIVE_INFINITY) {
        bad++;
      }
      String message = "logit " + bad + " is " + x[bad];
      Failures.illegalArgument(message, () -> candidates(x, Step.topP(0.5f)));
      Failures.illegalArgument(message, () -> softmax(x, 1));
      x[bad] = repaired[bad];
      List<Integer> kept = Arrays.stream(Chains.ids(candidates(x, Step.minP(0)))).boxed().toList();
      for (int i = 0; i < x.length; i++) {
        assertEquals(x[i] > Float.NEGATIVE_INFINITY, kept.contains(i));
      }
    }
  }

  private static List<JsonNode> cases(String op) {
    List<JsonNode> cases = new ArrayList<>();
    for (JsonNode peer : Fixtures.json("peer-cases.json").get("cases")) {
      if (peer.get("op").asText().equals(op) && !DIFFERENT.contains(peer.get("name").asText())) {
        cases.add(peer);
      }
    }
    assertEquals(REPLAYED.get(op), cases.size(), op);
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
      floats[i] = (float) Double.parseDouble(numbers.get(i).asText()); // NaN is a text
    }
    return floats;
  }

  private static float[] matrix(JsonNode rows) {
    float[] matrix = new float[rows.size() * rows.get(0).size()];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = (float) rows.get(i / rows.get(0).size()).get(i % rows.get(0).size()).asDouble();
    }
    return matrix;
  }

  private static int[] ints(JsonNode numbers) {
    return IntStream.range(0, numbers.size()).map(i -> numbers.get(i).asInt()).toArray();
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
