package org.logitkernels.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A chart in the language of Vega-Lite, and the table of its numbers.
 *
 * @param title what is shown
 * @param note how to read it, and on what it was measured
 * @param spec the chart, without a size
 * @param head the table's columns
 * @param rows the table's lines
 */
record Chart(
    String title, String note, ObjectNode spec, List<String> head, List<List<String>> rows) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** So many sizes all have a tick. */
  private static final int FEW = 6;

  /** Microseconds with a unit. */
  private static final String TIME =
      "datum.value < 1 ? format(datum.value * 1e3, '~r') + ' ns' : datum.value < 1e3 ?"
          + " format(datum.value, '~r') + ' µs' : datum.value < 1e6 ? format(datum.value / 1e3, '~r')"
          + " + ' ms' : format(datum.value / 1e6, '~r') + ' s'";

  private static final String TIMES = "format(datum.value, '~r') + ' ×'";
  private static final String COUNT = "format(datum.value, ',')";
  private static final String MILLISECONDS = TIME.replace("datum.value", "(1e3 * datum.value)");

  /**
   * A dot to a line and a colour, with the range around it if there is one: how many times as long.
   */
  static Chart ratios(
      String title,
      String note,
      String axis,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    List<Map<String, Object>> withOne = new ArrayList<>(values); // where the dashed line is
    withOne.add(value("ratio", 1));
    return of(
        title,
        note,
        """
        {"layer": [
         {"data": {"values": [{}]}, "mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": {"x": {"datum": 1}}},
         {"layer": [
          {"mark": {"type": "rule", "strokeWidth": 2},
           "encoding": {"x": {"field": "lower", "type": "quantitative"}, "x2": {"field": "upper"}}},
          {"mark": {"type": "point", "filled": true, "size": 75, "opacity": 1},
           "encoding": {
             "x": {"field": "ratio", "type": "quantitative", "scale": {"type": "log", "domain": DOMAIN, "nice": false},
                   "axis": {"title": "AXIS", "values": TICKS, "labelExpr": "LABEL", "labelOverlap": "greedy", "labelSeparation": 8}},
             "shape": {"field": "by", "type": "nominal", "sort": null, "title": null},
             "tooltip": [{"field": "line"}, {"field": "by"}, {"field": "ratio", "format": ".2f"}]}}],
         "encoding": {
           "y": {"field": "line", "type": "nominal", "sort": null, "title": null, "axis": {"grid": true}},
           "yOffset": {"field": "by", "type": "nominal", "sort": null},
           "color": {"field": "by", "type": "nominal", "sort": null, "title": null}}}],
         "height": HEIGHT}
        """
            .replace("DOMAIN", domain(withOne, "lower", "ratio", "upper"))
            .replace("AXIS", axis)
            .replace("TICKS", ticks(withOne, "lower", "ratio", "upper"))
            .replace("LABEL", TIMES)
            .replace(
                "HEIGHT",
                String.valueOf(distinct(values, "line") * (12 + 8 * distinct(values, "by")))),
        values,
        head,
        rows);
  }

  /**
   * Times against something that grows: both axes are logarithmic, that below from 0 if need be.
   */
  static Chart growth(
      String title,
      String note,
      String axis,
      String time,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    boolean fromZero = values.stream().anyMatch(v -> number(v, "size") == 0);
    String scale = fromZero ? "\"symlog\", \"constant\": 1" : "\"log\"";
    boolean several = values.stream().anyMatch(v -> v.containsKey("variant"));
    return of(
        title,
        note,
        """
        {"mark": {"type": "line", "point": {"size": 28}, "strokeWidth": 2},
         "encoding": {
           "x": {"field": "size", "type": "quantitative",
                 "scale": {"type": SCALE, "domain": [FIRST, LAST], "nice": false},
                 "axis": {"title": "AXIS", "values": SIZES, "labelExpr": "COUNT", "labelOverlap": "greedy", "labelSeparation": 8, "grid": false}},
           "y": {"field": "us", "type": "quantitative", "scale": {"type": "log", "domain": DOMAIN, "nice": false},
                 "axis": {"title": "TIME", "values": TICKS, "labelExpr": "LABEL"}},
           "color": {"field": "series", "type": "nominal", "sort": null, "title": null},
           VARIANT
           "tooltip": [{"field": "series"}, {"field": "size", "format": ","}, {"field": "us", "format": ".3~g"}]}}
        """
            .replace("SCALE", scale)
            .replace("FIRST", String.valueOf(extreme(values, "size", false)))
            .replace("LAST", String.valueOf(extreme(values, "size", true)))
            .replace("AXIS", axis)
            .replace("SIZES", sizes(values))
            .replace("COUNT", COUNT)
            .replace("DOMAIN", domain(values, "us"))
            .replace("TIME", time)
            .replace("TICKS", ticks(values, "us"))
            .replace("LABEL", TIME)
            .replace(
                "VARIANT",
                several
                    ? """
                    "strokeDash": {"field": "variant", "type": "nominal", "title": null,
                      "legend": {"symbolType": "stroke", "symbolStrokeColor": "currentColor",
                                 "symbolFillColor": "transparent", "symbolSize": 400}},
                    """
                    : ""),
        values,
        head,
        rows);
  }

  /** The same with an axis that counts instead of telling times. */
  Chart ofRatios() {
    ((ObjectNode) spec.at("/encoding/y/axis")).put("labelExpr", TIMES);
    return this;
  }

  /** The range of the times of calls: a dot to a percentile. */
  static Chart percentiles(
      String title,
      String note,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    return of(
        title,
        note,
        """
        {"height": HEIGHT,
         "encoding": {"y": {"field": "line", "type": "nominal", "sort": null, "title": null}},
         "layer": [
          {"mark": {"type": "rule", "strokeOpacity": 0.5},
           "encoding": {
             "x": {"field": "us", "aggregate": "min", "type": "quantitative"},
             "x2": {"field": "us", "aggregate": "max"}}},
          {"mark": {"type": "point", "filled": true, "size": 65, "opacity": 1},
           "encoding": {
             "x": {"field": "us", "type": "quantitative", "scale": {"type": "log", "domain": DOMAIN, "nice": false},
                   "axis": {"title": "time of a call", "values": TICKS, "labelExpr": "LABEL", "labelOverlap": "greedy", "labelSeparation": 8}},
             "color": {"field": "by", "type": "nominal", "sort": null, "title": null},
             "shape": {"field": "by", "type": "nominal", "sort": null, "title": null},
             "tooltip": [{"field": "line"}, {"field": "by"}, {"field": "us", "format": ".3~g"}]}}]}
        """
            .replace("HEIGHT", String.valueOf(20 * distinct(values, "line")))
            .replace("DOMAIN", domain(values, "us"))
            .replace("TICKS", ticks(values, "us"))
            .replace("LABEL", TIME),
        values,
        head,
        rows);
  }

  /**
   * Call time against time since start: the median of each moment, and the slowest call above it.
   */
  static Chart timeline(
      String title,
      String note,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    return of(
        title,
        note,
        """
        {"encoding": {
           "x": {"field": "ms", "type": "quantitative", "scale": {"type": "log", "domain": SPAN, "nice": false},
                 "axis": {"title": "since the library was first touched", "values": INSTANTS, "labelExpr": "MS",
                          "labelOverlap": "greedy", "labelSeparation": 8}},
           "color": {"field": "series", "type": "nominal", "sort": null, "title": null}},
         "layer": [
          {"transform": [{"filter": "datum.slowest > 1.2 * datum.us"}],
           "mark": {"type": "rule", "strokeOpacity": 0.3, "strokeWidth": 2},
           "encoding": {"y": {"field": "us", "type": "quantitative"}, "y2": {"field": "slowest"}}},
          {"mark": {"type": "line", "strokeWidth": 2},
           "encoding": {
             "y": {"field": "us", "type": "quantitative", "scale": {"type": "log", "domain": DOMAIN, "nice": false},
                   "axis": {"title": "time of a call", "values": TICKS, "labelExpr": "LABEL"}}}}]}
        """
            .replace("SPAN", domain(values, "ms"))
            .replace("INSTANTS", ticks(values, "ms"))
            .replace("MS", MILLISECONDS)
            .replace("DOMAIN", domain(values, "us", "slowest"))
            .replace("TICKS", ticks(values, "us", "slowest"))
            .replace("LABEL", TIME),
        values,
        head,
        rows);
  }

  /** Changes in percent, each with its noise as a band. */
  static Chart changes(
      String title,
      String note,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    return of(
        title,
        note,
        """
        {"height": HEIGHT,
         "layer": [
          {"data": {"values": [{}]}, "mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": {"x": {"datum": 0}}},
          {"encoding": {"y": {"field": "line", "type": "nominal", "sort": null, "title": null}},
           "layer": [
          {"mark": {"type": "bar", "opacity": 0.25, "height": 10, "color": "#7f8790"},
           "encoding": {"x": {"field": "least", "type": "quantitative"}, "x2": {"field": "noise"}}},
          {"mark": {"type": "point", "filled": true, "size": 75, "opacity": 1},
           "encoding": {
             "x": {"field": "change", "type": "quantitative", "axis": {"title": "change of the time, %"}},
             "color": {"field": "by", "type": "nominal", "title": null,
                       "scale": {"domain": ["within the noise", "faster", "slower"],
                                 "range": ["#7f8790", "#2a9d5c", "#d6455d"]}},
             "shape": {"field": "by", "type": "nominal", "title": null,
                       "scale": {"domain": ["within the noise", "faster", "slower"],
                                 "range": ["circle", "triangle-left", "triangle-right"]}},
             "tooltip": [{"field": "line"}, {"field": "change", "format": "+.1f"}]}}]}]}
        """
            .replace("HEIGHT", String.valueOf(20 * distinct(values, "line"))),
        values,
        head,
        rows);
  }

  private static Chart of(
      String title,
      String note,
      String spec,
      List<Map<String, Object>> values,
      List<String> head,
      List<List<String>> rows) {
    try {
      ObjectNode chart = (ObjectNode) JSON.readTree(spec);
      ArrayNode data = chart.putObject("data").putArray("values");
      values.forEach(value -> data.add(JSON.valueToTree(value)));
      return new Chart(title, note, chart, head, rows);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the chart '" + title + "' is none: " + spec, e);
    }
  }

  /** A value of a chart: names and what they stand for, by turns. */
  static Map<String, Object> value(Object... namesAndValues) {
    Map<String, Object> value = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      value.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return value;
  }

  private static long distinct(List<Map<String, Object>> values, String name) {
    return values.stream().map(value -> value.get(name)).distinct().count();
  }

  private static double number(Map<String, Object> value, String name) {
    return value.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  /** The least or the largest number of that name. */
  private static double extreme(List<Map<String, Object>> values, String name, boolean largest) {
    ToDoubleFunction<Map<String, Object>> number = value -> number(value, name);
    var numbers =
        values.stream().mapToDouble(number).filter(n -> !Double.isNaN(n)).summaryStatistics();
    return largest ? numbers.getMax() : numbers.getMin();
  }

  /** Round numbers from one that is no larger than any to one that is no smaller. */
  private static double[] round(List<Map<String, Object>> values, String... names) {
    double least = Arrays.stream(names).mapToDouble(n -> extreme(values, n, false)).min().orElse(1);
    double most = Arrays.stream(names).mapToDouble(n -> extreme(values, n, true)).max().orElse(1);
    double[] steps = most / least > 2e3 ? new double[] {1} : new double[] {1, 2, 5};
    List<Double> ticks = new ArrayList<>();
    for (int power = (int) Math.floor(Math.log10(least)); ; power++) {
      for (double step : steps) {
        double tick = power < 0 ? step / Math.pow(10, -power) : step * Math.pow(10, power);
        if (tick <= least) {
          ticks.clear();
        }
        ticks.add(tick);
        if (tick >= most && ticks.size() > 1) {
          return ticks.stream().mapToDouble(t -> t).toArray();
        }
      }
    }
  }

  private static String ticks(List<Map<String, Object>> values, String... names) {
    return Arrays.toString(round(values, names));
  }

  private static String domain(List<Map<String, Object>> values, String... names) {
    double[] ticks = round(values, names);
    return Arrays.toString(new double[] {ticks[0], ticks[ticks.length - 1]});
  }

  /** All sizes if they are few; else every third power of two, or the powers of ten. */
  private static String sizes(List<Map<String, Object>> values) {
    List<Integer> sizes =
        values.stream().map(v -> (int) number(v, "size")).distinct().sorted().toList();
    if (sizes.size() <= FEW) {
      return sizes.toString();
    }
    boolean ofTwo = sizes.stream().allMatch(size -> size >= 8 && Integer.bitCount(size) == 1);
    List<Integer> ticks = new ArrayList<>(sizes.getFirst() == 0 ? List.of(0) : List.of());
    for (long tick = ofTwo ? sizes.getFirst() : 1;
        tick <= sizes.getLast();
        tick *= ofTwo ? 8 : 10) {
      ticks.add((int) tick);
    }
    return ticks.toString();
  }

  /** Three digits, and a comma before each three. */
  static String digits(double number) {
    double size = Math.abs(number);
    return String.format(
        Locale.ROOT,
        size < 1 ? "%.3f" : size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%,.0f",
        number);
  }
}
