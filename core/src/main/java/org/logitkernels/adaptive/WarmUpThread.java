package org.logitkernels.adaptive;

/** A thread that gets kernels compiled, off the callers' path. */
final class WarmUpThread extends Thread {
  static final String NAME = "logit-kernels-warm-up";

  WarmUpThread(Runnable work) {
    super(null, work, NAME, 0, false);
    setDaemon(true);
    setPriority(MIN_PRIORITY);
    setContextClassLoader(null); // which is the caller's, and not to be held on to
  }
}
