package org.logitkernels.examples;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** The bundled model in llama.cpp itself, sampled in llama.cpp's output buffer. */
@SuppressWarnings("restricted")
class LlamaCppTest {
  /** Longer than the parameters of any version: a callee reads and writes its part. */
  private static final MemoryLayout PARAMETERS =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(64, JAVA_LONG));

  /** {@code llama_batch}: a count, then token, embd, pos, n_seq_id, seq_id and logits. */
  private static final MemoryLayout BATCH =
      MemoryLayout.structLayout(
          JAVA_INT,
          MemoryLayout.paddingLayout(4),
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS);

  private static final long LOGITS = 48;

  @TempDir private static Path folder = Path.of("");
  @AutoClose private final Arena arena = Arena.ofConfined();

  private final Linker linker = Linker.nativeLinker();
  private final SegmentAllocator allocator = arena;
  private SymbolLookup library = name -> Optional.empty();
  private MemorySegment model = MemorySegment.NULL;
  private MemorySegment context = MemorySegment.NULL;

  @BeforeEach
  void load() throws Throwable {
    library = library();
    MethodHandle silence =
        MethodHandles.empty(
            MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
    bind("llama_log_set", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS))
        .invoke(
            linker.upcallStub(
                silence, FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), Arena.global()),
            MemorySegment.NULL);
    Path gguf = folder.resolve("model.gguf");
    if (!Files.exists(gguf)) {
      Files.write(gguf, gguf(Checkpoint.read(Models.CHECKPOINT)));
    }
    MethodHandle modelParams =
        bind("llama_model_default_params", FunctionDescriptor.of(PARAMETERS));
    model =
        (MemorySegment)
            bind("llama_model_load_from_file", FunctionDescriptor.of(ADDRESS, ADDRESS, PARAMETERS))
                .invoke(
                    arena.allocateFrom(gguf.toString()),
                    (MemorySegment) modelParams.invoke(allocator));
    MethodHandle contextParams =
        bind("llama_context_default_params", FunctionDescriptor.of(PARAMETERS));
    context =
        (MemorySegment)
            bind("llama_init_from_model", FunctionDescriptor.of(ADDRESS, ADDRESS, PARAMETERS))
                .invoke(model, (MemorySegment) contextParams.invoke(allocator));
    assertTrue(model.address() != 0 && context.address() != 0);
  }

  @AfterEach
  void free() throws Throwable {
    if (context.address() != 0) {
      bind("llama_free", FunctionDescriptor.ofVoid(ADDRESS)).invoke(context);
      bind("llama_model_free", FunctionDescriptor.ofVoid(ADDRESS)).invoke(model);
    }
  }

  @Test
  void greedyTellsTheGoldenTale() throws Throwable {
    LlamaCpp llama = new LlamaCpp(library);
    int vocabulary = llama.vocabularySize(vocab());
    Tokenizer tokenizer = Tokenizer.read(Models.TOKENIZER, vocabulary);
    Sampler sampler = SamplerChain.greedy().newSampler(vocabulary, 0);
    TextStream text = new TextStream(tokenizer);
    StringBuilder told = new StringBuilder();
    int[] tokens = tokenizer.encode("Once upon a time", 256);
    for (int token : tokens) {
      told.append(text.next(token));
    }
    for (int i = 0; i < 40; i++) {
      decode(tokens, MemorySegment.NULL);
      MemorySegment row = llama.logits(context, -1, vocabulary);
      tokens = new int[] {sampler.sample(row, 0, vocabulary, ElementType.FLOAT32)};
      told.append(text.next(tokens[0]));
    }
    String golden = new ObjectMapper().readTree(Models.GOLDEN.toFile()).get("text").asText();
    System.out.println("llama.cpp computed, and this library chose: " + told);
    assertTrue(told.length() > 100 && golden.startsWith(told.toString()), told.toString());
  }

  /**
   * Rows are found by the place of their token in the batch, and only where they were asked for.
   */
  @Test
  void rowsOfABatch() throws Throwable {
    LlamaCpp llama = new LlamaCpp(library);
    Checkpoint checkpoint = Checkpoint.read(Models.CHECKPOINT);
    int vocabulary = checkpoint.vocabularySize;
    int[] tokens = {1, 1186, 323, 670, 261, 515};
    decode(tokens, arena.allocateFrom(JAVA_BYTE, new byte[] {1, 0, 1, 0, 0, 1}));
    Transformer plain = new Transformer(checkpoint, Kernels.scalar(), tokens.length);
    Sampler sampler = SamplerChain.greedy().newSampler(vocabulary, 0);
    for (int i = 0; i < tokens.length; i++) {
      float[] expected = plain.forward(tokens[i], i);
      if (i == 1 || i == 3 || i == 4) {
        int without = i;
        assertThrows(
            IllegalArgumentException.class, () -> llama.logits(context, without, vocabulary));
        continue;
      }
      MemorySegment row = llama.logits(context, i, vocabulary);
      for (int t = 0; t < vocabulary; t++) {
        // llama.cpp keeps keys and values as halves
        assertEquals(expected[t], row.getAtIndex(JAVA_FLOAT, t), 0.05);
      }
      row.setAtIndex(JAVA_FLOAT, 77, 1000);
      assertEquals(77, sampler.sample(row, 0, vocabulary, ElementType.FLOAT32));
      assertEquals(1000, llama.logits(context, i, vocabulary).getAtIndex(JAVA_FLOAT, 77));
    }
    assertEquals(
        llama.logits(context, 5, vocabulary).address(),
        llama.logits(context, -1, vocabulary).address());
  }

  private void decode(int[] tokens, MemorySegment wanted) throws Throwable {
    MemorySegment batch =
        (MemorySegment)
            bind("llama_batch_get_one", FunctionDescriptor.of(BATCH, ADDRESS, JAVA_INT))
                .invoke(allocator, arena.allocateFrom(JAVA_INT, tokens), tokens.length);
    batch.set(ADDRESS, LOGITS, wanted);
    assertEquals(
        0,
        (int)
            bind("llama_decode", FunctionDescriptor.of(JAVA_INT, ADDRESS, BATCH))
                .invoke(context, batch));
  }

  private MemorySegment vocab() throws Throwable {
    return (MemorySegment)
        bind("llama_model_get_vocab", FunctionDescriptor.of(ADDRESS, ADDRESS)).invoke(model);
  }

  private MethodHandle bind(String name, FunctionDescriptor type) {
    return linker.downcallHandle(library.findOrThrow(name), type);
  }

  /** The library out of the jar, or no test where there is none for the machine. */
  private static SymbolLookup library() throws IOException {
    String os = System.getProperty("os.name");
    String arch = System.getProperty("os.arch");
    String name =
        switch (os + " " + arch) {
          case "Linux amd64" -> "Linux/x86_64/libjllama.so";
          case "Linux aarch64" -> "Linux/aarch64/libjllama.so";
          case "Mac OS X aarch64" -> "Mac/aarch64/libjllama.dylib";
          case "Mac OS X x86_64" -> "Mac/x86_64/libjllama.dylib";
          default -> abort("no llama.cpp for " + os + " on " + arch);
        };
    Path file = folder.resolve(Path.of(name).getFileName());
    try (InputStream in = LlamaCppTest.class.getResourceAsStream("/de/kherud/llama/" + name)) {
      if (in == null) {
        return abort("the jar has no " + name);
      }
      if (!Files.exists(file)) {
        Files.copy(in, file);
      }
    }
    try {
      SymbolLookup library = SymbolLookup.libraryLookup(file, Arena.global());
      return library.find("llama_decode").isPresent()
          ? library
          : abort(name + " does not show llama.cpp's functions");
    } catch (IllegalArgumentException e) {
      return abort("llama.cpp cannot be loaded here, perhaps for want of libgomp: " + e);
    }
  }

  /** The checkpoint in llama.cpp's own format, without the tokenizer. */
  private static byte[] gguf(Checkpoint model) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", "llama");
    metadata.put("llama.context_length", model.contextLength);
    metadata.put("llama.embedding_length", model.dim);
    metadata.put("llama.block_count", model.layers);
    metadata.put("llama.feed_forward_length", model.hiddenDim);
    metadata.put("llama.attention.head_count", model.heads);
    metadata.put("llama.attention.head_count_kv", model.keyValueHeads);
    metadata.put("llama.vocab_size", model.vocabularySize);
    metadata.put("llama.rope.dimension_count", model.headSize());
    metadata.put("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    metadata.put("tokenizer.ggml.model", "no_vocab");

    int dim = model.dim;
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(new Tensor("token_embd", model.vocabularySize, dim, model.embedding));
    tensors.add(new Tensor("output_norm", model.finalNorm));
    for (int i = 0; i < model.layers; i++) {
      String block = "blk." + i + ".";
      tensors.add(new Tensor(block + "attn_norm", model.attentionNorm.get(i)));
      tensors.add(new Tensor(block + "attn_q", dim, dim, model.query.get(i)));
      tensors.add(new Tensor(block + "attn_k", model.keyValueDim(), dim, model.key.get(i)));
      tensors.add(new Tensor(block + "attn_v", model.keyValueDim(), dim, model.value.get(i)));
      tensors.add(new Tensor(block + "attn_output", dim, dim, model.output.get(i)));
      tensors.add(new Tensor(block + "ffn_norm", model.feedForwardNorm.get(i)));
      tensors.add(new Tensor(block + "ffn_gate", model.hiddenDim, dim, model.gate.get(i)));
      tensors.add(new Tensor(block + "ffn_up", model.hiddenDim, dim, model.up.get(i)));
      tensors.add(new Tensor(block + "ffn_down", dim, model.hiddenDim, model.down.get(i)));
    }

    ByteBuffer out = ByteBuffer.allocate(1 << 23).order(ByteOrder.LITTLE_ENDIAN);
    out.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3);
    out.putLong(tensors.size()).putLong(metadata.size());
    metadata.forEach(
        (key, value) -> {
          text(out, key);
          switch (value) {
            case Integer number -> out.putInt(4).putInt(number);
            case Float number -> out.putInt(6).putFloat(number);
            default -> text(out.putInt(8), value.toString());
          }
        });
    long offset = 0;
    for (Tensor tensor : tensors) {
      text(out, tensor.name + ".weight");
      out.putInt(tensor.shape.length);
      for (long length : tensor.shape) {
        out.putLong(length);
      }
      out.putInt(0).putLong(offset);
      offset += align(tensor.data.length);
    }
    for (Tensor tensor : tensors) {
      out.position(align(out.position())).put(tensor.data);
    }
    byte[] file = new byte[align(out.position())];
    out.get(0, file);
    return file;
  }

  private static void text(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putLong(bytes.length).put(bytes);
  }

  private static int align(int position) {
    return (position + 31) & -32;
  }

  /** Little-endian floats; the shape begins with the length of a row. */
  private static final class Tensor {
    final String name;
    final long[] shape;
    final byte[] data;

    Tensor(String name, int rows, int columns, Matrix matrix) {
      this.name = name;
      this.shape = new long[] {columns, rows};
      this.data = matrix.data().asSlice(4 * matrix.from(), 4L * rows * columns).toArray(JAVA_BYTE);
    }

    Tensor(String name, float[] vector) {
      this.name = name;
      this.shape = new long[] {vector.length};
      ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(vector);
      this.data = bytes.array();
    }
  }
}
