package org.logitkernels.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/**
 * A preset and the pipeline of the system that it is named after, on random parameters, rows and
 * histories: both reject the parameters, or both give the same probabilities.
 *
 * <p>Each parameter is left out at random, for that is how most people call. Rows are short, so
 * that tokens occur again, and some hold ties or masked tokens. The seed is {@code
 * -Dlogitkernels.peers.seed}, the number of sets {@code -Dlogitkernels.peers.sets}.
 */
final class PresetComparison {
  /** Relative distance from which on a decision is the same in float as in double. */
  private static final double DECIDED = 1e-5;

  /** The share of sets that may be left out of account. */
  private static final double MOST_SKIPPED = 0.05;

  private static final double RELATIVE = 1e-4;
  private static final double ABSOLUTE = 1e-7;

  private final PeerPipeline peer;
  private final Kernels kernels;
  private final SplittableRandom random;

  private Map<String, Number> parameters = Map.of();
  private int[] prompt = {};
  private int[] generated = {};
  private float[] row = {};
  private double u;
  private int rejected;
  private int skipped;
  private double worst;

  private PresetComparison(PeerPipeline peer, Kernels kernels, long seed) {
    this.peer = peer;
    this.kernels = kernels;
    this.random = new SplittableRandom(seed);
  }

  /** Compares so many sets, and prints a line about it. */
  static void compare(PeerPipeline peer, Kernels kernels, int sets) {
    assertEquals(peer.presetVersion(), peer.version(), "the preset and its comparison");
    long seed = Long.getLong("logitkernels.peers.seed", 1);
    int number = Integer.getInteger("logitkernels.peers.sets", sets);
    PresetComparison comparison = new PresetComparison(peer, kernels, seed);
    for (int i = 0; i < number; i++) {
      comparison.compareOne();
    }
    System.out.printf(
        Locale.ROOT,
        "Preset of %s (%s) on %s: seed %d, %d sets, %d rejected by both, %d too near to call,"
            + " worst relative difference %.1e%n",
        peer.system(),
        peer.version(),
        kernels.name(),
        seed,
        number,
        comparison.rejected,
        comparison.skipped,
        comparison.worst);
    assertTrue(comparison.skipped < MOST_SKIPPED * number + 1, "skipped: " + comparison.skipped);
  }

  private void compareOne() {
    parameters = drawParameters();
    int vocabulary = random.nextInt(50) == 0 ? random.nextInt(100, 200) : random.nextInt(5, 61);
    int alphabet = random.nextInt(1, Math.min(vocabulary, 8) + 1);
    prompt = drawTokens(vocabulary, alphabet);
    generated = drawTokens(vocabulary, alphabet);
    SamplerChain chain = null;
    PeerPipeline.Sequence sequence = null;
    String ours = "";
    String theirs = "";
    try {
      chain = peer.preset(parameters);
    } catch (IllegalArgumentException e) {
      ours = e.getMessage();
    }
    try {
      sequence = peer.begin(parameters, prompt);
    } catch (PeerPipeline.Rejected e) {
      theirs = e.getMessage();
    }
    if (chain == null || sequence == null) {
      if (chain != null || sequence != null) {
        fail("rejected by one: here '" + ours + "', there '" + theirs + "'\n" + describe());
      }
      rejected++;
      return;
    }
    Sampler sampler = chain.newSampler(vocabulary, 1, kernels);
    sampler.acceptPrompt(prompt);
    for (int token : generated) {
      sampler.accept(token);
      sequence.accept(token);
    }
    int steps = random.nextInt(4) == 0 ? random.nextInt(2, 7) : 1;
    for (int i = 0; i < steps; i++) {
      row = drawRow(vocabulary);
      u = random.nextDouble();
      PeerPipeline.Decisions decisions = new PeerPipeline.Decisions();
      double[] expected = sequence.next(row, chance(u), decisions);
      if (decisions.margin() < DECIDED) {
        skipped++;
        return;
      }
      int token = compareRow(sampler, expected);
      generated = Arrays.copyOf(generated, generated.length + 1);
      generated[generated.length - 1] = token;
      sampler.accept(token);
      sequence.accept(token);
    }
  }

  /** The number that a step which acts with a probability compares with it: a hash of u. */
  private static double chance(double u) {
    long bits = new SplittableRandom(Double.doubleToRawLongBits(u)).nextLong();
    return (bits >>> 11) * 0x1p-53;
  }

  private int compareRow(Sampler sampler, double[] expected) {
    float[] actual = new float[row.length];
    int token;
    try {
      token = sampler.sample(row, 0, row.length, u);
      sampler.probabilities(actual, 0);
    } catch (RuntimeException e) {
      throw new AssertionError(describe() + "expected: " + Arrays.toString(expected), e);
    }
    for (int i = 0; i < row.length; i++) {
      double larger = Math.max(expected[i], actual[i]);
      double difference = Math.abs(expected[i] - actual[i]);
      if (!(difference <= RELATIVE * larger + ABSOLUTE)) {
        fail(
            ("token " + i + " has " + actual[i] + ", there " + expected[i] + "\n" + describe())
                + ("chain: " + sampler.chain() + "\nhere:  " + Arrays.toString(actual))
                + ("\nthere: " + Arrays.toString(expected)));
      }
      if (larger > 1e-3) {
        worst = Math.max(worst, difference / larger);
      }
    }
    return token;
  }

  private Map<String, Number> drawParameters() {
    Map<String, Number> drawn = new LinkedHashMap<>();
    for (PeerPipeline.Parameter parameter : peer.parameters()) {
      if (random.nextDouble() < parameter.presence()) {
        String name = parameter.names().get(random.nextInt(parameter.names().size()));
        drawn.put(name, drawValue(parameter));
      }
    }
    return drawn;
  }

  private Number drawValue(PeerPipeline.Parameter parameter) {
    if (!parameter.edges().isEmpty() && random.nextInt(3) == 0) {
      return parameter.edges().get(random.nextInt(parameter.edges().size()));
    }
    if (parameter.whole()) {
      return random.nextInt((int) parameter.low(), (int) parameter.high() + 1);
    }
    double value = parameter.low() + random.nextDouble() * (parameter.high() - parameter.low());
    return switch (random.nextInt(3)) {
      case 0 -> (float) value;
      case 1 -> Math.round(value * 10) / 10.0; // as people write them
      default -> value;
    };
  }

  /** Tokens, mostly of a few kinds, so that runs occur again. */
  private int[] drawTokens(int vocabulary, int alphabet) {
    int longest = random.nextInt(8) == 0 ? 150 : 16;
    int[] tokens = new int[random.nextInt(4) == 0 ? 0 : random.nextInt(longest)];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = random.nextInt(random.nextInt(5) == 0 ? vocabulary : alphabet);
    }
    return tokens;
  }

  private float[] drawRow(int vocabulary) {
    float[] drawn = new float[vocabulary];
    double scale = 0.3 + 4 * random.nextDouble();
    boolean coarse = random.nextInt(6) == 0;
    boolean masked = random.nextInt(8) == 0;
    for (int i = 0; i < vocabulary; i++) {
      double sum = 0; // nearly normal, and the same on every platform
      for (int j = 0; j < 6; j++) {
        sum += random.nextDouble() - 0.5;
      }
      double x = scale * Math.sqrt(2) * sum;
      drawn[i] = (float) (coarse ? Math.rint(x) : x);
      if (masked && random.nextInt(4) == 0) {
        drawn[i] = Float.NEGATIVE_INFINITY;
      }
    }
    int best = random.nextInt(vocabulary);
    if (drawn[best] == Float.NEGATIVE_INFINITY) {
      drawn[best] = 1;
    }
    return drawn;
  }

  /** The case, as it can be pasted into a test. */
  private String describe() {
    StringJoiner map = new StringJoiner(", ", "Map.of(", ")");
    parameters.forEach(
        (name, value) ->
            map.add('"' + name + "\", " + value + (value instanceof Float ? "f" : "")));
    StringJoiner logits = new StringJoiner(", ", "{", "}");
    for (float x : row) {
      logits.add(
          x == Float.NEGATIVE_INFINITY
              ? "Float.NEGATIVE_INFINITY"
              : x == (int) x ? String.valueOf((int) x) : x + "f");
    }
    return ("Map<String, Number> parameters = " + map + ";\n")
        + ("int[] prompt = " + braces(prompt) + ";\nint[] generated = " + braces(generated))
        + (";\nfloat[] row = " + logits + ";\ndouble u = " + u + "; // chance " + chance(u) + "\n");
  }

  private static String braces(int[] numbers) {
    return Arrays.toString(numbers).replace('[', '{').replace(']', '}');
  }
}
