package org.logitkernels.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.logitkernels.testkit.Browser;

/**
 * The pictures of the project's pages, made from stored results: the charts of {@link WebPage},
 * side by side, as SVG files.
 */
final class Pictures {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of the workloads of the README. */
  private static final Set<String> SHOWN =
      Set.of(
          "argMax",
          "logSumExp",
          "softmax",
          "logSoftmax",
          "topK40",
          "topK1000",
          "topP90",
          "topP90Token",
          "chain",
          "draw");

  private static final int ROWS = 128_256;
  private static final int NARROW = 270;
  private static final int WIDE = 400;
  private static final int HEIGHT = 280;

  private Pictures() {}

  /** Text, lines and the ground below them. */
  private record Colours(String text, String ground) {}

  private static final Colours LIGHT = new Colours("#1f2328", "transparent");
  private static final Colours DARK = new Colours("#e6edf3", "transparent");
  private static final Colours PAPER = new Colours("#1f2328", "#ffffff");

  /** Draws the files of a folder from the results stored in it, and says which. */
  static List<Path> draw(Path folder) throws IOException, InterruptedException {
    Result.Run warm = Runs.read(folder.resolve("results.json"), Result.Run.class);
    LimitRun limit = limit(folder, warm.processor());
    ColdResult.Run cold = Runs.read(folder.resolve("cold-start.json"), ColdResult.Run.class);
    Map<String, String> specs = new LinkedHashMap<>();
    specs.put("ratios-light.svg", ratios(warm, limit, LIGHT));
    specs.put("ratios-dark.svg", ratios(warm, limit, DARK));
    specs.put("cold-start.svg", coldStart(cold, PAPER));
    Browser browser = Browser.find();
    Map<Path, String> drawn = new LinkedHashMap<>();
    for (Map.Entry<String, String> spec : specs.entrySet()) {
      drawn.put(folder.resolve(spec.getKey()), svg(browser, spec.getValue()));
    }
    for (Map.Entry<Path, String> picture : drawn.entrySet()) { // all of them, or none
      WebPage.write(picture.getKey(), picture.getValue());
    }
    return List.copyOf(drawn.keySet());
  }

  /** The run beside C++ of the same processor, so that a picture is of one machine, or else any. */
  private static LimitRun limit(Path folder, String processor) throws IOException {
    LimitRun first = Runs.read(folder.resolve("results-limit.json"), LimitRun.class);
    Path narrow = folder.resolve("results-limit-avx2.json");
    if (first.processor().equals(processor) || !Files.exists(narrow)) {
      return first;
    }
    LimitRun second = Runs.read(narrow, LimitRun.class);
    return second.processor().equals(processor) ? second : first;
  }

  private static String svg(Browser browser, String spec) throws IOException, InterruptedException {
    Path page = Files.createTempFile("picture", ".html");
    try {
      Files.writeString(
          page,
          WebPage.resource("picture.html")
              .replace("SPEC", spec.replace("</", "<\\/"))
              .replace("LIBRARY", WebPage.library()));
      Browser.Page opened = browser.open(page, new Browser.Screen(1000, 800, false));
      String dom = opened.dom();
      int start = dom.indexOf("&lt;svg");
      int end = dom.indexOf("</pre>");
      if (start < 0 || end < start) {
        throw new IOException("the browser has drawn no picture: " + opened.console());
      }
      return dom.substring(start, end)
              .replace("&lt;", "<")
              .replace("&gt;", ">")
              .replace("&amp;", "&")
          + "\n";
    } finally {
      Files.delete(page);
    }
  }

  /** On the left our times in those of C++, on the right the others' in ours. */
  private static String ratios(Result.Run warm, LimitRun limit, Colours colours) {
    LimitRun shown =
        new LimitRun(
            limit.processor(),
            limit.jdk(),
            limit.compiler(),
            limit.vectors(),
            limit.commit(),
            limit.rounds(),
            limit.milliseconds(),
            limit.flags(),
            limit.lines().stream()
                .filter(l -> l.logits() == ROWS && SHOWN.contains(l.workload()))
                .toList());
    Result.Run others =
        new Result.Run(
            warm.processor(),
            warm.jdk(),
            warm.flags(),
            warm.commit(),
            warm.results().stream().filter(r -> SHOWN.contains(r.workload())).toList());
    Chart left = Charts.limit(shown).getFirst();
    Chart right = Charts.others(others).getFirst();
    for (String legend : List.of("/layer/1/encoding/color", "/layer/1/layer/1/encoding/shape")) {
      ((ObjectNode) left.spec().at(legend)).putNull("legend"); // of one length
    }
    return picture(
        colours,
        "hconcat",
        List.of(
            panel(
                left,
                NARROW,
                "Our time in hand-written C++'s: less is better",
                limit.processor(),
                limit.commit()),
            panel(
                right,
                WIDE,
                "Other libraries' time in ours: more is better",
                warm.processor(),
                warm.commit())));
  }

  private static String coldStart(ColdResult.Run cold, Colours colours) {
    List<ObjectNode> panels = new ArrayList<>();
    List<Chart> charts = Charts.cold(cold);
    for (Chart chart : charts) {
      panels.add(
          panel(
              chart,
              NARROW + WIDE,
              chart.title() + ": time of a call since start",
              cold.processor(),
              cold.commit()));
    }
    return picture(colours, "vconcat", panels);
  }

  private static ObjectNode panel(
      Chart chart, int width, String title, String processor, String commit) {
    ObjectNode panel = chart.spec().deepCopy();
    panel.put("width", width);
    panel.put("height", HEIGHT);
    panel
        .putObject("title")
        .put("text", title)
        .put("anchor", "start")
        .putArray("subtitle")
        .add(processor)
        .add("commit " + commit);
    return panel;
  }

  private static String picture(Colours colours, String order, List<ObjectNode> panels) {
    try {
      ObjectNode config =
          (ObjectNode)
              JSON.readTree(WebPage.resource("config.json").replace("currentColor", colours.text));
      config.put("background", colours.ground);
      ((ObjectNode) config.get("legend")).put("orient", "bottom");
      ObjectNode picture = JSON.createObjectNode();
      picture.set("config", config);
      if (order.equals("hconcat")) { // charts of different things
        ObjectNode scales = picture.putObject("resolve").putObject("scale");
        List.of("color", "shape", "yOffset").forEach(scale -> scales.put(scale, "independent"));
      }
      ArrayNode all = picture.putArray(order);
      panels.forEach(all::add);
      return JSON.writeValueAsString(picture);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a picture cannot be written", e);
    }
  }
}
