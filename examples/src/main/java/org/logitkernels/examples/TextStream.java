package org.logitkernels.examples;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns the tokens of one text into characters as they come. A character may take several tokens:
 * it is handed out with its last one. Bytes that are no UTF-8 become U+FFFD; control characters,
 * which could upset a terminal, are left out.
 */
final class TextStream {
  private final Tokenizer tokenizer;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The start of a character, at most three bytes. */
  private ByteBuffer pending = ByteBuffer.allocate(0);

  private int previous;

  TextStream(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** What a token adds to the text: nothing, if it is special or ends inside a character. */
  String next(int token) {
    boolean first = previous == Tokenizer.BEGIN;
    previous = token;
    if (token == Tokenizer.BEGIN || token == Tokenizer.END) {
      return "";
    }
    byte[] bytes = tokenizer.bytes(token);
    int skip = first && bytes.length > 0 && bytes[0] == ' ' ? 1 : 0; // encoding put it there
    ByteBuffer in = ByteBuffer.allocate(pending.remaining() + bytes.length - skip);
    in.put(pending).put(bytes, skip, bytes.length - skip).flip();
    return decode(in, false);
  }

  /** What is left when the text is over: U+FFFD if it broke off inside a character. */
  String end() {
    return decode(pending, true);
  }

  private String decode(ByteBuffer in, boolean end) {
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.decode(in, out, end);
    pending = in;
    StringBuilder text = new StringBuilder();
    out.flip()
        .chars()
        .filter(c -> c == '\n' || c == '\t' || !Character.isISOControl(c))
        .forEach(c -> text.append((char) c));
    return text.toString();
  }
}
