package org.logitkernels.bench;

import java.util.Formatter;
import java.util.List;
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
    List<Change> changes = changes(before, now);
    for (Change c : changes) {
      text.format(
          "%-13s %-11s %-10s %7d %7.2f -> %5.2f %+6.1f%% (noise %.1f%%)%s%n",
          c.now.workload(),
          c.now.backend(),
          c.now.distribution(),
          c.now.vocabulary(),
          c.old.reads(),
          c.now.reads(),
          100 * c.change(),
          100 * c.noise(),
          c.isMoved() ? c.change() > 0 ? "  SLOWER" : "  FASTER" : "");
    }
    text.format(
        "%d compared, %d moved by more than the noise.%n",
        changes.size(), changes.stream().filter(Change::isMoved).count());
    return text.toString();
  }

  /** What both runs have measured. */
  static List<Change> changes(Result.Run before, Result.Run now) {
    return now.results().stream()
        .flatMap(
            result ->
                before.results().stream()
                    .filter(old -> old.isOfSameAs(result))
                    .map(old -> new Change(old, result)))
        .toList();
  }

  /** A result and an earlier one, in bare reads. */
  record Change(Result old, Result now) {
    /** The share by which it takes longer now. */
    double change() {
      return now.reads() / old.reads() - 1;
    }

    double noise() {
      return LEAST_NOISE + Math.max(old.noise(), now.noise());
    }

    boolean isMoved() {
      return Math.abs(change()) > noise();
    }
  }
}
