package org.logitkernels.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Call time against time since start, as a picture: a panel to a workload, a line to a backend.
 *
 * <p>Both axes are logarithmic. A line is the median of the calls that ended in a column of the
 * picture, the band above it reaches to the slowest of them; both of the JVM whose first calls took
 * the median time.
 */
final class Timeline {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 250;
  private static final int LEFT = 70;
  private static final int TOP = 46;
  private static final int GAP = 70;

  /** Pixels to a column. */
  private static final int COLUMN = 4;

  /** Milliseconds since start, and microseconds a call, at the ends of the axes. */
  private static final double FIRST = 1;

  private static final double FASTEST = 10;
  private static final double SLOWEST = 1e6;

  private static final List<String> COLOURS = List.of("#6b6b6b", "#c0392b", "#1f5fa8", "#1e8449");

  private Timeline() {}

  static String svg(Map<ColdResult, List<long[]>> calls, double seconds) {
    List<String> workloads = calls.keySet().stream().map(ColdResult::workload).distinct().toList();
    List<String> backends = calls.keySet().stream().map(ColdResult::backend).distinct().toList();
    Formatter svg = new Formatter(Locale.ROOT);
    int height = TOP + workloads.size() * (HEIGHT + GAP);
    svg.format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
            + " font-size=\"12\" role=\"img\" aria-label=\"Call time against time since start\">%n",
        LEFT + WIDTH + 20, height);
    svg.format("<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n");
    for (int i = 0; i < backends.size(); i++) {
      int x = LEFT + 120 * i;
      svg.format(
          "<rect x=\"%d\" y=\"10\" width=\"14\" height=\"4\" fill=\"%s\"/>"
              + "<text x=\"%d\" y=\"17\" fill=\"#222222\">%s</text>%n",
          x, colour(i), x + 20, backends.get(i));
    }
    for (int panel = 0; panel < workloads.size(); panel++) {
      String workload = workloads.get(panel);
      svg.format("<g transform=\"translate(%d %d)\">%n", LEFT, TOP + panel * (HEIGHT + GAP));
      axes(svg, workload, seconds);
      calls.forEach(
          (result, jvms) -> {
            if (result.workload().equals(workload)) {
              line(svg, typical(result, jvms), backends.indexOf(result.backend()), seconds);
            }
          });
      svg.format("</g>%n");
    }
    return svg.format("</svg>%n").toString();
  }

  private static String colour(int i) {
    return COLOURS.get(i % COLOURS.size());
  }

  private static void axes(Formatter svg, String workload, double seconds) {
    svg.format(
        "<text x=\"0\" y=\"-8\" fill=\"#222222\" font-weight=\"bold\">%s: time of a call</text>%n",
        workload);
    for (double us = FASTEST; us <= SLOWEST; us *= 10) {
      String label =
          us < 1e3 ? "%.0f µs".formatted(us) : us < 1e6 ? "%.0f ms".formatted(us / 1e3) : "1 s";
      svg.format(
          "<line x1=\"0\" x2=\"%d\" y1=\"%3$.1f\" y2=\"%3$.1f\" stroke=\"#dddddd\"/>"
              + "<text x=\"-8\" y=\"%4$.1f\" text-anchor=\"end\" fill=\"#444444\">%2$s</text>%n",
          WIDTH, label, y(us), y(us) + 4);
    }
    for (double ms = FIRST; ms <= seconds * 1e3; ms *= 10) {
      String label = ms < 1e3 ? "%.0f ms".formatted(ms) : "%.0f s".formatted(ms / 1e3);
      svg.format(
          "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"0\" y2=\"%2$d\" stroke=\"#dddddd\"/>"
              + "<text x=\"%1$.1f\" y=\"%3$d\" text-anchor=\"middle\" fill=\"#444444\">%4$s</text>%n",
          x(ms, seconds), HEIGHT, HEIGHT + 17, label);
    }
    svg.format(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#444444\">since the library was first"
            + " touched</text>%n",
        WIDTH / 2, HEIGHT + 36);
  }

  /** The calls of the JVM with the median total of first calls. */
  private static long[] typical(ColdResult result, List<long[]> jvms) {
    List<long[]> byTotal = new ArrayList<>(jvms);
    byTotal.sort((a, b) -> Long.compare(total(a), total(b)));
    return byTotal.get((result.jvms().size() - 1) / 2);
  }

  private static long total(long[] ends) {
    return ends[ColdResult.FIRST_CALLS - 1];
  }

  private static void line(Formatter svg, long[] ends, int backend, double seconds) {
    long[] times = ColdResult.Jvm.times(ends);
    StringBuilder line = new StringBuilder();
    StringBuilder band = new StringBuilder();
    for (int from = 0; from < ends.length; ) {
      int column = (int) (x(ends[from] / 1e6, seconds) / COLUMN);
      int to = from + 1;
      while (to < ends.length && (int) (x(ends[to] / 1e6, seconds) / COLUMN) == column) {
        to++;
      }
      long[] sorted = Arrays.copyOfRange(times, from, to);
      Arrays.sort(sorted);
      double x = (column + 0.5) * COLUMN;
      double median = y(sorted[sorted.length / 2] / 1e3);
      double slowest = y(sorted[sorted.length - 1] / 1e3);
      line.append(String.format(Locale.ROOT, "%.0f,%.1f ", x, median));
      if (median - slowest > 1) {
        band.append(String.format(Locale.ROOT, "M%.0f,%.1fV%.1f", x, median, slowest));
      }
      from = to;
    }
    svg.format(
        "<path d=\"%s\" stroke=\"%s\" stroke-width=\"2\" stroke-opacity=\"0.3\" fill=\"none\"/>%n",
        band, colour(backend));
    svg.format(
        "<polyline points=\"%s\" stroke=\"%s\" stroke-width=\"1.8\" fill=\"none\"/>%n",
        line.toString().strip(), colour(backend));
  }

  private static double x(double milliseconds, double seconds) {
    double share = Math.log(milliseconds / FIRST) / Math.log(seconds * 1e3 / FIRST);
    return WIDTH * Math.clamp(share, 0, 1);
  }

  private static double y(double microseconds) {
    double share = Math.log(microseconds / FASTEST) / Math.log(SLOWEST / FASTEST);
    return HEIGHT * (1 - Math.clamp(share, 0, 1));
  }
}
