/**
 * SIMD kernels that turn a row of language-model logits into a token: this page shows the way in.
 *
 * <p>The module {@code org.logitkernels.vector} has the fast kernels. It is found when a program
 * runs; without it everything works, more slowly and with the same bits. {@link
 * org.logitkernels.Backends} tells which kernels are at work.
 *
 * <h2>One sequence</h2>
 *
 * A {@link org.logitkernels.SamplerChain} lists the steps of sampling, and a {@link
 * org.logitkernels.Sampler} takes them for one sequence. Here a table stands in for the model:
 *
 * {@snippet lang=java :
 * float[][] model = {{0, 3, 1, 0}, {1, 0, 3, 1}, {0, 1, 0, 3}, {1, 0, 0, 0}}; // a row by token
 * int[] prompt = {0};
 * int end = 3;
 * Sampler sampler = SamplerChain.parse("temperature=0.8, top_p=0.95").newSampler(4, 42);
 * sampler.acceptPrompt(prompt);
 * int token = prompt[prompt.length - 1];
 * for (int n = 0; n < 100 && token != end; n++) {
 *   token = sampler.sample(model[token]); // draws
 *   sampler.accept(token); // adds it to the history; next does both
 *   System.out.println(token + " with probability " + sampler.probability());
 *   // 1 with probability 0.9241418
 *   // 2 with probability 0.8589811
 *   // 3 with probability 0.9241418
 * }
 * }
 *
 * <h2>A batch</h2>
 *
 * A {@link org.logitkernels.BatchSampler} takes a row for each of many sequences. Each row gets the
 * token that it would get alone, on however many threads:
 *
 * {@snippet lang=java :
 * float[] logits = {2, 1, 0, 0, 1, 2}; // two rows of three logits, one behind the other
 * BatchSampler batch = BatchSampler.of(SamplerChain.greedy(), 3, new long[] {42, 43});
 * int[] tokens = new int[2];
 * int failed = batch.next(logits, 0, 3, 2, 3, tokens);
 * System.out.println(Arrays.toString(tokens) + ", " + failed + " failed");
 * // [0, 2], 0 failed
 * }
 *
 * <h2>Rows outside the heap</h2>
 *
 * A row may lie in native memory, as floats or as 16-bit floats. A {@link org.logitkernels.Logits}
 * says where; vector kernels read floats there without a copy:
 *
 * {@snippet lang=java :
 * try (Arena arena = Arena.ofConfined()) {
 *   MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0.5f, 2, 1);
 *   Logits row = Logits.of(memory, 0, 3, ElementType.FLOAT32);
 *   System.out.println(SamplerChain.greedy().newSampler(3, 42).next(row));
 *   // 1
 * }
 * }
 *
 * <h2>Masks</h2>
 *
 * A grammar engine says which tokens may come next, as a bit for each. The step {@link
 * org.logitkernels.Step#allowed} reads that mask, and no other token ever comes out:
 *
 * {@snippet lang=java :
 * Sampler sampler = SamplerChain.parse("allowed(), top_k=40").newSampler(3, 42);
 * sampler.allow(new long[] {0b110}); // tokens 1 and 2, for the next row
 * System.out.println(sampler.next(new float[] {9, 1, -5}));
 * // 1
 * }
 *
 * <h2>Evaluation</h2>
 *
 * {@link org.logitkernels.Perplexity} measures how well a model foretells a text, and {@link
 * org.logitkernels.ModelComparison} what a smaller model has lost:
 *
 * {@snippet lang=java :
 * Perplexity perplexity = Perplexity.of(3);
 * perplexity.add(Logits.of(new float[] {2, 1, 0}), 0); // a row, and the token that came
 * perplexity.add(Logits.of(new float[] {0, 3, 0}), 1);
 * System.out.printf(Locale.ROOT, "%.3f%n", perplexity.perplexity());
 * // 1.286
 * }
 *
 * <h2>More</h2>
 *
 * {@link org.logitkernels.Kernels} has the kernels one by one. {@link org.logitkernels.Presets} has
 * the chains of other systems. {@link org.logitkernels.AttentionSoftmax} and {@link
 * org.logitkernels.Routing} serve inside a model. The same row, chain and draw give the same bits
 * on every backend, vector width and machine.
 */
module org.logitkernels {
  requires static org.jspecify;
  requires jdk.management;

  exports org.logitkernels;
  exports org.logitkernels.numerics to
      org.logitkernels.vector;
  exports org.logitkernels.spi to
      org.logitkernels.vector;

  uses org.logitkernels.spi.BackendProvider;
}
