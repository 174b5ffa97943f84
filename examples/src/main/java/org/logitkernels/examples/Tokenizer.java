package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A llama2.c tokenizer: an int (the longest piece), then for each token its score (a float), its
 * length (an int) and its bytes.
 *
 * <p>Pieces are kept as Latin-1 strings, one char per byte, because a piece need not be whole
 * characters of UTF-8.
 */
final class Tokenizer {
  static final int BEGIN = 1;
  static final int END = 2;

  private static final int NONE = -1;

  private final List<String> pieces = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private int longest = 1;

  /** Reads the tokenizer of a model with {@code vocabularySize} tokens. */
  static Tokenizer read(Path file, int vocabularySize) throws BadInputException {
    Checkpoint.checkReadable("tokenizer", file);
    Tokenizer tokenizer;
    try {
      tokenizer = new Tokenizer(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new BadInputException("the tokenizer " + file + " cannot be read: " + e.getMessage());
    }
    if (tokenizer.size() != vocabularySize) {
      throw new BadInputException(
          "the tokenizer %s has %,d tokens, but the checkpoint's vocabulary has %,d"
              .formatted(file, tokenizer.size(), vocabularySize));
    }
    return tokenizer;
  }

  private Tokenizer(Path file, byte[] bytes) throws BadInputException {
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < Integer.BYTES || data.getInt() < 1) {
      throw new BadInputException(
          file + " is not a llama2.c tokenizer: it does not start with the length of a piece");
    }
    while (data.hasRemaining()) {
      float score = data.remaining() < 8 ? Float.NaN : data.getFloat();
      int length = data.remaining() < 4 ? NONE : data.getInt();
      if (Float.isNaN(score) || length < 0 || length > data.remaining()) {
        throw new BadInputException(
            ("%s is not a llama2.c tokenizer, or is truncated: "
                    + "token %,d does not fit in its %,d bytes")
                .formatted(file, size(), bytes.length));
      }
      String piece = new String(bytes, data.position(), length, ISO_8859_1);
      data.position(data.position() + length);
      ids.putIfAbsent(piece, size());
      pieces.add(piece);
      scores.add(score);
      longest = Math.max(longest, length);
    }
  }

  int size() {
    return pieces.size();
  }

  /**
   * The ids of a text, at most {@code limit}: first {@link #BEGIN}, then those of a space and the
   * text.
   */
  int[] encode(String text, int limit) throws BadInputException {
    String spaced = text.isEmpty() ? "" : " " + text;
    int atLeast = 1 + latin1(spaced).length() / longest;
    if (atLeast > limit) { // merging takes quadratic time: not for a whole book
      throw tooLong("at least " + atLeast, limit);
    }
    int[] tokens = merge(characters(spaced));
    if (tokens.length + 1 > limit) {
      throw tooLong("" + (tokens.length + 1), limit);
    }
    return IntStream.concat(IntStream.of(BEGIN), IntStream.of(tokens)).toArray();
  }

  private static BadInputException tooLong(String tokens, int limit) {
    return new BadInputException(
        "the prompt takes %s tokens, but the model's context holds %,d".formatted(tokens, limit));
  }

  /** The bytes that a token stands for. */
  byte[] bytes(int token) {
    String piece = pieces.get(token);
    if (piece.matches("<0x[0-9A-Fa-f]{2}>")) {
      return new byte[] {(byte) Integer.parseInt(piece, 3, 5, 16)};
    }
    return piece.getBytes(ISO_8859_1);
  }

  /** A token on its own, to show it: its text, or its name where that is no text. */
  String name(int token) {
    String text = new String(bytes(token), UTF_8);
    boolean shown =
        text.chars().allMatch(c -> c == '\n' || c != 0xfffd && !Character.isISOControl(c));
    return shown ? text : pieces.get(token);
  }

  /** One token for each character, or one for each of its bytes where the vocabulary lacks it. */
  private int[] characters(String text) throws BadInputException {
    List<Integer> tokens = new ArrayList<>();
    for (int codePoint : text.codePoints().toArray()) {
      String character = latin1(Character.toString(codePoint));
      if (ids.containsKey(character)) {
        tokens.add(ids.get(character));
        continue;
      }
      for (char b : character.toCharArray()) {
        Integer id = ids.get("<0x%02X>".formatted((int) b));
        if (id == null) {
          throw new BadInputException(
              "the tokenizer has no token for the prompt's '"
                  + Character.toString(codePoint)
                  + "'");
        }
        tokens.add(id);
      }
    }
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Joins, again and again, the neighbours whose joined piece has the best score (the first of
   * equals).
   */
  private int[] merge(int[] tokens) {
    int n = tokens.length;
    int[] joined = new int[n]; // the token that i and i + 1 make, kept from round to round
    for (int i = 0; i < n; i++) {
      joined[i] = i + 1 < n ? join(tokens[i], tokens[i + 1]) : NONE;
    }
    while (true) {
      int best = NONE;
      for (int i = 0; i < n; i++) {
        if (joined[i] != NONE
            && (best == NONE || scores.get(joined[i]) > scores.get(joined[best]))) {
          best = i;
        }
      }
      if (best == NONE) {
        return Arrays.copyOf(tokens, n);
      }
      tokens[best] = joined[best];
      int after = n - best - 2;
      System.arraycopy(tokens, best + 2, tokens, best + 1, after);
      System.arraycopy(joined, best + 2, joined, best + 1, after);
      n--;
      joined[best] = best + 1 < n ? join(tokens[best], tokens[best + 1]) : NONE;
      if (best > 0) {
        joined[best - 1] = join(tokens[best - 1], tokens[best]);
      }
    }
  }

  private int join(int left, int right) {
    return ids.getOrDefault(pieces.get(left) + pieces.get(right), NONE);
  }

  private static String latin1(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }
}
