package org.logitkernels.vector.twins;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each test has a small source written otherwise, and looks at one outcome. */
class TwinsTest {
  private static final Path MODULE = Path.of("").toAbsolutePath();

  @Test
  void theCommittedTwinsAreThoseOfTheirSources() throws IOException {
    Map<String, String> twins = Twins.all(MODULE);
    Map<String, String> committed = Twins.committed(MODULE);
    assertEquals(twins.keySet(), committed.keySet(), "run bin/twins");
    for (String name : twins.keySet()) {
      assertTrue(
          Twins.isSame(twins.get(name), committed.get(name)),
          () -> name + " is not the twin of its source: run bin/twins, and commit what it writes");
    }
  }

  @Test
  void theFileNamesItsSourceAndTheImportsItNeeds() {
    String twin =
        Twins.twin(
            new JavaClass(
                """
                package some.where;

                import static java.lang.Math.max;
                import java.util.Arrays;
                import java.util.List;

                /** What it does. */
                final class Sum {
                  private Sum() {}

                  /** How. */
                  static float sum(float[] x, int from) {
                    Arrays.fill(y, 0); // why
                    return max(0, FloatVector.fromArray(F, x, from));
                  }
                }
                """),
            Set.of("Sum"),
            new ArrayList<>());
    String expected =
        """
        // Generated from Sum.java by bin/twins: change that, and run bin/twins.
        package some.where;

        import static java.lang.Math.max;

        import java.lang.foreign.MemorySegment;
        import java.util.Arrays;
        import org.logitkernels.spi.SegmentAddress;

        /** {@link Sum}, for rows in native memory. */
        final class NativeSum {
          private NativeSum() {}

          static float sum(SegmentAddress x, int from) {
            MemorySegment segment = x.segment;
            long offset = x.base;
            Arrays.fill(y, 0); // why
            return max(0, FloatVector.fromMemorySegment(F, segment, offset + 4L * from, Species.ORDER));
          }
        }
        """;
    assertTrue(Twins.isSame(expected, twin), twin);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x[i + 1]                         | x.get(i + 1)",
        "x[other[i]]                      | x.get(other[i])",
        "x.length                         | x.length()",
        "System.arraycopy(x, at, y, 0, n) | x.copy(at, y, 0, n)",
        "RowErrors.invalid(x, from, to)   | RowErrors.invalid(x.onHeap(to), from, to)",
        "max(x, from)                     | max(x, from)",
        "Sum.of(x, from)                  | NativeSum.of(x, from)",
        "Sum.of(x)                        | NativeSum.of(x)",
        "scalar.max(x, from)              | scalar.max(x, from)",
        "new Sum(3)                       | new NativeSum(3)",
      })
  void aRowIsReadAndHandedOn(String source, String twin) {
    assertEquals(tokens("{ f(" + twin + "); }"), tokens(body("f(" + source + ");")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "y[i]",
        "y.length",
        "row.x[i]",
        "xs[i] + max[i]",
        "System.arraycopy(y, at, z, 0, n)",
        "FloatVector.fromArray(F, y, i - 1)",
        "Sum.of(y, from)",
        "Sum.of(y[i], 0)",
        "Sum.NONE",
        "new float[3]",
        "\"x[i] of x.length\"",
        "'x'",
      })
  void whatIsOfNoRowStays(String code) {
    assertEquals(tokens("{ f(" + code + "); }"), tokens(body("f(" + code + ");")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "i                             | 4L * i",
        "F.length()                    | 4L * F.length()",
        "start + j * Lanes.COUNT       | 4L * start + 4L * (j * Lanes.COUNT)",
        "i + 3 * F.length() + from + 1 | 4L * i + 4L * (3 * F.length()) + 4L * from + 4L * 1",
      })
  void anIndexBecomesALongSum(String index, String bytes) {
    assertEquals(
        tokens(
            "{ MemorySegment segment = x.segment; long offset = x.base;"
                + " f(FloatVector.fromMemorySegment(F, segment, offset + "
                + bytes
                + ", Species.ORDER)); }"),
        tokens(body("f(FloatVector.fromArray(F, x, " + index + "));")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i - 1",
        "-i",
        "i++",
        "i + j - 1",
        "(i + 1) * 4",
        "4 * (i + 1)",
        "i + (j + 1)",
        "i << 2",
        "i & -4",
        "Math.min(i, j)",
        "i > 0 ? i : 0",
        "ids[i]",
      })
  void anIndexThatIsNoSumOfProductsIsAnError(String index) {
    assertError(
        "no sum in long: the index " + index, "FloatVector.fromArray(F, x, " + index + ");");
  }

  @Test
  void twoLoopsOfTwoRoundsBecomeOneOfFour() {
    assertEquals(
        tokens("{ before(); for (int j = 0; j < 4; j++) { if (j > 1) { sum(j); } } after(); }"),
        tokens(
            body(
                """
                before();
                for (int a = 0; a < 2; a++) {
                  for (int b = 0; b < 2; b++) {
                    int j = 2 * a + b;
                    if (j > 1) { sum(j); }
                  }
                }
                after();
                """)));
  }

  @Test
  void twoLoopsOfTwoRoundsHoldNothingElse() {
    assertError(
        "more than a loop in for (int a = 0",
        """
        for (int a = 0; a < 2; a++) {
          for (int b = 0; b < 2; b++) {
            int j = 2 * a + b;
          }
          sum();
        }
        """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LEAST                 | Max.LEAST",
        "f(LEAST, this.LEAST)  | f(Max.LEAST, this.LEAST)",
        "bar(3)                | Max.bar(3)",
        "bar(x[3])             | Max.bar(x.get(3))",
        "max(survivors.values) | Max.max(survivors.values)",
        "max(y, x.length)      | Max.max(y, x.length())",
        "F                     | F",
        "sum                   | sum",
      })
  void whatTakesNoRowStaysWithTheSource(String source, String twin) {
    assertEquals(tokens("{ f(" + twin + "); }"), tokens(body("f(" + source + ");")));
  }

  @Test
  void whatTheTwinRefersToIsNotPrivate() {
    assertError("Max.hidden is private", "hidden(3);");
    assertError("Max.HIDDEN is private", "f(HIDDEN);");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "float[] y = x;",
        "f(from, x);",
        "Deviation.first(x, from);",
        "unknown(x, from);",
        "bar(x);",
        "x.clone();",
        "(x)[i] = 3;",
        "RowErrors.invalid(x, 0, to);",
        "System.arraycopy(y, 0, x, 0, 3);",
        "FloatVector.fromArray(D, x, i);",
        "f(x[x[i]]);",
      })
  void aRowThatIsUsedOtherwiseIsAnError(String code) {
    assertError("no rule for the row in Max.max", code);
  }

  @Test
  void methodsThatTakeNoRowAndConstantsStandOnce() {
    String twin = twin("return f(x[from]);");
    assertTrue(twin.contains("class NativeMax"), twin);
    assertTrue(twin.contains("float max(SegmentAddress x, int from)"), twin);
    for (String once : new String[] {"LEAST", "HIDDEN", "bar", "hidden", "F ="}) {
      assertFalse(twin.contains(once), twin);
    }
  }

  @Test
  void speciesThatATwinUsesStandTwice() {
    String twin = twin("return f(x[from], G);");
    assertTrue(twin.contains("VectorSpecies<Float> F = Species.FLOATS;"), "G needs F: " + twin);
    assertTrue(twin.contains("VectorSpecies<Float> G = F;"), twin);
  }

  @Test
  void whatIsOfInstancesStandsTwice() {
    String twin =
        Twins.twin(
            new JavaClass(
                """
                package some.where;
                class Kernels implements RowKernels<float[]> {
                  static final Max MAX = new Max();
                  private final RowKernels<float[]> scalar;
                  Kernels(RowKernels<float[]> scalar) { this.scalar = scalar; }
                  @Override
                  public Max max() { return MAX; }
                }
                """),
            Set.of("Kernels", "Max"),
            new ArrayList<>());
    String expected =
        """
        // Generated from Kernels.java by bin/twins: change that, and run bin/twins.
        package some.where;
        import org.logitkernels.spi.SegmentAddress;
        /** {@link Kernels}, for rows in native memory. */
        class NativeKernels implements RowKernels<SegmentAddress> {
          static final NativeMax MAX = new NativeMax();
          private final RowKernels<SegmentAddress> scalar;
          NativeKernels(RowKernels<SegmentAddress> scalar) { this.scalar = scalar; }
          @Override
          public NativeMax max() { return MAX; }
        }
        """;
    assertTrue(Twins.isSame(expected, twin), twin);
  }

  @Test
  void aRuleThatMatchesNowhereIsAnError() {
    String source =
        "package some.where; class Max { static float max(float[] x) { return x[0]; } }";
    String message =
        assertThrows(IllegalArgumentException.class, () -> Twins.all(Map.of("Max", source)))
            .getMessage();
    assertTrue(message.startsWith("rules that match nowhere: ["), message);
    assertTrue(message.contains(Rules.LOAD), message);
    assertFalse(message.contains("a logit"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "f(x[i;                | unbalanced brackets",
        "f(x[i);               | unbalanced brackets",
        "f(x[i]));             | unbalanced brackets",
        "FloatVector.fromArray(F, x, i; | unbalanced brackets",
        "f(\"no end);          | no end of \"no end",
        "/* no end             | no */ behind",
      })
  void whatIsNoJavaIsAnError(String code, String message) {
    assertError(message, code);
  }

  @Test
  void aNestedTypeIsAnError() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new JavaClass("package some.where; class Max { record Best(int id) {} }"));
  }

  @Test
  void layoutAloneIsNoDifference() {
    String one = "/** What it is. */\nint a = f(0x1p-3f, 1e-3); // why so\nf();";
    assertTrue(
        Twins.isSame(
            one, "/**\n * What it\n * is.\n */\nint a =\n f( 0x1p-3f,1e-3);//why so\nf ( ) ;"));
    assertTrue(Twins.isSame(one, Code.text(Code.tokens(one))));
    assertFalse(Twins.isSame(one, one.replace("why", "how")));
    assertFalse(Twins.isSame(one, one.replace("1e-3", "1e -3")));
    assertFalse(Twins.isSame("f(\"a b\")", "f(\"ab\")"));
  }

  private static String tokens(String code) {
    return String.join(" ", Code.tokens(code).stream().map(Code.Token::text).toList());
  }

  private static void assertError(String message, String code) {
    String thrown = assertThrows(IllegalArgumentException.class, () -> twin(code)).getMessage();
    assertTrue(thrown.contains(message), thrown);
  }

  /** What the twin has in the place of a method's body. */
  private static String body(String code) {
    String twin = twin(code);
    String head = "max(SegmentAddress x, int from)";
    String behind = twin.substring(twin.indexOf(head) + head.length());
    return behind.substring(0, behind.lastIndexOf('}'));
  }

  /** The twin of a class with a method that takes a row. */
  private static String twin(String body) {
    String source =
        """
        package some.where;
        final class Max {
          private static final VectorSpecies<Float> F = Species.FLOATS;
          private static final VectorSpecies<Float> G = F;
          static final int LEAST = 3;
          private static final int[] HIDDEN = {1, 2};
          static int bar(float value) { return 3; }
          private static int hidden(int value) { return 3; }
          static float max(float[] x, int from) { %s }
        }
        """;
    return Twins.twin(
        new JavaClass(source.formatted(body)), Set.of("Max", "Sum"), new ArrayList<>());
  }
}
