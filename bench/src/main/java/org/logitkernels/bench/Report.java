package org.logitkernels.bench;

import java.util.Formatter;
import java.util.Locale;

/** Results as text. */
final class Report {
  /** Two JVMs place code and rows differently: less than this is no change, however quiet. */
  private static final double LEAST_NOISE = 0.03;

  private Report() {}

  /** One line to a result. */
  static String table(Result.Run run) {
    Formatter text = new Formatter(Locale.ROOT);
    text.format(
        "%-13s %-11s %-10s %7s %9s %7s %9s %9s %9s %9s %7s%n",
        "workload",
        "backend",
        "rows",
        "logits",
        "median us",
        "x read",
        "mean us",
        "+-",
        "p99 us",
        "p99.9 us",
        "bytes");
    for (Result r : run.results()) {
      text.format(
          "%-13s %-11s %-10s %7d %9.2f %7.2f %9.2f %9.2f %9.2f %9.2f %7.0f%n",
          r.workload(),
          r.backend(),
          r.distribution() + (r.hot() ? ", hot" : ""),
          r.vocabulary(),
          r.median(),
          r.reads(),
          r.average(),
          r.error(),
          r.p99(),
          r.p999(),
          r.bytes());
    }
    text.format("%nProcessor: %s; %s; commit %s%n", run.processor(), run.jdk(), run.commit());
    return text.toString();
  }

  /** Each result against an earlier one. */
  static String comparison(Result.Run before, Result.Run now) {
    Formatter text = new Formatter(Locale.ROOT);
    text.format("%nIn bare reads, against commit %s on %s:%n", before.commit(), before.processor());
    int compared = 0;
    int moved = 0;
    for (Result result : now.results()) {
      for (Result old : before.results()) {
        if (old.isOfSameAs(result)) {
          double change = result.reads() / old.reads() - 1;
          double noise = LEAST_NOISE + Math.max(old.noise(), result.noise());
          boolean flag = Math.abs(change) > noise;
          compared++;
          moved += flag ? 1 : 0;
          text.format(
              "%-13s %-11s %-10s %7d %7.2f -> %5.2f %+6.1f%% (noise %.1f%%)%s%n",
              result.workload(),
              result.backend(),
              result.distribution(),
              result.vocabulary(),
              old.reads(),
              result.reads(),
              100 * change,
              100 * noise,
              flag ? change > 0 ? "  SLOWER" : "  FASTER" : "");
        }
      }
    }
    text.format("%d compared, %d moved by more than the noise.%n", compared, moved);
    return text.toString();
  }
}
