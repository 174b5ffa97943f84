package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** The bundled model, and synthetic ones in the formats of llama2.c. */
final class Models {
  static final Path CHECKPOINT = Path.of("model/fairytales/model.bin");
  static final Path TOKENIZER = Path.of("model/fairytales/tokenizer.bin");
  static final Path GOLDEN = Path.of("model/fairytales/golden.json");

  static final int VOCABULARY = 262;
  static final int DIM = 12;
  static final int HEADER = 28;

  private Models() {}

  /** Three special tokens, all bytes, a few pieces. */
  static Path tokenizer(Path file) throws IOException {
    return tokenizer(file, List.of("h", "i", "hi"));
  }

  static Path tokenizer(Path file, List<String> pieces) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN).putInt(6);
    for (String special : List.of("<unk>", "<s>", "</s>")) {
      piece(out, 0, special);
    }
    for (int b = 0; b < 256; b++) {
      piece(out, 0, "<0x%02X>".formatted(b));
    }
    for (int i = 0; i < pieces.size(); i++) {
      piece(out, -i, pieces.get(i));
    }
    return Files.write(file, bytes(out));
  }

  /**
   * A shared classifier is the token embedding; one of its own is here the embedding times {@code
   * factor}.
   */
  static Path checkpoint(Path file, boolean shared, float factor) throws IOException {
    return checkpoint(file, shared, factor, 16);
  }

  static Path checkpoint(Path file, boolean shared, float factor, int contextLength)
      throws IOException {
    int hidden = 20;
    int layers = 2;
    int heads = 3;
    int keyValueHeads = 1;
    int headSize = DIM / heads;
    ByteBuffer out = ByteBuffer.allocate(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(DIM).putInt(hidden).putInt(layers).putInt(heads).putInt(keyValueHeads);
    out.putInt(shared ? VOCABULARY : -VOCABULARY).putInt(contextLength);
    SplittableRandom random = new SplittableRandom(5);
    int attention = 2 * DIM * DIM + 2 * DIM * headSize * keyValueHeads;
    int perLayer = 2 * DIM + attention + 3 * DIM * hidden;
    int weights = VOCABULARY * DIM + layers * perLayer + DIM;
    for (int i = 0; i < weights; i++) {
      out.putFloat((float) random.nextGaussian(0, 0.7));
    }
    for (int i = 0; i < contextLength * headSize; i++) {
      out.putFloat(Float.NaN); // the tables of rotations: nobody may read them
    }
    for (int i = 0; !shared && i < VOCABULARY * DIM; i++) {
      out.putFloat(factor * out.getFloat(HEADER + 4 * i));
    }
    return Files.write(file, bytes(out));
  }

  private static void piece(ByteBuffer out, float score, String piece) {
    byte[] bytes = piece.getBytes(UTF_8);
    out.putFloat(score).putInt(bytes.length).put(bytes);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.flip().remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
