package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Histories that outgrow their room. */
class HistoryTest {
  @Test
  void promptsOfAnyLengthFit() {
    for (int length : new int[] {0, 1, 63, 64, 65, 1000, 100_000}) {
      History history = new History(true);
      int[] prompt = new int[length];
      Arrays.setAll(prompt, i -> 3 * i);
      history.addPrompt(new int[] {-1});
      history.addPrompt(prompt);
      history.addPrompt(prompt);
      for (int i = 0; i < 100; i++) {
        history.add(i);
      }
      assertEquals(2 * length + 101, history.size());
      assertEquals(100, history.generated());
      for (int i = 0; i < length; i++) {
        assertEquals(3 * i, history.token(1 + i));
        assertEquals(3 * i, history.token(1 + length + i));
      }
      for (int i = 0; i < 100; i++) {
        assertEquals(i, history.token(1 + 2 * length + i));
      }
      history.removeLast(60);
      assertEquals(40, history.generated());
      history.add(7);
      assertEquals(7, history.token(2 * length + 41));
    }
  }

  /** Where no step reads tokens they are only counted, beyond any array. */
  @Test
  void tokensThatNobodyReadsAreCounted() {
    History history = new History(false);
    history.addPrompt(new int[1000]);
    for (int i = 0; i < 5; i++) {
      history.reserve(Integer.MAX_VALUE);
      history.add(i);
    }
    history.removeLast(2);
    assertEquals(3, history.generated());
    assertEquals(3, history.copy().generated());
    assertThrows(ArrayIndexOutOfBoundsException.class, () -> history.token(0));
    int[] turn = new int[1 << 22];
    for (int i = 0; i < 1 << 10; i++) { // beyond every int
      history.addPrompt(turn);
    }
    history.add(1);
    assertEquals(1, history.generated());
    assertEquals(0, history.size());
    assertEquals(0, history.start(5, true));
    assertEquals(0, history.start(Integer.MAX_VALUE, false));
  }

  /** An array is full at 2^31 - 9 tokens: an error, before any memory is asked for. */
  @Test
  void historiesEndWithTheLongestArray() {
    History history = new History(true);
    history.addPrompt(new int[100]);
    for (int more : new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE - 8 - 99}) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> history.reserve(more));
      assertEquals(
          "the history is full: 100 and " + more + " more are more than an array holds",
          e.getMessage());
    }
    assertEquals(100, history.size());
  }
}
