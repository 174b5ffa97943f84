package org.logitkernels.chain;

/**
 * What is kept beside a history, and made to follow it when somebody asks: token by token, at the
 * history's end.
 *
 * <p>A change may fail in the middle, as where memory or the stack comes to its end. Then all is
 * forgotten, and taken in anew when somebody asks the next time.
 */
abstract class Following {
  /** Tokens up to here are taken in. */
  int to;

  /** Whether a change was begun and not ended. */
  private boolean torn;

  Following() {}

  /** The same place in the history. */
  Following(Following other) {
    to = other.to;
    torn = other.torn;
  }

  /** The same, on its own from now on. */
  abstract Following copy();

  /** Forgets all. */
  void clear() {
    to = 0;
  }

  /** Takes in what has come to the history. */
  final void follow(Tokens history) {
    if (torn) {
      clear();
    }
    torn = true;
    takeIn(history);
    torn = false;
  }

  /** The history is about to forget its tokens from a place on. */
  final void cut(Tokens history, int size) {
    if (!torn) {
      torn = true;
      letGo(history, size);
      torn = false;
    }
  }

  /** Takes in all tokens of a history. */
  void takeIn(Tokens history) {
    while (to < history.size()) {
      add(history);
    }
  }

  /** Lets go of the tokens from a place on. */
  void letGo(Tokens history, int size) {
    while (to > size) {
      removeLast(history);
    }
  }

  /** Takes in the next token. */
  abstract void add(Tokens history);

  /** Lets go of the last token. */
  abstract void removeLast(Tokens history);
}
