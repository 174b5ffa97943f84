package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.logitkernels.Beams;
import org.logitkernels.Kernels;
import org.logitkernels.Workspace;

/** Steps of beam search: the same bits from every backend, those of a sort of all continuations. */
public final class BeamsTarget {
  private static final int LONGEST = 600;

  private BeamsTarget() {}

  /** What a beam may go on with. */
  private record Continuation(int beam, int rank, int token, double score) {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    int beams = cases.between(1, 5);
    int vocabulary = cases.length(LONGEST);
    int width = cases.oneIn(3) ? cases.length(beams * vocabulary + 3) : cases.between(1, 12);
    float temperature = cases.orAny(cases.temperature());
    int from = cases.orAny(cases.between(0, 9));
    int stride = cases.orAny(vocabulary + cases.between(0, 9));
    float[] x = new float[9 + beams * (vocabulary + 9)];
    Arrays.fill(x, Float.NaN);
    double[] scores = new double[beams + cases.between(0, 2)];
    for (int b = 0; b < scores.length; b++) {
      scores[b] =
          cases.oneIn(4) ? Double.NEGATIVE_INFINITY : cases.orAny(-cases.between(0, 4000) / 64.0);
    }
    boolean placed = from >= 0 && from <= 9 && stride >= vocabulary && stride <= vocabulary + 9;
    for (int b = 0; b < beams; b++) {
      float[] row = cases.row(vocabulary);
      boolean read = scores[b] > Double.NEGATIVE_INFINITY; // the row of a dead beam stays NaN
      if (placed && read) {
        System.arraycopy(row, 0, x, from + b * stride, vocabulary);
      }
    }
    int room = Math.clamp(cases.orAny(Math.min(width, beams * vocabulary)), 0, 5000);
    boolean inPlace = cases.oneIn(4);

    float[] copy = x.clone();
    Outcome scalar =
        step(
            Kernels.scalar(),
            x,
            beams,
            vocabulary,
            width,
            temperature,
            from,
            stride,
            scores,
            room,
            inPlace);
    scalar.assertSame(
        step(
            Kernels.named("vector"),
            x,
            beams,
            vocabulary,
            width,
            temperature,
            from,
            stride,
            scores,
            room,
            inPlace),
        "vector");
    assertTrue(Promises.same(copy, x), "the rows were written");
    boolean valid =
        placed
            && temperature > 0
            && temperature < Float.POSITIVE_INFINITY
            && room >= Math.min(width, beams * vocabulary)
            && Arrays.stream(scores).limit(beams).allMatch(s -> s < Double.POSITIVE_INFINITY);
    if (!valid) {
      assertTrue(scalar.failed(), "took bad arguments");
      return;
    }
    if (scalar.failed()) {
      boolean dead =
          Arrays.stream(scores).limit(beams).allMatch(s -> s == Double.NEGATIVE_INFINITY);
      assertTrue(
          dead || hasBadRow(x, beams, vocabulary, from, stride, scores),
          () -> "failed: " + scalar.error());
      return;
    }
    sorted(x, beams, vocabulary, width, temperature, from, stride, scores, room, inPlace)
        .assertSame(scalar, "a sort");
  }

  private static Outcome step(
      Kernels kernels,
      float[] x,
      int beams,
      int vocabulary,
      int width,
      float temperature,
      int from,
      int stride,
      double[] scores,
      int room,
      boolean inPlace) {
    int[] parents = new int[room];
    int[] tokens = new int[room];
    Arrays.fill(parents, -7);
    Arrays.fill(tokens, -7);
    double[] before =
        Arrays.copyOf(scores, inPlace ? Math.max(scores.length, room) : scores.length);
    double[] after = inPlace ? before : new double[room];
    Beams search = Beams.of(beams, vocabulary, width, kernels);
    Outcome outcome =
        Outcome.of(
            notes ->
                notes.add(
                    search.step(x, from, stride, before, temperature, parents, tokens, after)));
    if (outcome.failed()) {
      assertTrue(Arrays.stream(parents).allMatch(p -> p == -7), "parents were written");
      assertTrue(Arrays.stream(tokens).allMatch(t -> t == -7), "tokens were written");
      for (int i = 0; i < scores.length; i++) {
        assertEquals(scores[i], before[i], "scores were written");
      }
    }
    outcome.notes().add(parents);
    outcome.notes().add(tokens);
    outcome.notes().add(after);
    return outcome;
  }

  private static boolean hasBadRow(
      float[] x, int beams, int vocabulary, int from, int stride, double[] scores) {
    for (int b = 0; b < beams; b++) {
      boolean masked = true;
      for (int i = 0; i < vocabulary && scores[b] > Double.NEGATIVE_INFINITY; i++) {
        float logit = x[from + b * stride + i];
        masked &= logit == Float.NEGATIVE_INFINITY;
        if (!(logit < Float.POSITIVE_INFINITY)) {
          return true;
        }
      }
      if (masked && scores[b] > Double.NEGATIVE_INFINITY) {
        return true;
      }
    }
    return false;
  }

  /** What a step must leave: all continuations of all beams, sorted. */
  private static Outcome sorted(
      float[] x,
      int beams,
      int vocabulary,
      int width,
      float temperature,
      int from,
      int stride,
      double[] scores,
      int room,
      boolean inPlace) {
    List<Continuation> all = new ArrayList<>();
    Workspace workspace = Workspace.of(vocabulary);
    int[] ids = new int[vocabulary];
    double[] logs = new double[vocabulary];
    for (int b = 0; b < beams; b++) {
      if (scores[b] > Double.NEGATIVE_INFINITY) {
        int at = from + b * stride;
        int found =
            Kernels.scalar()
                .topLogProbabilities(
                    x, at, at + vocabulary, temperature, vocabulary, workspace, ids, logs);
        for (int i = 0; i < found; i++) {
          all.add(new Continuation(b, i, ids[i], scores[b] + logs[i]));
        }
      }
    }
    all.sort(
        Comparator.comparingDouble((Continuation c) -> -c.score)
            .thenComparingInt(Continuation::beam)
            .thenComparingInt(Continuation::rank));
    int size = Math.min(width, all.size());
    int[] parents = new int[room];
    int[] tokens = new int[room];
    Arrays.fill(parents, -7);
    Arrays.fill(tokens, -7);
    double[] after =
        inPlace ? Arrays.copyOf(scores, Math.max(scores.length, room)) : new double[room];
    for (int i = 0; i < size; i++) {
      parents[i] = all.get(i).beam;
      tokens[i] = all.get(i).token;
      after[i] = all.get(i).score;
    }
    return Outcome.of(
        notes -> {
          notes.add(size);
          notes.add(parents);
          notes.add(tokens);
          notes.add(after);
        });
  }
}
