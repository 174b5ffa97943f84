package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.Kernels;

class CheckpointTest {

  @TempDir private Path folder = Path.of("");

  @Test
  void aClassifierOfItsOwnIsUsedAndASharedOneIsTheEmbedding() throws Exception {
    float[] shared = logits(Models.checkpoint(folder.resolve("shared"), true, 0));
    assertTrue(shared[0] == shared[0] && shared[0] != 0); // not the NaN of the skipped tables
    assertArrayEquals(shared, logits(Models.checkpoint(folder.resolve("same"), false, 1)));

    float[] doubled = logits(Models.checkpoint(folder.resolve("doubled"), false, 2));
    for (int i = 0; i < shared.length; i++) {
      assertEquals(2 * shared[i], doubled[i]);
    }
  }

  @Test
  void aTokenDependsOnAllBeforeIt() throws Exception {
    Checkpoint checkpoint = Checkpoint.read(Models.checkpoint(folder.resolve("m"), true, 0));
    Transformer model = new Transformer(checkpoint, Kernels.scalar(), 3);
    float[] once = run(model, 5, 6, 7);
    assertArrayEquals(once, run(model, 5, 6, 7), "starting again leaves nothing behind");
    assertFalse(Arrays.equals(once, run(model, 4, 6, 7)));
    assertFalse(Arrays.equals(once, run(model, 6, 5, 7)), "positions count");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 27})
  void aFileWithoutAHeader(int length) throws IOException {
    assertEquals(
        " is not a llama2.c version-0 checkpoint: its header takes 28 bytes, but the file has "
            + length,
        refusal(cut(length)));
  }

  @ParameterizedTest
  @ValueSource(ints = {28, 29, 1000, 21_931})
  void aTruncatedFile(int length) throws IOException {
    Path file = cut(length);
    BadInputException e = assertThrows(BadInputException.class, () -> Checkpoint.read(file));
    assertEquals(
        "the checkpoint %s is truncated: its header asks for 21,932 bytes, but the file has %,d"
            .formatted(file, length),
        e.getMessage());
  }

  @Test
  void aFileThatIsTooLong() throws IOException {
    assertEquals(
        " is not a llama2.c version-0 checkpoint: "
            + "its header asks for 21,932 bytes, but the file has 21,933",
        refusal(cut(21_933)));
  }

  @Test
  void aLaterVersion() throws IOException {
    assertEquals(
        " is not a llama2.c version-0 checkpoint: "
            + "it has the mark of a later version (export it with --version 0)",
        refusal(withHeader(0, 0x616b3432)));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, dim in its header is 0; where 1 to 65536 was expected",
    "0, -12, dim in its header is -12; where 1 to 65536 was expected",
    "0, 1684108385, dim in its header is 1684108385; where 1 to 65536 was expected",
    "1, -1, hidden_dim in its header is -1; where 1 to 1048576 was expected",
    "2, 2147483647, n_layers in its header is 2147483647; where 1 to 4096 was expected",
    "3, 13, n_heads in its header is 13; where 1 to 12 was expected",
    "3, 5, dim 12; n_heads 5 and n_kv_heads 1 in its header do not divide into heads",
    "3, 4, dim 12; n_heads 4 and n_kv_heads 1 in its header do not divide into heads",
    "4, 2, dim 12; n_heads 3 and n_kv_heads 2 in its header do not divide into heads",
    "4, 4, n_kv_heads in its header is 4; where 1 to 3 was expected",
    "5, 0, vocab_size in its header is 0; where 1 to 16777216 was expected",
    "5, -2147483648, vocab_size in its header is -2147483648; where 1 to 16777216 was expected",
    "6, 0, seq_len in its header is 0; where 1 to 16777216 was expected"
  })
  void anAbsurdHeader(int field, int value, String expected) throws IOException {
    assertEquals(
        " is not a llama2.c version-0 checkpoint: " + expected.replace(';', ','),
        refusal(withHeader(field, value)));
  }

  private float[] logits(Path file) throws BadInputException {
    return run(new Transformer(Checkpoint.read(file), Kernels.scalar(), 4), 1, 2, 3, 4);
  }

  private static float[] run(Transformer model, int... tokens) {
    float[] logits = {};
    for (int i = 0; i < tokens.length; i++) {
      logits = model.forward(tokens[i], i);
    }
    return logits.clone();
  }

  private String refusal(Path file) {
    BadInputException e = assertThrows(BadInputException.class, () -> Checkpoint.read(file));
    return e.getMessage().replace(file.toString(), "");
  }

  private Path cut(int length) throws IOException {
    Path file = Models.checkpoint(folder.resolve("m"), true, 0);
    return Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));
  }

  private Path withHeader(int field, int value) throws IOException {
    Path file = Models.checkpoint(folder.resolve("m"), true, 0);
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * field, value);
    return Files.write(file, bytes);
  }
}
