package org.logitkernels.bench;

import java.util.List;
import java.util.Locale;

/** Results as text. */
final class Report {
  /** Two JVMs place code and rows differently: less than this is no change, however quiet. */
  private static final double LEAST_NOISE = 0.03;

  private Report() {}

  /** One line to a result. */
  static String table(Result.Run run) {
    return Tables.onConsole(
            3,
            List.of(
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
                "bytes"),
            run.results().stream()
                .map(
                    r ->
                        List.of(
                            r.workload(),
                            r.backend(),
                            rows(r),
                            "" + r.vocabulary(),
                            two(r.median()),
                            two(r.reads()),
                            two(r.average()),
                            two(r.error()),
                            two(r.p99()),
                            two(r.p999()),
                            String.format(Locale.ROOT, "%.0f", r.bytes())))
                .toList())
        + String.format(
            "%nProcessor: %s; %s; commit %s%n", run.processor(), run.jdk(), run.commit());
  }

  private static String rows(Result r) {
    return r.distribution() + (r.hot() ? ", hot" : "");
  }

  private static String two(double figure) {
    return String.format(Locale.ROOT, "%.2f", figure);
  }

  /** Each result against an earlier one. */
  static String comparison(Result.Run before, Result.Run now) {
    List<Change> changes = changes(before, now);
    return String.format(
            "%nIn bare reads, against commit %s on %s:%n", before.commit(), before.processor())
        + Tables.onConsole(
            3,
            List.of(
                "workload",
                "backend",
                "rows",
                "logits",
                "before",
                "now",
                "change",
                "noise",
                "verdict"),
            changes.stream()
                .map(
                    c ->
                        List.of(
                            c.now.workload(),
                            c.now.backend(),
                            rows(c.now),
                            "" + c.now.vocabulary(),
                            two(c.old.reads()),
                            two(c.now.reads()),
                            String.format(Locale.ROOT, "%+.1f%%", 100 * c.change()),
                            String.format(Locale.ROOT, "%.1f%%", 100 * c.noise()),
                            c.verdict()))
                .toList())
        + String.format(
            "%d compared, %d moved by more than the noise.%n",
            changes.size(), changes.stream().filter(Change::isMoved).count());
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

    /** In colour, where the console has it. */
    private String verdict() {
      return !isMoved() ? "" : change() > 0 ? "@|red SLOWER|@" : "@|green FASTER|@";
    }

    boolean isMoved() {
      return Math.abs(change()) > noise();
    }
  }
}
