package org.logitkernels.examples;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How much of a long run is done, and the time that is left. Where standard error is no terminal,
 * nothing is shown. The bar goes when it is closed.
 */
final class Progress implements AutoCloseable {
  private final @Nullable ProgressBar bar;

  private Progress(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  /** The progress of so many steps, shown where a person would see it. */
  static Progress of(PrintStream err, String task, long steps) {
    boolean seen = err == System.err && Terminal.isStandardError();
    return seen ? on(err, Terminal.columns(), task, steps) : new Progress(null);
  }

  /** The same on a terminal of so many columns. */
  static Progress on(PrintStream err, int columns, String task, long steps) {
    boolean blocks = err.charset().newEncoder().canEncode('█');
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .setStyle(blocks ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
            .setConsumer(
                new ConsoleProgressBarConsumer(err, Math.min(columns, Terminal.USUAL) - 1) {
                  @Override
                  public void close() {
                    err.print('\r'); // and no line break: the next line goes where the bar was
                    err.flush();
                  }
                })
            .setUpdateIntervalMillis(250)
            .continuousUpdate()
            .clearDisplayOnFinish()
            .build());
  }

  /** So many steps are done. */
  void at(long steps) {
    if (bar != null) {
      bar.stepTo(steps);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
