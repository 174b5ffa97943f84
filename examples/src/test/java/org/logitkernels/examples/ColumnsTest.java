package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts as a terminal shows them, and how wide it is. */
class ColumnsTest {
  private static final String FOX = "\ud83e\udd8a";
  private static final String FAMILY = "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67";
  private static final String FLAG = "\ud83c\uddef\ud83c\uddf5";

  /** What East_Asian_Width (UAX 11) and the emoji data say of them. */
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "fox, 3",
    "\u00dcn\u00efc\u00f6d\u00e9, 7",
    "U\u0308, 1", // a combining mark
    "\u0e17\u0e35\u0e48, 1", // two of them, in Thai
    "\u4e16\u754c, 4",
    "\u3053\u3093\u306b\u3061\u306f\u3001, 12",
    "\u30e9\u30fc, 4",
    "\u304b\u3099, 2", // a mark of kana
    "\uff76\uff9e, 1", // half width, one cluster
    "\uff21\uff01, 4", // full width
    "\uffe6, 2",
    "\ud55c\uae00, 4",
    "\u1112\u1161\u11ab, 2", // a syllable of three jamo
    "\ufffd, 1",
    "\u2588\u258f, 2", // bars
    "\u2764, 1",
    "\u2764\ufe0f, 2",
    "\u231a, 2", // a watch, an emoji by default
    "\u200b, 0",
    "\u0416\u03a9, 2",
    "\ud840\udc00, 2" // beyond 16 bits
  })
  void widths(String text, int width) {
    assertEquals(width, Columns.width(text));
  }

  @Test
  void clustersAreWhole() {
    for (String cluster : List.of(FOX, FAMILY, FLAG, "\ud83d\udc4d\ud83c\udfff")) {
      assertEquals(2, Columns.width(cluster));
      assertEquals("a", Columns.head("a" + cluster, 2));
      assertEquals("a" + cluster, Columns.head("a" + cluster + "b", 3));
      assertEquals("b", Columns.tail("a" + cluster + "b", 2));
      assertEquals(cluster + "b", Columns.tail("a" + cluster + "b", 3));
      assertEquals(cluster + "  ", Columns.pad(cluster, 4));
    }
    assertEquals("", Columns.head("abc", 0));
    assertEquals("", Columns.tail("abc", 0));
    assertEquals("abc", Columns.tail("abc", 9));
    assertEquals("abc", Columns.pad("abc", 2));
  }

  @Test
  void linesBreakBetweenWordsAndInsideLongOnes() {
    assertEquals(List.of("the fox", "sat."), Columns.wrap("the fox sat.", 7));
    assertEquals(List.of("the", "fox", "", "sat"), Columns.wrap("the fox\n\nsat", 6));
    assertEquals(List.of("a", "bcdef", "gh i"), Columns.wrap("a bcdefgh i", 5));
    assertEquals(
        List.of("\u4e16\u754c", "\u4e16" + FOX, "x"),
        Columns.wrap("\u4e16\u754c\u4e16" + FOX + "x", 4));
    assertEquals(List.of("a b"), Columns.wrap("a\tb", 5));
    assertEquals(List.of(""), Columns.wrap("", 5));
  }

  @Test
  void quotesAreCutAtClusters() {
    assertEquals("\"fox\"  ", Chart.quote("fox", 7));
    assertEquals("\"fo\\n\"", Chart.quote("fo\n", 6));
    assertEquals("\"f\\t\" ", Chart.quote("f\t", 6));
    assertEquals("\"" + FOX + ".. ", Chart.quote(FOX + FOX + "x", 6));
    assertEquals("\"" + FOX + "\"", Chart.quote(FOX, 4));
  }

  /** The variable first, then rows and columns; what is no number of columns is passed over. */
  @ParameterizedTest
  @CsvSource({
    "40, 24 100, 40",
    ", '24 100\n', 100",
    "'', 24 100, 100",
    "0, 24 100, 100",
    "\u0664\u0660, 24 100, 100",
    "x, '', 80",
    ", 0 0, 80"
  })
  void terminals(String variable, String size, int columns) {
    assertEquals(columns, Terminal.columns(variable, size));
  }
}
