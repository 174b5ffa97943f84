package org.logitkernels.testkit;

/**
 * A row, and the temperature that it is made for.
 *
 * @param row the row
 * @param temperature T, above 0
 */
public record RowAt(TestRow row, float temperature) {}
