package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/**
 * The places of a history in the order of the tokens before them, read backwards: a tree for those
 * with the same context and the same token.
 *
 * <p>The places that share most with the end of the history lie on either side of where the end
 * would go. Two places whose tokens before the context are the same, are in the order of the places
 * one before them, which are in one tree again: to compare two places is to compare two tokens or
 * two labels. Each place knows how much it shares with the one before it in the order, each subtree
 * the least of these and its last place. So the longest run within a window is found on one way
 * down, whatever repeats: in logarithmic time.
 *
 * <p>A place that comes in or goes out costs a way down its tree, and part of a tree that has grown
 * out of balance is made anew: logarithmic on average, and at worst as much as all of its tree.
 */
final class SuffixOrder {
  private static final int NONE = Contexts.NONE;

  /** Beyond all lengths: of a place that has none before it. */
  private static final int UNSHARED = Integer.MAX_VALUE;

  /**
   * A subtree has at most three quarters of the places of the tree above it and a few more, when a
   * place has come in. So no tree is deeper than this.
   */
  private static final int MOST_DEPTH = 96;

  private static final int FEW_MORE = 4;

  private static final long HIGHEST_LABEL = 1L << 62;

  /** Tokens that are compared before trees are asked. */
  private static final int DIRECT = 8;

  // What each place has, as a record.

  private static final int LEFT = 0;
  private static final int RIGHT = 1;
  private static final int SIZE = 2;

  /** How many tokens it shares with the place before it in the order. */
  private static final int SHARED = 3;

  /** The least of these in its subtree. */
  private static final int LEAST = 4;

  /** The last place of its subtree. */
  private static final int LAST = 5;

  /** The same order as that of the places in their tree: a long in two. */
  private static final int LABEL = 6;

  private static final int NODE = 8;

  private final int width;
  private final Contexts contexts;
  private int[] nodes;

  /** Of the first place of each context and token, the root of their tree. */
  private int[] roots;

  /** A way down a tree: places, or ~place where it goes on to the right. */
  private final int[] path = new int[MOST_DEPTH + 2];

  private int depth;

  /** The places of a subtree that is made anew. */
  private int[] order;

  // A search for the longest run.

  private int longest;
  private int shared;
  private int last;
  private int start;

  /** Contexts are {@code width} tokens long; there is room for so many places. */
  SuffixOrder(int width, Contexts contexts, int room) {
    this.width = width;
    this.contexts = contexts;
    nodes = new int[room * NODE];
    roots = new int[room];
    order = new int[room];
  }

  /** The same order, with a copy of its contexts. */
  SuffixOrder(SuffixOrder other, Contexts contexts, int room) {
    width = other.width;
    this.contexts = contexts;
    nodes = Arrays.copyOf(other.nodes, room * NODE);
    roots = Arrays.copyOf(other.roots, room);
    order = new int[Repetitions.FIRST_ROOM];
  }

  /** Makes room for so many places. */
  void reserve(int places) {
    if (places > roots.length) {
      int room = Room.of(nodes.length, (long) places * NODE) / NODE;
      int[] moreNodes = Arrays.copyOf(nodes, room * NODE);
      roots = Arrays.copyOf(roots, room);
      nodes = moreNodes;
    }
  }

  /** The last place with a context and a token, whose first one this is. */
  int last(int pair) {
    return node(root(pair), LAST);
  }

  /**
   * The longest run at an end that the token of a place would go on, from a start on: of all places
   * with this token behind the context at the end, the most tokens between the start and the place
   * that stand at the end too.
   */
  int longest(Tokens history, int end, int place, int start) {
    this.start = start;
    longest = 0;
    descend(history, end, root(contexts.pair(place)));
    search(history, end, false);
    search(history, end, true);
    return longest;
  }

  // Searches. On each side of the end what places share with it falls, and their last one rises.

  private void search(Tokens history, int end, boolean right) {
    last = NONE;
    shared = NONE;
    for (int i = depth - 1; i >= 0; i--) {
      int place = path[i];
      if (place >= 0 == right) {
        place = right ? place : ~place;
        if (shared == NONE) {
          shared = common(history, end, place);
          if (isPast(place)) {
            return;
          }
          if (!right) {
            shared = Math.min(shared, node(place, SHARED));
          }
        } else if (isPast(place, right)) {
          return;
        }
        if (isPastAll(node(place, right ? RIGHT : LEFT), right, 0)) {
          return;
        }
      }
    }
  }

  /** Takes a place in. Returns whether those behind it cannot be better. */
  private boolean isPast(int place) {
    last = Math.max(last, place);
    longest = Math.max(longest, Math.min(shared, last - start));
    return shared <= Math.max(longest, last - start);
  }

  private boolean isPast(int place, boolean right) {
    int between = node(place, SHARED);
    if (right) {
      shared = Math.min(shared, between);
    }
    boolean past = isPast(place);
    if (!right) {
      shared = Math.min(shared, between);
    }
    return past;
  }

  /** The same for a subtree, as a whole where no place in it can be the last that matters. */
  private boolean isPastAll(int top, boolean right, int below) {
    if (top == NONE) {
      return false;
    }
    checkDepth(below);
    int newest = Math.max(last, node(top, LAST));
    int least = Math.min(shared, node(top, LEAST));
    if (least > newest - start) {
      last = newest;
      shared = least;
      longest = Math.max(longest, newest - start);
      return false;
    }
    return isPastAll(node(top, right ? LEFT : RIGHT), right, below + 1)
        || isPast(top, right)
        || isPastAll(node(top, right ? RIGHT : LEFT), right, below + 1);
  }

  /** How many tokens before a place, which may be the end, are those before a place in a tree. */
  private int common(Tokens history, int place, int other) {
    int most = Math.min(place, other);
    int length = width;
    while (length < most
        && history.token(place - 1 - length) == history.token(other - 1 - length)) {
      length++;
      if (length == width + DIRECT) {
        return length < most ? commonInTree(place - DIRECT, other - DIRECT) + DIRECT : length;
      }
    }
    return length;
  }

  /** The same for two places in one tree: the least between them. */
  private int commonInTree(int place, int other) {
    long low = Math.min(label(place), label(other));
    long high = Math.max(label(place), label(other));
    int top = root(contexts.pair(place));
    int steps = 0;
    while (top != NONE && (label(top) <= low || label(top) > high)) {
      checkDepth(steps++);
      top = node(top, label(top) <= low ? RIGHT : LEFT);
    }
    if (top == NONE) {
      throw RowErrors.shared();
    }
    int least = node(top, SHARED);
    steps = 0;
    for (int at = node(top, LEFT); at != NONE; checkDepth(steps++)) {
      boolean in = label(at) > low;
      if (in) {
        least = Math.min(least, Math.min(node(at, SHARED), least(node(at, RIGHT))));
      }
      at = node(at, in ? LEFT : RIGHT);
    }
    steps = 0;
    for (int at = node(top, RIGHT); at != NONE; checkDepth(steps++)) {
      boolean in = label(at) <= high;
      if (in) {
        least = Math.min(least, Math.min(node(at, SHARED), least(node(at, LEFT))));
      }
      at = node(at, in ? RIGHT : LEFT);
    }
    return least;
  }

  /** The way to where a place would go in a tree. */
  private void descend(Tokens history, int place, int root) {
    depth = 0;
    int token = before(history, place);
    long label = token < 0 ? 0 : label(place - 1);
    for (int at = root; at != NONE; ) {
      checkDepth(depth);
      int other = before(history, at);
      boolean right = token == other ? label > label(at - 1) : token > other;
      path[depth++] = right ? ~at : at;
      at = node(at, right ? RIGHT : LEFT);
    }
  }

  /** The token before the context of a place; -1 if there is none. */
  private int before(Tokens history, int place) {
    int at = place - width - 1;
    return at < 0 ? -1 : history.token(at);
  }

  // Changes.

  /** A place comes to the tree of a context and a token. */
  void insert(Tokens history, int place, int pair) {
    if (place == pair) {
      roots[pair] = NONE;
    }
    descend(history, place, root(pair));
    int before = turn(depth, true);
    int behind = turn(depth, false);
    long low = low(before);
    long high = high(behind);
    if (high - low < 2) { // places that have gone have left no room here
      rebuild(pair, root(pair), 0);
      insert(history, place, pair);
      return;
    }
    int shared = before == NONE ? UNSHARED : common(history, place, before);
    int sharedBehind = behind == NONE ? UNSHARED : common(history, place, behind);
    node(place, SHARED, shared);
    node(place, LEFT, NONE);
    node(place, RIGHT, NONE);
    label(place, low + (high - low) / 2);
    update(place);
    hang(pair, depth, place);
    if (behind != NONE) {
      node(behind, SHARED, sharedBehind);
    }
    updatePath(depth);
    for (int i = 0; i < depth; i++) {
      int at = path[i] < 0 ? ~path[i] : path[i];
      int size = node(at, SIZE);
      if (4L * Math.max(size(node(at, LEFT)), size(node(at, RIGHT))) > 3L * size + 4 * FEW_MORE) {
        rebuild(pair, at, i);
        return;
      }
    }
  }

  /** The last place of the path, as far as it is looked at, where it goes on to one side. */
  private int turn(int count, boolean right) {
    for (int i = count - 1; i >= 0; i--) {
      if (path[i] < 0 == right) {
        return right ? ~path[i] : path[i];
      }
    }
    return NONE;
  }

  private long low(int before) {
    return before == NONE ? 0 : label(before);
  }

  private long high(int behind) {
    return behind == NONE ? HIGHEST_LABEL : label(behind);
  }

  /** A place leaves the tree of a context and a token. */
  void remove(int place, int pair) {
    depth = 0;
    long label = label(place);
    int behind = NONE;
    for (int at = root(pair); at != place; ) {
      if (at == NONE) {
        throw RowErrors.shared();
      }
      checkDepth(depth);
      boolean right = label > label(at);
      behind = right ? behind : at;
      path[depth++] = right ? ~at : at;
      at = node(at, right ? RIGHT : LEFT);
    }
    int left = node(place, LEFT);
    int right = node(place, RIGHT);
    int bottom = depth; // whatever is changed is on the path above it
    if (left == NONE || right == NONE) {
      hang(pair, depth, left == NONE ? right : left);
      if (right != NONE) {
        behind = leftmost(right);
      }
    } else {
      int hole = depth++;
      behind = right;
      while (node(behind, LEFT) != NONE) {
        checkDepth(depth);
        path[depth++] = behind;
        behind = node(behind, LEFT);
      }
      bottom = depth;
      if (behind != right) {
        node(path[depth - 1], LEFT, node(behind, RIGHT));
        node(behind, RIGHT, right);
      }
      node(behind, LEFT, left);
      label(behind, label);
      hang(pair, hole, behind);
      path[hole] = ~behind;
    }
    if (behind != NONE) {
      int shared = node(place, SHARED);
      node(behind, SHARED, shared == UNSHARED ? UNSHARED : Math.min(shared, node(behind, SHARED)));
    }
    if (left == NONE && right != NONE) {
      updateLeft(right);
    }
    updatePath(bottom);
  }

  private int leftmost(int top) {
    int at = top;
    for (int steps = 0; node(at, LEFT) != NONE; checkDepth(steps++)) {
      at = node(at, LEFT);
    }
    return at;
  }

  /** What the first place of a subtree shares has changed. */
  private void updateLeft(int top) {
    int first = depth;
    for (int at = top; at != NONE; at = node(at, LEFT)) {
      checkDepth(depth);
      path[depth++] = at;
    }
    int end = depth;
    depth = first;
    for (int i = end - 1; i >= first; i--) {
      update(path[i]);
    }
  }

  /** Below the path, at a depth, a place or nothing is hung. */
  private void hang(int pair, int below, int place) {
    if (below == 0) {
      roots[pair] = place;
    } else {
      int above = path[below - 1];
      node(above < 0 ? ~above : above, above < 0 ? RIGHT : LEFT, place);
    }
  }

  /** Brings the first places of the path up to date. */
  private void updatePath(int count) {
    for (int i = count - 1; i >= 0; i--) {
      update(path[i] < 0 ? ~path[i] : path[i]);
    }
  }

  private void update(int place) {
    int left = node(place, LEFT);
    int right = node(place, RIGHT);
    node(place, SIZE, 1 + size(left) + size(right));
    node(place, LEAST, Math.min(node(place, SHARED), Math.min(least(left), least(right))));
    int lastOfBoth =
        Math.max(left == NONE ? NONE : node(left, LAST), right == NONE ? NONE : node(right, LAST));
    node(place, LAST, Math.max(place, lastOfBoth));
  }

  /** Makes a subtree anew, as even as can be, or all of the tree if there are no labels for it. */
  private void rebuild(int pair, int top, int below) {
    int size = node(top, SIZE);
    long low = low(turn(below, true));
    long high = high(turn(below, false));
    if (high - low < 4L * size && below > 0) {
      rebuild(pair, root(pair), 0);
      return;
    }
    if (order.length < size) {
      order = new int[Room.of(order.length, size)];
    }
    if (write(top, 0, 0) != size) {
      throw RowErrors.shared();
    }
    hang(pair, below, build(0, size, low, high));
  }

  /** Writes the places of a subtree down in order. Returns where they end. */
  private int write(int top, int at, int below) {
    if (top == NONE) {
      return at;
    }
    checkDepth(below);
    int middle = write(node(top, LEFT), at, below + 1);
    if (middle >= order.length) {
      throw RowErrors.shared();
    }
    order[middle] = top;
    return write(node(top, RIGHT), middle + 1, below + 1);
  }

  private int build(int from, int end, long low, long high) {
    if (from >= end) {
      return NONE;
    }
    int middle = from + end >>> 1;
    int top = order[middle];
    long label = low + (high - low) / 2;
    label(top, label);
    node(top, LEFT, build(from, middle, low, label));
    node(top, RIGHT, build(middle + 1, end, label, high));
    update(top);
    return top;
  }

  // Records.

  private int root(int pair) {
    return roots[pair];
  }

  private int node(int place, int what) {
    return nodes[place * NODE + what];
  }

  private void node(int place, int what, int value) {
    nodes[place * NODE + what] = value;
  }

  private long label(int place) {
    int at = place * NODE + LABEL;
    return (long) nodes[at] << Integer.SIZE | nodes[at + 1] & 0xffffffffL;
  }

  private void label(int place, long label) {
    int at = place * NODE + LABEL;
    nodes[at] = (int) (label >>> Integer.SIZE);
    nodes[at + 1] = (int) label;
  }

  private int size(int place) {
    return place == NONE ? 0 : node(place, SIZE);
  }

  private int least(int place) {
    return place == NONE ? UNSHARED : node(place, LEAST);
  }

  /** A way down ends, unless another thread is at the same history. */
  private static void checkDepth(int depth) {
    if (depth > MOST_DEPTH) {
      throw RowErrors.shared();
    }
  }
}
