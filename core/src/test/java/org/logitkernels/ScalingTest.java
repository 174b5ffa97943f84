package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.TestRows;

/**
 * The function of docs/scaling.md: as many copies as a cluster makes of it give the same tokens.
 */
class ScalingTest {
  private static final int VOCABULARY = 3000;

  /** A row, and the number of its draw. */
  record Request(float[] logits, long position) {}

  /** A token for a request, wherever it runs. */
  static final class Draw implements Function<Request, Integer>, Serializable {
    private static final long serialVersionUID = 1;

    private final SamplerChain chain;
    private final int vocabularySize;
    private final long seed;
    private transient @Nullable Sampler sampler; // one for each copy, made where it runs

    Draw(SamplerChain chain, int vocabularySize, long seed) {
      this.chain = chain;
      this.vocabularySize = vocabularySize;
      this.seed = seed;
    }

    @Override
    public Integer apply(Request request) {
      if (sampler == null) {
        sampler = chain.newSampler(vocabularySize, seed);
      }
      sampler.position(request.position());
      return sampler.sample(request.logits());
    }
  }

  @Test
  void copiesOfAFunctionGiveTheSameTokens() throws Exception {
    SamplerChain chain = SamplerChain.parse("temperature=0.8, top_k=40, top_p=0.95");
    Draw draw = new Draw(chain, VOCABULARY, 42);
    List<Request> requests =
        IntStream.range(0, 60)
            .mapToObj(
                i ->
                    new Request(
                        TestRows.of(TestRows.Distribution.PEAKED, VOCABULARY, 0, i).logits(),
                        7L * i))
            .toList();
    List<Integer> expected = requests.stream().map(draw).toList();
    assertTrue(expected.stream().distinct().count() > 30);

    List<Draw> shards = new ArrayList<>();
    for (int shard = 0; shard < 3; shard++) {
      shards.add(copy(draw)); // also of one that was used
      assertNotSame(draw, shards.getLast());
    }
    for (int i = requests.size() - 1; i >= 0; i--) {
      assertEquals(expected.get(i), shards.get(i * 31 % 3).apply(requests.get(i)));
    }
  }

  private static Draw copy(Draw draw) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(draw);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (Draw) in.readObject();
    }
  }
}
