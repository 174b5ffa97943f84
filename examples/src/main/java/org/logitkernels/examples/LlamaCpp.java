package org.logitkernels.examples;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * As much of llama.cpp's C API as a sampler needs; jextract makes the whole of it from {@code
 * llama.h}.
 */
final class LlamaCpp {
  // docs/engines.md: binding
  private final MethodHandle vocabTokens; // int32_t llama_vocab_n_tokens(llama_vocab *)
  private final MethodHandle logitsIth; // float * llama_get_logits_ith(llama_context *, int32_t)

  /** Binds to a library: {@code SymbolLookup.libraryLookup("libllama.so", Arena.global())}. */
  @SuppressWarnings("restricted") // --enable-native-access
  LlamaCpp(SymbolLookup library) {
    Linker linker = Linker.nativeLinker();
    vocabTokens =
        linker.downcallHandle(
            library.findOrThrow("llama_vocab_n_tokens"), FunctionDescriptor.of(JAVA_INT, ADDRESS));
    logitsIth =
        linker.downcallHandle(
            library.findOrThrow("llama_get_logits_ith"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  }

  int vocabularySize(MemorySegment vocab) throws Throwable {
    return (int) vocabTokens.invokeExact(vocab);
  }

  /** The logits of the batch's token i, -1 for the last: valid until the next llama_decode. */
  @SuppressWarnings("restricted") // a C pointer has no length: this gives it one
  MemorySegment logits(MemorySegment context, int i, int vocabularySize) throws Throwable {
    MemorySegment row = (MemorySegment) logitsIth.invokeExact(context, i);
    if (row.equals(MemorySegment.NULL)) {
      throw new IllegalArgumentException("no logits were asked for at token " + i);
    }
    return row.reinterpret(4L * vocabularySize);
  }
  // docs/engines.md: end
}
