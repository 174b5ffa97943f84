package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What is kept beside a history, such as counts and contexts, is what a look at the whole history
 * finds: whatever was added, taken back, copied and forgotten, and however seldom somebody looks.
 */
class FollowingTest {
  private static final int VOCABULARY = 640;

  /** More than the first of these different tokens are many. */
  private static final int FEW = VOCABULARY / TokenCounts.SHARE_OF_MANY;

  private final SplittableRandom random = new SplittableRandom(5);

  /** A history, and the same in a list. */
  private static final class Both {
    History history = new History(true);
    List<Integer> tokens = new ArrayList<>();
    int prompt;

    Both copy() {
      Both copy = new Both();
      copy.history = history.copy();
      copy.tokens = new ArrayList<>(tokens);
      copy.prompt = prompt;
      return copy;
    }
  }

  private void step(Both both, int alphabet) {
    int what = random.nextInt(40);
    if (what == 0) {
      both.history.clear();
      both.tokens.clear();
      both.prompt = 0;
    } else if (what == 1) {
      int[] prompt = random.ints(random.nextInt(60), 0, alphabet).toArray();
      both.history.addPrompt(prompt);
      for (int token : prompt) {
        both.tokens.add(token);
      }
      both.prompt = both.tokens.size();
    } else if (what < 9) {
      int most = both.tokens.size() - both.prompt;
      int count = random.nextInt(Math.min(most, random.nextBoolean() ? 3 : most) + 1);
      both.history.removeLast(count);
      both.tokens.subList(both.tokens.size() - count, both.tokens.size()).clear();
    } else {
      for (int i = random.nextInt(6); i >= 0; i--) {
        int token = random.nextInt(alphabet);
        both.history.add(token);
        both.tokens.add(token);
      }
    }
  }

  @Test
  void countsFollow() {
    boolean many = false;
    for (int alphabet : new int[] {1, 5, FEW, FEW + 1, VOCABULARY}) {
      Both both = new Both();
      Both other = both;
      for (int i = 0; i < 600; i++) {
        step(both, alphabet);
        if (random.nextInt(30) == 0) {
          other = both.copy();
        }
        if (random.nextInt(8) == 0) {
          Both swap = both;
          both = other;
          other = swap;
        }
        int last = new int[] {1, 3, 20, 100, Integer.MAX_VALUE}[random.nextInt(5)];
        boolean prompt = random.nextBoolean();
        TokenCounts counts = both.history.counts(last, prompt, VOCABULARY);
        many |= counts.isMany();
        check(both, last, prompt, counts);
      }
    }
    assertTrue(many);
  }

  private static void check(Both both, int last, boolean prompt, TokenCounts counts) {
    int size = both.tokens.size();
    int start = Math.max(prompt ? 0 : both.prompt, size - Math.min(last, size));
    Map<Integer, Integer> expected = new HashMap<>();
    for (int token : both.tokens.subList(start, size)) {
      expected.merge(token, 1, Integer::sum);
    }
    for (int token = 0; token < VOCABULARY; token++) {
      int count = expected.getOrDefault(token, 0);
      assertEquals(count, counts.get(token));
      if (counts.isMany()) {
        assertEquals(count > 0, (counts.present()[token >> 6] >>> token & 1) != 0);
      }
    }
    if (!counts.isMany()) {
      assertTrue(counts.few().size() <= FEW);
      assertEquals(expected.size(), counts.few().size());
    }
  }

  /**
   * What repeats: a short alphabet, a period, a period with errors, or what stood shortly before.
   */
  private int token(List<Integer> tokens, int kind, int alphabet, int period) {
    int size = tokens.size();
    return switch (kind) {
      case 0 -> random.nextInt(alphabet);
      case 1 -> size % period;
      case 2 -> random.nextInt(30) == 0 ? random.nextInt(period) : size % period;
      default ->
          size < 9 || random.nextInt(9) == 0
              ? random.nextInt(alphabet)
              : tokens.get(size - 1 - random.nextInt(1, 4) * 2);
    };
  }

  /** Of each token the longest repetition that it would go on, in any window. */
  @Test
  void repetitionsFollow() {
    long lengths = 0;
    for (int run = 0; run < 1500; run++) {
      int width = random.nextInt(1, random.nextBoolean() ? 3 : 7);
      int kind = random.nextInt(4);
      int alphabet = random.nextInt(1, random.nextBoolean() ? 4 : 20);
      int period = random.nextInt(1, 21);
      Both both = new Both();
      Both other = both;
      for (int i = 0; i < 40; i++) {
        if (random.nextInt(3) == 0) {
          step(both, alphabet);
        }
        for (int more = random.nextInt(random.nextInt(6) == 0 ? 80 : 5); more > 0; more--) {
          int token = token(both.tokens, kind, alphabet, period);
          both.history.add(token);
          both.tokens.add(token);
        }
        if (random.nextInt(10) == 0) {
          Both swap = both;
          both = random.nextBoolean() ? other : both.copy();
          other = swap;
        }
        if (random.nextInt(3) > 0) {
          int size = both.tokens.size();
          int start = random.nextInt(3) == 0 ? 0 : random.nextInt(size + 1);
          Map<Integer, Integer> expected = longest(both.tokens, width, start);
          assertEquals(expected, found(both.history, width, start), "width " + width);
          lengths += expected.size();
        }
      }
    }
    assertTrue(lengths > 40_000, () -> "few were compared");
  }

  private static Map<Integer, Integer> longest(List<Integer> tokens, int width, int start) {
    Map<Integer, Integer> longest = new HashMap<>();
    int size = tokens.size();
    for (int at = start + 1; at < size; at++) {
      int length = 0;
      while (at - 1 - length >= start
          && tokens.get(at - 1 - length).equals(tokens.get(size - 1 - length))) {
        length++;
      }
      if (length >= width) {
        longest.merge(tokens.get(at), length, Math::max);
      }
    }
    return longest;
  }

  private static Map<Integer, Integer> found(History history, int width, int start) {
    Repetitions repetitions = history.repetitions(width);
    Map<Integer, Integer> found = new HashMap<>();
    int place = repetitions.latest(history);
    for (; place >= start + width; place = repetitions.earlier(place)) {
      int token = history.token(place);
      assertEquals(place, repetitions.latest(history, token));
      assertNull(found.put(token, repetitions.longest(history, place, start)));
    }
    return found;
  }

  @Test
  void breakersFollow() {
    int[] breakers = {2, 5};
    Both both = new Both();
    Both other = both;
    for (int i = 0; i < 3000; i++) {
      step(both, 40);
      if (random.nextInt(20) == 0) {
        Both swap = both;
        both = random.nextBoolean() ? other : both.copy();
        other = swap;
      }
      if (random.nextBoolean()) {
        int last = Math.max(both.tokens.lastIndexOf(2), both.tokens.lastIndexOf(5));
        assertEquals(last, both.history.breakers(breakers).last());
      }
    }
  }

  /** Tokens behind a context, from none to many and back. */
  @Test
  void setsFollow() {
    Both both = new Both();
    Both other = both;
    int vocabulary = 100 * TokenCounts.SHARE_OF_MANY; // so that sets of a list are there too
    boolean list = false;
    boolean many = false;
    boolean grows = true;
    for (int i = 0; i < 4000; i++) {
      grows = random.nextInt(grows ? 200 : 20) == 0 ? !grows : grows;
      for (int j = 0; j < 4; j++) {
        int most = both.tokens.size();
        if (grows || random.nextInt(3) == 0 || most < 5) {
          int context = random.nextInt(random.nextInt(1, 13));
          int[] pair = {context, 12 + random.nextInt(vocabulary - 12)};
          for (int token : pair) {
            both.history.add(token);
            both.tokens.add(token);
          }
        } else {
          int count = Math.min(most, random.nextInt(9));
          both.history.removeLast(count);
          both.tokens.subList(most - count, most).clear();
        }
      }
      int last = random.nextInt(12);
      both.history.add(last);
      both.tokens.add(last);
      if (random.nextInt(50) == 0) {
        Both swap = both;
        both = random.nextBoolean() ? other : both.copy();
        other = swap;
      }
      if (random.nextInt(20) == 0) {
        Contexts contexts = both.history.contexts(1, vocabulary);
        int known = contexts.known(both.history);
        TreeSet<Integer> next = new TreeSet<>();
        for (int at = 1; at < both.tokens.size(); at++) {
          if (both.tokens.get(at - 1).equals(both.tokens.getLast())) {
            next.add(both.tokens.get(at));
          }
        }
        TokenSet set = known == Contexts.NONE ? null : contexts.set(known);
        if (set == null) {
          assertTrue(next.size() <= Contexts.LISTED);
        } else {
          assertTrue(next.size() > Contexts.LISTED / 2);
          assertEquals(next.size(), set.size());
          for (int token = 0; token < vocabulary; token++) {
            assertEquals(next.contains(token), set.contains(token));
          }
          assertEquals(set.isMany() ? 0 : next.size(), set.few().size());
          many |= set.isMany();
          list |= !set.isMany();
        }
      }
    }
    assertTrue(list && many);
  }

  /** The index of a set that is dropped goes to the last set, and the last one's to the next. */
  @Test
  void setsAreDropped() {
    History history = new History(true);
    int[][] grown = {{1, 60}, {0, 70}, {1, 10}, {1, -10}, {0, -40}, {2, 70}, {1, 0}};
    int next = 10;
    Contexts contexts = history.contexts(1, 64 * VOCABULARY);
    for (int[] each : grown) {
      for (int i = 0; i < each[1]; i++) {
        history.add(each[0]);
        history.add(next++);
      }
      history.removeLast(Math.max(0, -2 * each[1]));
      contexts = history.contexts(1, 64 * VOCABULARY);
    }
    for (int context = 0; context < 3; context++) {
      history.add(context);
      int known = history.contexts(1, 64 * VOCABULARY).known(history);
      TokenSet set = contexts.set(known);
      assertEquals(new int[] {-1, 60, 70}[context], set == null ? -1 : set.size());
      history.removeLast(1);
    }
  }

  /** Tokens that are counted as they are read. */
  private static final class Counting extends Tokens {
    private long read;

    Counting() {
      super(true);
    }

    @Override
    public int token(int at) {
      read++;
      return super.token(at);
    }
  }

  /**
   * Whatever repeats, a token that comes in, a look for repetitions and a token that goes out read
   * few tokens, and hardly more of a history 64 times as long.
   */
  @Test
  void whatRepeatsIsNotRead() {
    for (int period : new int[] {1, 2, 10, 100, 1000, -2, -10, -1000}) {
      long[] most = new long[2];
      int[] sizes = {2_000, 128_000};
      for (int i = 0; i < 2; i++) {
        Counting history = new Counting();
        Repetitions repetitions = new Repetitions(2);
        for (int at = 0; at < sizes[i]; at++) {
          history.add(period > 0 ? at % period : random.nextInt(-period));
          repetitions.follow(history);
        }
        for (int at = sizes[i]; at < sizes[i] + 50; at++) {
          history.read = 0;
          history.add(period > 0 ? at % period : random.nextInt(-period));
          repetitions.follow(history);
          int different = 1;
          int place = repetitions.latest(history);
          int start = at % 2 * sizes[i] / 2;
          for (; place >= start + 2; place = repetitions.earlier(place)) {
            repetitions.longest(history, place, start);
            different++;
          }
          repetitions.cut(history, at);
          history.removeLast(1);
          most[i] = Math.max(most[i], history.read / different);
          history.add(period > 0 ? at % period : random.nextInt(-period));
        }
      }
      String figures = "period " + period + ": " + most[0] + ", then " + most[1] + " tokens";
      assertTrue(most[1] <= 100, figures);
      assertTrue(most[1] <= most[0] + 40, figures);
    }
  }

  /** A table that cannot grow says how much is in it. */
  @Test
  void theLargestTableHasAnError() {
    assertEquals(128, Contexts.slotsFor(62, 128));
    assertEquals(256, Contexts.slotsFor(63, 128));
    assertEquals(1 << 30, Contexts.slotsFor((1 << 28) - 1, 1 << 29));
    assertEquals(1 << 30, Contexts.slotsFor((1 << 29) - 2, 1 << 30));
    OutOfMemoryError e =
        assertThrows(OutOfMemoryError.class, () -> Contexts.slotsFor((1 << 29) - 1, 1 << 30));
    assertEquals(
        "536870911 contexts, and tokens behind them, are all that a table holds", e.getMessage());
  }

  @Test
  void contextsFollow() {
    for (int alphabet : new int[] {1, 2, 3, 50}) {
      Both both = new Both();
      Both other = both;
      for (int i = 0; i < 500; i++) {
        step(both, alphabet);
        if (random.nextInt(30) == 0) {
          other = both.copy();
        }
        if (random.nextInt(8) == 0) {
          Both swap = both;
          both = other;
          other = swap;
        }
        int width = new int[] {1, 2, 3, 7, 40}[random.nextInt(5)];
        check(both, width);
      }
    }
  }

  private static void check(Both both, int width) {
    int size = both.tokens.size();
    List<Integer> places = new ArrayList<>();
    TreeSet<Integer> next = new TreeSet<>();
    for (int at = size - 1; at >= width; at--) {
      if (both.tokens.subList(at - width, at).equals(both.tokens.subList(size - width, size))) {
        places.add(at);
        next.add(both.tokens.get(at));
      }
    }
    Contexts contexts = both.history.contexts(width, VOCABULARY);
    int known = contexts.known(both.history);
    assertEquals(places.isEmpty() ? Contexts.NONE : places.getLast(), known);
    if (known == Contexts.NONE) {
      return;
    }
    List<Integer> tokens = new ArrayList<>();
    for (int at = contexts.latest(known); at != Contexts.NONE; at = contexts.earlier(at)) {
      tokens.add(both.tokens.get(at));
    }
    assertEquals(next.size(), tokens.size());
    assertEquals(next, new TreeSet<>(tokens));
  }

  /** Tokens that are not kept can be taken back, whatever looks at them. */
  @Test
  void tokensThatAreNotKeptAreNone() {
    History history = new History(false);
    for (int i = 0; i < 3; i++) {
      assertEquals(Contexts.NONE, history.contexts(1, 9).known(history));
      assertEquals(Contexts.NONE, history.repetitions(1).latest(history));
      assertEquals(-1, history.breakers(new int[] {7}).last());
      assertEquals(0, history.counts(5, false, VOCABULARY).few().size());
      history.add(7);
      history.add(7);
      history.removeLast(1);
    }
    assertEquals(3, history.generated());
  }

  /** Tokens that cannot be read after a while, as if the stack had come to its end there. */
  private static final class Failing extends Tokens {
    private int left;

    Failing() {
      super(true);
    }

    @Override
    public int token(int at) {
      if (left-- == 0) {
        throw new StackOverflowError();
      }
      return super.token(at);
    }
  }

  /** After an error in the middle, counts and contexts are those of the history again. */
  @Test
  void whatFailedInTheMiddleIsMadeAnew() {
    for (int failAt = 0; failAt < 120; failAt++) {
      Failing history = new Failing();
      TokenCounts counts = new TokenCounts(20, true, VOCABULARY);
      Contexts contexts = new Contexts(2, VOCABULARY);
      Repetitions repetitions = new Repetitions(2);
      history.left = Integer.MAX_VALUE;
      for (int i = 0; i < 40; i++) {
        history.add(random.nextInt(failAt % 3 == 0 ? 3 : 20));
        if (i == 15) {
          counts.follow(history);
          contexts.follow(history);
          repetitions.follow(history);
        }
      }
      history.left = failAt;
      boolean cuts = failAt % 2 == 0;
      try {
        counts.follow(history);
        if (cuts) {
          counts.cut(history, 30);
        }
      } catch (StackOverflowError e) {
        assertEquals(-1, history.left);
      }
      history.left = failAt;
      try {
        contexts.follow(history);
        if (cuts) {
          contexts.cut(history, 30);
        }
      } catch (StackOverflowError e) {
        assertEquals(-1, history.left);
      }
      history.left = failAt;
      try {
        repetitions.follow(history);
        if (cuts) {
          repetitions.cut(history, 30);
        }
      } catch (StackOverflowError e) {
        assertEquals(-1, history.left);
      }
      history.left = Integer.MAX_VALUE;
      if (cuts) {
        counts.cut(history, 30);
        contexts.cut(history, 30);
        repetitions.cut(history, 30);
        history.removeLast(10);
      }
      counts.follow(history);
      contexts.follow(history);
      TokenCounts freshCounts = new TokenCounts(20, true, VOCABULARY);
      Contexts freshContexts = new Contexts(2, VOCABULARY);
      freshCounts.follow(history);
      freshContexts.follow(history);
      repetitions.follow(history);
      Repetitions freshRepetitions = new Repetitions(2);
      freshRepetitions.follow(history);
      int last = repetitions.latest(history);
      assertEquals(freshRepetitions.latest(history), last, "failed at " + failAt);
      if (last != Contexts.NONE) {
        assertEquals(
            freshRepetitions.longest(history, last, 0), repetitions.longest(history, last, 0));
      }
      for (int token = 0; token < 20; token++) {
        assertEquals(freshCounts.get(token), counts.get(token), "failed at " + failAt);
      }
      int known = contexts.known(history);
      assertEquals(freshContexts.known(history), known, "failed at " + failAt);
      int at = known == Contexts.NONE ? known : contexts.latest(known);
      while (at != Contexts.NONE) {
        assertEquals(freshContexts.earlier(at), contexts.earlier(at));
        at = contexts.earlier(at);
      }
    }
  }

  /**
   * Lists that have shrunk and grown hold what they should, and what is put behind a gap is found.
   */
  @Test
  void listsShrink() {
    TokenMap map = new TokenMap();
    Map<Integer, Integer> expected = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      int token = random.nextInt(i % 50_000 < 100 ? 4000 : 60);
      if (random.nextInt(10_000) == 0) {
        map.clear();
        expected.clear();
      } else if (random.nextInt(5) < 3) {
        map.add(token);
        expected.merge(token, 1, Integer::sum);
      } else if (expected.containsKey(token)) {
        map.subtract(token);
        expected.computeIfPresent(token, (t, n) -> n == 1 ? null : n - 1);
      }
      assertEquals(expected.size(), map.size());
      assertEquals(expected.getOrDefault(token, 0), map.get(token));
    }
    for (int token = 0; token < 4000; token++) {
      assertEquals(expected.getOrDefault(token, 0), map.get(token));
    }
  }
}
