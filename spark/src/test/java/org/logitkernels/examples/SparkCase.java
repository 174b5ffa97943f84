package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import picocli.CommandLine;

/** Tales to be told, and what one process tells with the code of bin/generate. */
record SparkCase(SamplerChain chain, int steps, List<Tale> begun) {
  private static final List<String> PROMPTS =
      List.of("Once upon a time", "The dragon", "A little girl and her dog", "");

  /** A chain with a history: draws depend on all tokens before. */
  static final SamplerChain CHAIN =
      SamplerChain.parse(
          "repetition_penalty=1.2, no_repeat_ngram=4, temperature=0.9, top_k=50, top_p=0.95");

  static SparkCase of(int tales, int steps) throws BadInputException {
    Tokenizer tokenizer = Tokenizer.read(model("tokenizer.bin"), checkpoint().vocabularySize);
    List<Tale> begun = new ArrayList<>();
    for (int i = 0; i < tales; i++) {
      int[] prompt = tokenizer.encode(PROMPTS.get(i % PROMPTS.size()), 256);
      begun.add(new Tale(i, 1000 - i, prompt, new int[0]));
    }
    return new SparkCase(CHAIN, steps, begun);
  }

  static Path model(String file) throws BadInputException {
    return Generate.modelFile(null, null, null, file);
  }

  private static Checkpoint checkpoint() throws BadInputException {
    return Checkpoint.read(model(Cluster.MODEL));
  }

  /** The tokens of each tale, told one after the other in this process. */
  List<List<Integer>> alone() throws BadInputException {
    Checkpoint checkpoint = checkpoint();
    Tokenizer tokenizer = Tokenizer.read(model("tokenizer.bin"), checkpoint.vocabularySize);
    Transformer model = new Transformer(checkpoint, Kernels.best(), steps);
    List<List<Integer>> tokens = new ArrayList<>();
    for (Tale tale : begun) {
      List<Integer> drawn = new ArrayList<>();
      new Story(tokenizer, model, tale.prompt(), steps)
          .tell(
              chain.newSampler(checkpoint.vocabularySize, tale.seed()),
              new Story.View() {
                @Override
                public void drawn(int token, float[] logits, Sampler sampler) {
                  drawn.add(token);
                }

                @Override
                public boolean text(String text) {
                  return true;
                }
              });
      tokens.add(drawn);
    }
    return tokens;
  }

  /** The tokens of tales that came in any order, by their numbers. */
  static List<List<Integer>> tokens(List<Tale> told) {
    List<Tale> sorted = told.stream().sorted(Comparator.comparingInt(Tale::number)).toList();
    IntStream.range(0, told.size()).forEach(i -> assertEquals(i, sorted.get(i).number()));
    return sorted.stream().map(tale -> IntStream.of(tale.drawn()).boxed().toList()).toList();
  }

  /** Opens a context by the options of the programs. */
  static JavaSparkContext open(Cluster cluster, String... options) throws BadInputException {
    CommandLine.populateCommand(cluster, options);
    JavaSparkContext context = cluster.open("test");
    context.addFile(model(Cluster.MODEL).toString());
    return context;
  }

  /** One run of a program, and what it said. */
  record Run(int status, String out, String err) {
    interface Program {
      int run(PrintStream out, PrintStream err, String... args);
    }

    /** With arguments that have no blanks, in one text, and more of them. */
    static Run of(Program program, String words, String... more) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      String[] args =
          Stream.concat(Stream.of(words.split(" ")), Stream.of(more)).toArray(String[]::new);
      int status =
          program.run(new PrintStream(out, false, UTF_8), new PrintStream(err, true, UTF_8), args);
      return new Run(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    Run works() {
      assertEquals(0, status, err);
      return this;
    }

    void fails(String message) {
      assertEquals(2, status, out);
      assertTrue(err.startsWith("spark-tales: " + message), err);
      assertEquals(1, err.lines().count(), err);
      assertEquals("", out);
    }
  }
}
