package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Methods that call many methods of vectors are longer than what HotSpot inlines (FreqInlineSize),
 * and so compiled on their own. Inlined into a kernel that inlines much else, some of these calls
 * could stay calls, and every vector that they take be allocated: in one JVM of many, which no test
 * of allocation can be relied on to meet. The same happens in a method of its own that calls a
 * hundred of them.
 */
class CompiledAloneTest {
  private static final int INLINED = 325;
  private static final int MANY = 12;
  private static final int MOST = 110;

  /**
   * A method that calls more, and how many at most. A machine with masks of longs runs 104 of the
   * 120, another one 115. None of 140 fresh JVMs allocated in it.
   */
  private static final Map<String, Integer> TRIED = Map.of("MaskedRows.plainBlock", 120);

  @Test
  void methodsOfManyVectorsAreLongerThanWhatIsInlined() throws IOException, URISyntaxException {
    List<String> shorter = new ArrayList<>();
    List<String> larger = new ArrayList<>();
    Map<String, MethodModel> found = methodsOfManyVectors();
    found.forEach(
        (name, method) -> {
          if (vectorCalls(method) > TRIED.getOrDefault(name, MOST)) {
            larger.add(name + ": " + vectorCalls(method) + " calls");
          }
          int length = method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0);
          if (length <= INLINED) {
            shorter.add(name + ": " + length + " bytes");
          }
        });
    assertTrue(found.containsKey("ExpSum.plainBlock"), found::toString);
    assertEquals(List.of(), shorter);
    assertEquals(List.of(), larger);
  }

  /** The methods of the vector backend that are compiled on their own, by class and name. */
  static Map<String, MethodModel> methodsOfManyVectors() throws IOException, URISyntaxException {
    Path classes =
        Path.of(ExpSum.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Map<String, MethodModel> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(classes.resolve("org/logitkernels/vector"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        String type = file.getFileName().toString().replace(".class", ".");
        for (MethodModel method : ClassFile.of().parse(file).methods()) {
          if (vectorCalls(method) > MANY) {
            found.put(type + method.methodName().stringValue(), method);
          }
        }
      }
    }
    return found;
  }

  /** How many there are. */
  private static long vectorCalls(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .mapToLong(
            element -> {
              if (!(element instanceof InvokeInstruction call)) {
                return 0;
              }
              return call.owner().asInternalName().startsWith("jdk/incubator/vector/") ? 1 : 0;
            })
        .sum();
  }
}
