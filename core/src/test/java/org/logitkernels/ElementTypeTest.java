package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.spi.NarrowFormat;

class ElementTypeTest {
  @Test
  void everyNarrowFormatIsThatOfOneElementType() {
    List<NarrowFormat> formats = new ArrayList<>();
    for (ElementType type : ElementType.values()) {
      NarrowFormat format = type.narrow();
      if (format != null) {
        formats.add(format);
        assertEquals(format.bytes(), type.bytes(), type.name());
      }
    }
    assertEquals(List.of(NarrowFormat.values()), formats);
    assertNull(ElementType.FLOAT32.narrow());
  }
}
