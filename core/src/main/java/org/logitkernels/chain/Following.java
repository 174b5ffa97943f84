package org.logitkernels.chain;

/** What is kept beside a history, and made to follow it when somebody asks. */
interface Following {
  /** Forgets all. */
  void clear();

  /** The history is about to forget its tokens from a place on. */
  void cut(Tokens history, int size);

  /** The same, on its own from now on. */
  Following copy();
}
