package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/**
 * Tells how long a repetition each token would go on. The tokens are those that came behind the
 * context at the history's end before. Of each, what counts is the longest run of tokens that ends
 * there and here alike.
 *
 * <p>{@link Contexts} knows which places have the same context. Here each context has a list of its
 * tokens, of each the last place where it came behind the context. {@link SuffixOrder} finds the
 * longest run. A token takes 48 bytes beside those of its contexts, or up to 104 where arrays have
 * grown and are not yet full.
 */
final class Repetitions extends Following {
  private static final int NONE = Contexts.NONE;

  /** So many places have room from the start on. */
  static final int FIRST_ROOM = 64;

  // What each place has, as a record: its neighbours in the list of its context, the last first.

  private static final int OLDER = 0;
  private static final int NEWER = 1;

  /** Of the first place of a context, the first of its list. */
  private static final int HEAD = 2;

  private static final int LINKS = 3;

  private final int width;
  private final Contexts contexts;
  private final SuffixOrder order;
  private int[] links;

  /** Contexts are {@code width} tokens long, at least 1. */
  Repetitions(int width) {
    this.width = width;
    contexts = new Contexts(width, 0);
    order = new SuffixOrder(width, contexts, FIRST_ROOM);
    links = new int[FIRST_ROOM * LINKS];
  }

  private Repetitions(Repetitions other) {
    super(other);
    int room = Math.max(FIRST_ROOM, to);
    width = other.width;
    contexts = other.contexts.copy();
    order = new SuffixOrder(other.order, contexts, room);
    links = Arrays.copyOf(other.links, room * LINKS);
  }

  @Override
  Repetitions copy() {
    return new Repetitions(this);
  }

  /** Whether contexts are so long. */
  boolean isOf(int width) {
    return this.width == width;
  }

  @Override
  void clear() {
    super.clear();
    contexts.clear();
  }

  // What is asked for.

  /** Of the places where a token came behind the context at the end, the last; or none. */
  int latest(Tokens history) {
    int known = contexts.known(history);
    return known < 0 ? NONE : links[known * LINKS + HEAD];
  }

  /** The last of the places before one of these where another token came. */
  int earlier(int place) {
    int before = links[place * LINKS + OLDER];
    if (before >= place || before < NONE) {
      throw RowErrors.shared();
    }
    return before;
  }

  /** The last place where a token came behind the context at the end; or {@link Contexts#NONE}. */
  int latest(Tokens history, int token) {
    int known = contexts.known(history);
    int pair = known < 0 ? NONE : contexts.pair(history, known, token);
    return pair < 0 ? NONE : order.last(pair);
  }

  /**
   * The longest run at the end that the token of a place would go on, from a start of the history
   * on.
   */
  int longest(Tokens history, int place, int start) {
    return order.longest(history, to, place, start);
  }

  // Changes.

  @Override
  void add(Tokens history) {
    contexts.add(history);
    int place = to;
    if (place >= width) {
      reserve(place + 1);
      int known = contexts.first(place);
      int pair = contexts.pair(place);
      if (known == place) {
        links[known * LINKS + HEAD] = NONE;
      }
      if (pair != place) {
        unlink(known, order.last(pair));
      }
      int head = links[known * LINKS + HEAD];
      links[place * LINKS + OLDER] = head;
      links[place * LINKS + NEWER] = NONE;
      if (head != NONE) {
        links[head * LINKS + NEWER] = place;
      }
      links[known * LINKS + HEAD] = place;
      order.insert(history, place, pair);
    }
    to = place + 1;
  }

  @Override
  void removeLast(Tokens history) {
    int place = to - 1;
    to = place;
    if (place >= width) {
      int known = contexts.first(place);
      int pair = contexts.pair(place);
      int older = links[place * LINKS + OLDER];
      links[known * LINKS + HEAD] = older;
      if (older != NONE) {
        links[older * LINKS + NEWER] = NONE;
      }
      order.remove(place, pair);
      if (pair != place) {
        link(known, order.last(pair));
      }
    }
    contexts.removeLast(history);
  }

  /**
   * Takes a place out of a list. It keeps its neighbours: they will be these when it comes back.
   */
  private void unlink(int known, int place) {
    int older = links[place * LINKS + OLDER];
    int newer = links[place * LINKS + NEWER];
    links[newer == NONE ? known * LINKS + HEAD : newer * LINKS + OLDER] = older;
    if (older != NONE) {
      links[older * LINKS + NEWER] = newer;
    }
  }

  private void link(int known, int place) {
    int older = links[place * LINKS + OLDER];
    int newer = links[place * LINKS + NEWER];
    links[newer == NONE ? known * LINKS + HEAD : newer * LINKS + OLDER] = place;
    if (older != NONE) {
      links[older * LINKS + NEWER] = place;
    }
  }

  private void reserve(int places) {
    order.reserve(places);
    if (places * (long) LINKS > links.length) {
      links = Arrays.copyOf(links, Room.of(links.length, places * (long) LINKS) / LINKS * LINKS);
    }
  }
}
