package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Backend;

/**
 * A sample of what docs/accuracy.md tells of: no maximum of the page is ever exceeded. {@code
 * ExhaustiveAccuracyTest} makes the page's tables.
 */
public interface AccuracyContract {
  /** The backend to test. */
  Backend backend();

  /** Every 4,001st float of either sign, at each temperature. */
  @Test
  default void weightsAreAsAccurateAsThePageSays() {
    AccuracyPage page = new AccuracyPage();
    for (String temperature : WeightErrors.TEMPERATURES) {
      String sample = WeightErrors.at(backend(), temperature, 4001).line();
      assertNoMore(page.line(temperature), sample, WeightErrors.MAXIMA);
    }
  }

  /** One in 997 of the page's rows. */
  @Test
  default void rowsAreAsAccurateAsThePageSays() {
    AccuracyPage page = new AccuracyPage();
    for (RowAccuracy.Kind kind : RowAccuracy.Kind.values()) {
      RowAccuracy sample = new RowAccuracy(backend(), kind);
      for (int number = 1; number < RowAccuracy.COUNT; number += 997) {
        sample.add(number);
      }
      assertNoMore(page.line(kind.label()), sample.line(), RowAccuracy.MAXIMA);
    }
  }

  private static void assertNoMore(String page, String sample, int[] columns) {
    assertFalse(page.isEmpty(), "no line on the page for " + sample);
    for (int column : columns) {
      double most = Double.parseDouble(AccuracyPage.cells(page)[column]);
      double actual = Double.parseDouble(AccuracyPage.cells(sample)[column]);
      assertTrue(actual <= most, () -> "page " + page + "\nhere " + sample);
    }
  }
}
