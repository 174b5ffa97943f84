package org.logitkernels.examples;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.BatchSampler;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** The lines of docs/engines.md: they work, and the page shows them as they stand here. */
class EnginesTest {
  private static final int VOCABULARY = 500;
  private static final int ROWS = 3;

  private final SamplerChain chain = SamplerChain.of(Step.topK(40), Step.temperature(0.8f));
  private final float[] batch = new float[ROWS * VOCABULARY];

  /** The tokens of the rows, each drawn by the sampler with the row's number as the seed. */
  private final int[] expected = new int[ROWS];

  @AutoClose private final Arena arena = Arena.ofConfined();

  EnginesTest() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < batch.length; i++) {
      batch[i] = random.nextInt(-32, 32) / 8f; // exact as halves
    }
    for (int row = 0; row < ROWS; row++) {
      expected[row] = sampler(row).sample(batch, row * VOCABULARY, (row + 1) * VOCABULARY);
    }
  }

  private Sampler sampler(int seed) {
    return chain.newSampler(VOCABULARY, seed);
  }

  @Test
  void arrays() {
    float[] logits = batch;
    Sampler sampler = sampler(1);
    int vocabulary = VOCABULARY;
    int row = 1;
    // docs/engines.md: array
    int token = sampler.sample(logits, row * vocabulary, (row + 1) * vocabulary);
    // docs/engines.md: end
    assertEquals(expected[1], token);
  }

  /** Stands in for a model: the logits behind a token. */
  private float[] logitsAfter(int token) {
    return Arrays.copyOfRange(batch, token, token + VOCABULARY);
  }

  /** The README's first lines print what the README says. */
  @Test
  void firstLines() throws IOException {
    PrintStream console = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, false, StandardCharsets.UTF_8));
    try {
      // docs/engines.md: first
      float[] logits = {2.0f, 1.0f, 0.5f}; // cat, dog, fish

      float[] p = new float[3];
      Kernels.best().softmax(logits, 0, 3, 1.0f, p, 0);
      System.out.println(Arrays.toString(p));

      SamplerChain chain = SamplerChain.of(Step.temperature(0.8), Step.topK(40), Step.topP(0.9));
      Sampler sampler = chain.newSampler(3, 42); // a vocabulary of 3, the random stream 42
      int token = sampler.sample(logits);
      System.out.println(token + " with probability " + sampler.probability());
      System.out.println(sampler.candidates());
      // docs/engines.md: end
    } finally {
      System.out.flush();
      System.setOut(console);
    }
    String printed = bytes.toString(StandardCharsets.UTF_8).replace("\r", "");
    String page = Files.readString(Path.of("../README.md"));
    assertTrue(page.contains("```\n" + printed + "```"), printed);
  }

  /** Stands in for a model. */
  private record Table(float[] batch) {
    float[] logitsAfter(int token) {
      return Arrays.copyOfRange(batch, token, token + VOCABULARY);
    }

    String word(int token) {
      return " " + token;
    }
  }

  @Test
  void theLoopOfAProgram() {
    Table model = new Table(batch);
    int vocabulary = VOCABULARY;
    int seed = 42;
    int[] prompt = {1, 2, 3};
    int mostTokens = 100;
    StringBuilder text = new StringBuilder();
    int end = fifthToken(model, prompt);
    // docs/engines.md: loop
    Sampler sampler =
        SamplerChain.parse("repetition_penalty=1.1, temperature=0.8, top_p=0.95")
            .newSampler(vocabulary, seed);
    sampler.acceptPrompt(prompt);
    int token = prompt[prompt.length - 1];
    for (int n = 0; n < mostTokens; n++) {
      token = sampler.sample(model.logitsAfter(token)); // draws, and changes no history
      sampler.accept(token); // from now on the token counts for penalties
      if (token == end) {
        break;
      }
      text.append(model.word(token));
    }
    // docs/engines.md: end
    assertEquals(end, token);
    assertEquals(sampler.position(), text.chars().filter(c -> c == ' ').count() + 1);
  }

  /** Drawn by {@code next}, which is both calls of the loop in one. */
  private static int fifthToken(Table model, int... prompt) {
    Sampler sampler =
        SamplerChain.parse("repetition_penalty=1.1, temperature=0.8, top_p=0.95")
            .newSampler(VOCABULARY, 42);
    sampler.acceptPrompt(prompt);
    int token = prompt[prompt.length - 1];
    for (int n = 0; n < 5; n++) {
      token = sampler.next(model.logitsAfter(token));
    }
    return token;
  }

  @Test
  void drafts() {
    int vocabulary = VOCABULARY;
    int[] draft = {4, 9, 2}; // from an n-gram of the prompt
    int token = 3;
    Sampler sampler = chain.newSampler(vocabulary, 42);
    // docs/engines.md: drafts
    int n = draft.length;
    float[] probabilities = new float[(n + 1) * vocabulary];
    double[] u = new double[n + 1];
    for (int i = 0; i <= n; i++) {
      sampler.apply(logitsAfter(i == 0 ? token : draft[i - 1])); // the chain, without a draw
      sampler.probabilities(probabilities, i * vocabulary);
      u[i] = Sampler.draw(sampler.seed(), sampler.position());
      sampler.position(sampler.position() + 1); // a number of its own for each row
      if (i < n) {
        sampler.accept(draft[i]); // so that the next row is penalised as it would be
      }
    }
    sampler.rollback(n);
    int[] tokens = new int[n + 1];
    int count = Speculative.verify(draft, n, vocabulary, probabilities, u, tokens);
    for (int i = 0; i < count; i++) {
      sampler.accept(tokens[i]);
    }
    // docs/engines.md: end
    assertEquals(n + 1, sampler.position());
    assertTrue(count >= 1 && count <= n + 1);
    for (int i = 0; i < count; i++) {
      assertTrue(probabilities[i * vocabulary + tokens[i]] > 0);
    }
    sampler.rollback(count);
  }

  @Test
  void directBuffers() {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * batch.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    buffer.put(0, batch);
    for (int row = 0; row < ROWS; row++) {
      assertEquals(expected[row], sampler(row).sample(buffer.slice(row * VOCABULARY, VOCABULARY)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void segments(boolean brain) {
    ElementType type = brain ? ElementType.BFLOAT16 : ElementType.FLOAT16;
    MemorySegment logits = arena.allocate(2L * batch.length);
    for (int i = 0; i < batch.length; i++) {
      short half =
          brain ? (short) (Float.floatToIntBits(batch[i]) >> 16) : Float.floatToFloat16(batch[i]);
      logits.setAtIndex(JAVA_SHORT, i, half);
    }
    Sampler[] samplers = {sampler(0), sampler(1), sampler(2)};
    int[] tokens = new int[ROWS];
    int vocabulary = VOCABULARY;
    // docs/engines.md: segment
    long rowBytes = (long) vocabulary * type.bytes();
    for (int row = 0; row < samplers.length; row++) {
      tokens[row] = samplers[row].sample(logits, row * rowBytes, vocabulary, type);
    }
    // docs/engines.md: end
    assertArrayEquals(expected, tokens);
  }

  @Test
  void handles() {
    int vocabulary = VOCABULARY;
    MemorySegment memory = arena.allocateFrom(JAVA_FLOAT, batch);
    FloatBuffer buffer = FloatBuffer.wrap(batch, VOCABULARY, VOCABULARY);
    Sampler[] samplers = {sampler(0), sampler(1), sampler(2)};
    Kernels kernels = Kernels.best();
    Workspace workspace = Workspace.of(vocabulary);
    int[] tokens = new int[ROWS];
    int[] ids = new int[5];
    double[] logProbabilities = new double[5];
    // docs/engines.md: handle
    Logits row = Logits.of(memory, 0, vocabulary, ElementType.FLOAT32);
    tokens[0] = samplers[0].sample(row);
    tokens[1] = samplers[1].sample(row.at(buffer)); // the same handle, at another row
    tokens[2] = samplers[2].sample(row.at(batch, 2 * vocabulary, 3 * vocabulary));
    kernels.topLogProbabilities(row, 1, 5, workspace, ids, logProbabilities);
    // docs/engines.md: end
    assertArrayEquals(expected, tokens);
    assertEquals(kernels.argMax(row, workspace), ids[0]);
    double best = kernels.logProbability(row, 1, ids[0], workspace);
    assertEquals(best, logProbabilities[0]);
  }

  @Test
  void rowsOfABatch() {
    int vocabulary = VOCABULARY;
    MemorySegment first = arena.allocateFrom(JAVA_FLOAT, Arrays.copyOf(batch, VOCABULARY));
    float[] second = Arrays.copyOfRange(batch, VOCABULARY, 2 * VOCABULARY);
    FloatBuffer third = FloatBuffer.wrap(batch, 2 * VOCABULARY, VOCABULARY);
    BatchSampler sampler = BatchSampler.of(sampler(0), sampler(1), sampler(2));
    int[] tokens = new int[ROWS];
    // docs/engines.md: rows
    Logits[] rows = {
      Logits.of(first, 0, vocabulary, ElementType.FLOAT32), Logits.of(second), Logits.of(third)
    };
    int failed = sampler.sample(rows, rows.length, tokens);
    // docs/engines.md: end
    assertEquals(0, failed);
    assertArrayEquals(expected, tokens);
  }

  /** Functions in Java, behind C's calling convention, stand in for those of llama.cpp. */
  @Test
  void llamaCpp() throws Throwable {
    MemorySegment context = arena.allocate(16);
    MemorySegment vocab = arena.allocate(16);
    MemorySegment rows = arena.allocateFrom(JAVA_FLOAT, batch);
    StandIn standIn = new StandIn(context.address(), rows);
    LlamaCpp llama = new LlamaCpp(standIn.library(arena));
    Sampler[] samplers = {sampler(0), sampler(1), sampler(2)};
    int[] last = {0, 1, -1}; // where in the batch each sequence's last token is
    int[] tokens = new int[ROWS];
    // docs/engines.md: llama
    int vocabulary = llama.vocabularySize(vocab);
    for (int s = 0; s < samplers.length; s++) {
      MemorySegment row = llama.logits(context, last[s], vocabulary);
      tokens[s] = samplers[s].sample(row, 0, vocabulary, ElementType.FLOAT32);
    }
    // docs/engines.md: end
    assertArrayEquals(expected, tokens);
    assertEquals(rows.address() + 4L * VOCABULARY, llama.logits(context, 1, vocabulary).address());

    // The row is llama.cpp's memory: what the next decode writes is what is drawn.
    rows.setAtIndex(JAVA_FLOAT, VOCABULARY + 77, 1000);
    MemorySegment row = llama.logits(context, 1, vocabulary);
    assertEquals(77, samplers[1].sample(row, 0, vocabulary, ElementType.FLOAT32));

    assertThrows(IllegalArgumentException.class, () -> llama.logits(context, 9, vocabulary));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> samplers[1].sample(row, 4, vocabulary, ElementType.FLOAT32),
        "the row ends where it ends");
  }

  /** What llama.h says of two functions. */
  private record StandIn(long context, MemorySegment rows) {
    int vocabTokens(MemorySegment vocab) {
      return VOCABULARY;
    }

    MemorySegment logitsIth(MemorySegment context, int i) {
      assertEquals(this.context, context.address());
      int row = i < 0 ? ROWS + i : i;
      return row < ROWS ? rows.asSlice(4L * row * VOCABULARY) : MemorySegment.NULL;
    }

    @SuppressWarnings("restricted")
    SymbolLookup library(Arena arena) throws ReflectiveOperationException {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      MethodHandle tokens =
          lookup.bind(this, "vocabTokens", MethodType.methodType(int.class, MemorySegment.class));
      MethodHandle logits =
          lookup.bind(
              this,
              "logitsIth",
              MethodType.methodType(MemorySegment.class, MemorySegment.class, int.class));
      Linker linker = Linker.nativeLinker();
      Map<String, MemorySegment> functions =
          Map.of(
              "llama_vocab_n_tokens",
              linker.upcallStub(tokens, FunctionDescriptor.of(JAVA_INT, ADDRESS), arena),
              "llama_get_logits_ith",
              linker.upcallStub(logits, FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT), arena));
      return name -> Optional.ofNullable(functions.get(name));
    }
  }

  /**
   * A page names the place of each block of Java that is compiled, {@code <!-- FILE: REGION -->};
   * in docs/engines.md every block is.
   */
  @ParameterizedTest
  @ValueSource(strings = {"docs/engines.md", "docs/scaling.md", "README.md"})
  void thePageShowsWhatIsCompiled(String page) throws IOException {
    Path root = Path.of("..");
    String text = Files.readString(root.resolve(page));
    Matcher block =
        Pattern.compile("<!-- (\\S+\\.java): (\\w+) -->\n+```java\n(.*?)```", Pattern.DOTALL)
            .matcher(text);
    int blocks = 0;
    for (; block.find(); blocks++) {
      String source = Files.readString(root.resolve(block.group(1)));
      Matcher region =
          Pattern.compile(
                  " *// docs/\\w+.md: " + block.group(2) + "\n(.*?) *// docs/\\w+.md: end",
                  Pattern.DOTALL)
              .matcher(source);
      assertTrue(region.find(), block.group(1) + " has no region " + block.group(2));
      assertEquals(
          region.group(1).stripTrailing().stripIndent(), block.group(3).stripTrailing(), page);
    }
    assertTrue(blocks > 0, page);
    if (page.equals("docs/engines.md")) {
      assertEquals(text.split("```java", -1).length - 1, blocks, "blocks that are not compiled");
    }
  }
}
