package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Histories that outgrow their room. */
class HistoryTest {
  @Test
  void promptsOfAnyLengthFit() {
    for (int length : new int[] {0, 1, 63, 64, 65, 1000, 100_000}) {
      History history = new History();
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
    }
  }
}
