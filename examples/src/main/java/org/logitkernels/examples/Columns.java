package org.logitkernels.examples;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Texts measured and cut as a terminal shows them: in columns, of which an ideograph or an emoji
 * takes two and a combining mark none. What readers see as one character (a base with its marks, a
 * flag, a family) is never cut.
 */
final class Columns {
  private static final Pattern CLUSTER = Pattern.compile("\\X");
  private static final String EMOJI = "\ufe0f";

  private static final Set<UnicodeScript> WIDE =
      EnumSet.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.HANGUL,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.YI,
          UnicodeScript.TANGUT,
          UnicodeScript.NUSHU,
          UnicodeScript.KHITAN_SMALL_SCRIPT);

  private Columns() {}

  /** How many columns a text takes. */
  static int width(String text) {
    return clusters(text).stream().mapToInt(Columns::widthOfCluster).sum();
  }

  /** As much of a text's beginning as fits. */
  static String head(String text, int columns) {
    StringBuilder head = new StringBuilder();
    int left = columns;
    for (String cluster : clusters(text)) {
      left -= widthOfCluster(cluster);
      if (left < 0) {
        break;
      }
      head.append(cluster);
    }
    return head.toString();
  }

  /** As much of a text's end as fits. */
  static String tail(String text, int columns) {
    int left = columns;
    int from = text.length();
    for (String cluster : clusters(text).reversed()) {
      left -= widthOfCluster(cluster);
      if (left < 0) {
        break;
      }
      from -= cluster.length();
    }
    return text.substring(from);
  }

  /** A text with blanks behind it, up to a width. */
  static String pad(String text, int columns) {
    return text + " ".repeat(Math.max(0, columns - width(text)));
  }

  /** Lines of at most a width of at least 2, broken between words, and inside one that is wider. */
  static List<String> wrap(String text, int columns) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.replace('\t', ' ').split("\n")) {
      String line = "";
      for (String word : paragraph.split(" ")) {
        String longer = line.isEmpty() ? word : line + " " + word;
        if (!line.isEmpty() && width(longer) > columns) {
          lines.add(line);
          longer = word;
        }
        while (width(longer) > columns) {
          String head = head(longer, columns);
          lines.add(head);
          longer = longer.substring(head.length());
        }
        line = longer;
      }
      lines.add(line);
    }
    return lines;
  }

  private static List<String> clusters(String text) {
    return CLUSTER.matcher(text).results().map(MatchResult::group).toList();
  }

  private static int widthOfCluster(String cluster) {
    int base = cluster.codePointAt(0);
    return switch (Character.getType(base)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          0;
      default -> isWide(base) || cluster.contains(EMOJI) ? 2 : 1;
    };
  }

  /** Wide as Unicode's report 11 has it, for what is in use: Java does not know its property. */
  private static boolean isWide(int c) {
    boolean half = c >= 0xff61 && c <= 0xffdc; // of katakana and hangul
    return !half && WIDE.contains(UnicodeScript.of(c))
        || Character.isEmojiPresentation(c)
        || c >= 0x3000 && c <= 0x303e // punctuation between ideographs
        || c >= 0x3099 && c <= 0x30ff // marks of kana
        || c >= 0x3200 && c <= 0x33ff && c != 0x327f // enclosed and squared
        || c >= 0xfe30 && c <= 0xfe6f // upright and small forms
        || c >= 0xff01 && c <= 0xff60 // full width
        || c >= 0xffe0 && c <= 0xffe6;
  }
}
