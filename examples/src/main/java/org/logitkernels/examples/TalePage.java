package org.logitkernels.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;

/**
 * A page of HTML that shows tales token by token, with the candidates before the chain and behind
 * each of its steps. It is one file, which needs no network: tale.html, and the numbers as JSON.
 */
final class TalePage {
  /** Of the leading tokens, before the chain and behind it, so many are on the page. */
  private static final int ROWS = 8;

  private static final String TEMPLATE = "tale.html";
  private static final String PLACE = "@numbers@";

  private final Tokenizer tokenizer;
  private final Kernels kernels;
  private final int[] prompt;
  private final ObjectNode page = new ObjectMapper().createObjectNode();
  private final ObjectNode names;
  private final ArrayNode tales;

  /** A page without a tale, on which stand the command that makes it again, and the model. */
  TalePage(
      String command, String model, long seed, Tokenizer tokenizer, Kernels kernels, int[] prompt) {
    this.tokenizer = tokenizer;
    this.kernels = kernels;
    this.prompt = prompt;
    page.put("command", command).put("model", model).put("seed", Long.toString(seed));
    page.put("vocabulary", tokenizer.size());
    tales = page.putArray("tales");
    names = page.putObject("names");
  }

  /** Adds a tale, which the view is then told. */
  Story.View tale(Sampler sampler) {
    return new Tale(sampler);
  }

  private final class Tale implements Story.View {
    private final Stages stages;
    private final ObjectNode tale = tales.addObject();
    private final ArrayNode tokens;

    /** What takes the text that comes next: the tale its prompt, then each token its own. */
    private ObjectNode teller = tale;

    Tale(Sampler sampler) {
      stages = new Stages(sampler, kernels, prompt);
      tale.put("chain", sampler.chain().toString());
      ArrayNode steps = tale.putArray("stages");
      stages.names().forEach(steps::add);
      tokens = tale.putArray("tokens");
    }

    @Override
    public void drawn(int token, float[] logits, Sampler sampler) {
      List<Distribution> distributions = stages.distributions(logits);
      stages.accept(token);
      teller = tokens.addObject().put("id", token).put("text", "");
      teller.put("rank", distributions.getFirst().rank(token) + 1);
      ArrayNode left = teller.putArray("left");
      ArrayNode entropy = teller.putArray("entropy");
      for (Distribution distribution : distributions) {
        left.add(distribution.size());
        entropy.add((float) distribution.entropy());
      }
      ArrayNode rows = teller.putArray("rows");
      for (int id : shown(token, distributions)) {
        names.put(Integer.toString(id), tokenizer.name(id));
        ArrayNode row = rows.addArray().add(id);
        for (Distribution distribution : distributions) {
          int rank = distribution.rank(id);
          row.add(rank < 0 ? null : (Float) distribution.probability(rank));
        }
      }
    }

    private Set<Integer> shown(int token, List<Distribution> distributions) {
      Set<Integer> ids = new LinkedHashSet<>();
      for (Distribution of : List.of(distributions.getFirst(), distributions.getLast())) {
        for (int i = 0; i < Math.min(ROWS, of.size()); i++) {
          ids.add(of.id(i));
        }
      }
      ids.add(token);
      return ids;
    }

    @Override
    public boolean text(String more) {
      teller.put("text", teller.path("text").asText() + more);
      return true;
    }
  }

  /** The page, with the tales so far. */
  String html() {
    try (InputStream template = TalePage.class.getResourceAsStream(TEMPLATE)) {
      String html =
          new String(Objects.requireNonNull(template).readAllBytes(), StandardCharsets.UTF_8);
      // A script ends at its end tag, wherever that stands, and "<!--" begins what hides that.
      return html.replace(PLACE, page.toString().replace("<", "\\u003c"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
