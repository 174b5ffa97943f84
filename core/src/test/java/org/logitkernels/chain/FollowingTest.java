package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What is kept beside a history, counts and contexts, is what a look at the whole history finds:
 * whatever was added, taken back, copied and forgotten, and however seldom somebody looks.
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
    Contexts all = both.history.contexts(width, false);
    List<Integer> found = new ArrayList<>();
    for (int at = all.latest(both.history); at != Contexts.NONE; at = all.earlier(at)) {
      found.add(at);
    }
    assertEquals(places, found);
    Contexts distinct = both.history.contexts(width, true);
    List<Integer> tokens = new ArrayList<>();
    for (int at = distinct.latest(both.history); at != Contexts.NONE; at = distinct.earlier(at)) {
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
      assertEquals(Contexts.NONE, history.contexts(1, i > 0).latest(history));
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
      Contexts contexts = new Contexts(2, false);
      history.left = Integer.MAX_VALUE;
      for (int i = 0; i < 40; i++) {
        history.add(random.nextInt(20));
        if (i == 15) {
          counts.follow(history);
          contexts.follow(history);
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
      history.left = Integer.MAX_VALUE;
      if (cuts) {
        counts.cut(history, 30);
        contexts.cut(history, 30);
        history.removeLast(10);
      }
      counts.follow(history);
      contexts.follow(history);
      TokenCounts freshCounts = new TokenCounts(20, true, VOCABULARY);
      Contexts freshContexts = new Contexts(2, false);
      freshCounts.follow(history);
      freshContexts.follow(history);
      for (int token = 0; token < 20; token++) {
        assertEquals(freshCounts.get(token), counts.get(token), "failed at " + failAt);
      }
      int at = contexts.latest(history);
      assertEquals(freshContexts.latest(history), at, "failed at " + failAt);
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
