package org.logitkernels.bench;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a long command is, and how long it will still take: a line on standard error, and nothing
 * where that is no terminal. The scripts in {@code bin} say whether it is one.
 */
final class Progress implements AutoCloseable {
  private static final boolean ON_TERMINAL = Boolean.getBoolean("logitkernels.terminal");
  private static final int WIDTH = 79;
  private static final int REFRESH_MILLIS = 1000; // a thread that hardly ever wakes up

  private final @Nullable ProgressBar bar;

  private Progress(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  /** Of so many steps that take about as long as each other. */
  static Progress of(long steps) {
    return new Progress(
        ON_TERMINAL
            ? new ProgressBarBuilder()
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(REFRESH_MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                .clearDisplayOnFinish()
                .build()
            : null);
  }

  /** A step has been done, with this result. */
  void step(String result) {
    if (bar != null) {
      bar.setExtraMessage(" " + result).step();
    }
  }

  /** Says something whether that is a terminal or not. */
  void say(String line) {
    System.err.println(bar == null ? line : System.lineSeparator() + line);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
