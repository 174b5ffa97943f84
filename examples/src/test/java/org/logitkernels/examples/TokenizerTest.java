package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final int FIRST_BYTE = 3;
  private static final int FIRST_PIECE = 259;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Once upon a time",
        "",
        " ",
        "  two spaces, and a line\nbreak\tand a tab",
        "caf\u00e9, \u4e16\u754c, \ud83d\ude00!",
        "\u00df"
      })
  void aTextComesBack(String text) throws Exception {
    Tokenizer tokenizer = Tokenizer.read(Models.TOKENIZER, 2048);
    TextStream stream = new TextStream(tokenizer);
    StringBuilder back = new StringBuilder();
    for (int token : tokenizer.encode(text, 256)) {
      back.append(stream.next(token));
    }
    assertEquals(text, back + stream.end());
  }

  @Test
  void anEmptyPromptIsTheBeginningAlone() throws Exception {
    assertArrayEquals(
        new int[] {Tokenizer.BEGIN}, Tokenizer.read(Models.TOKENIZER, 2048).encode("", 256));
  }

  @Test
  void theBestScoreMergesFirstAndTheLeftmostOfEquals() throws Exception {
    List<String> pieces = List.of(" ", "a", "b", "c", "bc", "ab", "aa");
    Tokenizer tokenizer = small(pieces);
    int space = FIRST_PIECE;
    int a = space + 1;
    int c = space + 3;
    int bc = space + 4;
    int ab = space + 5;
    int aa = space + 6;
    assertArrayEquals(new int[] {1, space, a, bc}, tokenizer.encode("abc", 99));
    assertArrayEquals(new int[] {1, space, ab, a, bc}, tokenizer.encode("ababc", 99));
    assertArrayEquals(new int[] {1, space, aa, a, c}, tokenizer.encode("aaac", 99));
  }

  @Test
  void aCharacterOutsideTheVocabularyBecomesItsBytes() throws Exception {
    Tokenizer tokenizer = small(List.of("h"));
    assertArrayEquals(
        new int[] {1, FIRST_BYTE + ' ', FIRST_PIECE, FIRST_BYTE + 0xc3, FIRST_BYTE + 0xa9},
        tokenizer.encode("h\u00e9", 99));
  }

  @Test
  void aCharacterIsShownWithItsLastByte() throws Exception {
    TextStream stream = new TextStream(small(List.of("h", "\u00e9h")));
    assertEquals("", stream.next(FIRST_BYTE + 0xf0));
    assertEquals("", stream.next(FIRST_BYTE + 0x9f));
    assertEquals("", stream.next(FIRST_BYTE + 0x98));
    assertEquals("\ud83d\ude00", stream.next(FIRST_BYTE + 0x80));
    assertEquals("\u00e9h", stream.next(FIRST_PIECE + 1));
    assertEquals("", stream.end());
  }

  @Test
  void bytesThatAreNoTextAreReplacedAndControlsLeftOut() throws Exception {
    TextStream stream = new TextStream(small(List.of("h")));
    assertEquals("", stream.next(FIRST_BYTE + 0xc3));
    assertEquals("\ufffdh", stream.next(FIRST_PIECE));
    assertEquals("\ufffd", stream.next(FIRST_BYTE + 0x80));
    assertEquals("", stream.next(FIRST_BYTE + 0x1b)); // escape
    assertEquals("\n", stream.next(FIRST_BYTE + '\n'));
    assertEquals("", stream.next(FIRST_BYTE + 0xe4));
    assertEquals("\ufffd", stream.end());
  }

  @Test
  void aTokenIsShownByItsTextOrItsName() throws Exception {
    Tokenizer tokenizer = small(List.of(" h", "\u00e9"));
    assertEquals(" h", tokenizer.name(FIRST_PIECE));
    assertEquals("\u00e9", tokenizer.name(FIRST_PIECE + 1));
    assertEquals("\n", tokenizer.name(FIRST_BYTE + '\n'));
    assertEquals("<0x1B>", tokenizer.name(FIRST_BYTE + 0x1b));
    assertEquals("<0xE4>", tokenizer.name(FIRST_BYTE + 0xe4));
    assertEquals("<s>", tokenizer.name(Tokenizer.BEGIN));
  }

  @Test
  void theSpaceThatEncodingAddedIsTakenOffAgain() throws Exception {
    Tokenizer tokenizer = small(List.of(" h"));
    TextStream stream = new TextStream(tokenizer);
    assertEquals("", stream.next(Tokenizer.BEGIN));
    assertEquals("h", stream.next(FIRST_PIECE));
    assertEquals(" h", stream.next(FIRST_PIECE));
  }

  @Test
  void aPromptMayFillTheContextAndNoMore() throws Exception {
    Tokenizer tokenizer = small(List.of(" ", "h"));
    assertEquals(8, tokenizer.encode("hhhhhh", 8).length);
    BadInputException e =
        assertThrows(BadInputException.class, () -> tokenizer.encode("hhhhhhh", 8));
    assertEquals("the prompt takes 9 tokens, but the model's context holds 8", e.getMessage());
    e = assertThrows(BadInputException.class, () -> tokenizer.encode("h".repeat(1_000_000), 8));
    assertEquals(
        "the prompt takes at least 166667 tokens, but the model's context holds 8", e.getMessage());
  }

  private Tokenizer small(List<String> pieces) throws IOException, BadInputException {
    Path file = Models.tokenizer(folder.resolve("tokenizer.bin"), pieces);
    return Tokenizer.read(file, FIRST_PIECE + pieces.size());
  }
}
