package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.testkit.GoldenBits;
import org.logitkernels.testkit.GoldenChains;

/** The golden bits leave nothing out. */
class GoldenBitsTest {
  @Test
  void everyKernelIsInThem() {
    Set<String> called = new TreeSet<>();
    Backend backend = spy(Backend.class, Kernels.scalar().rows, called);
    assertEquals("", GoldenBits.differences(GoldenBits.of(new Kernels(backend))));
    Set<String> all = new TreeSet<>(signatures(Backend.class));
    all.addAll(signatures(NativeKernels.class));
    all.removeIf(kernel -> kernel.endsWith("Backend.name()") || kernel.endsWith(".vectorBits()"));
    all.removeIf(kernel -> kernel.endsWith(".parts()")); // of vectors alone: see BatchContract
    called.removeIf(kernel -> kernel.endsWith(".parts()"));
    assertEquals(all, called);
  }

  @Test
  void everyStepIsInThem() {
    Set<Class<?>> steps = new HashSet<>();
    Set<Class<?>> withMinimum = new HashSet<>();
    GoldenChains.steps()
        .forEach(
            step -> {
              steps.add(step.getClass());
              if (step instanceof Step.MinKeep(Step filter, int n)) {
                withMinimum.add(filter.getClass());
              }
            });
    assertEquals(Set.of(Step.class.getPermittedSubclasses()), steps);
    assertEquals(9, withMinimum.size()); // all that Step.MinKeep takes
  }

  @Test
  void thePageHasThem() throws IOException {
    String page = Files.readString(Path.of("../docs/portability.md"));
    for (GoldenBits.Section section : GoldenBits.Section.values()) {
      String line = "| `%s` | `%s` |".formatted(section, section.frozen);
      assertTrue(page.contains(line), () -> "docs/portability.md has no line with " + line);
    }
    String word = GoldenBits.word(GoldenBits.frozen());
    assertTrue(page.contains("`" + word + "`"), () -> "docs/portability.md has not " + word);
  }

  @Test
  void aDifferenceIsToldBySection() {
    Map<GoldenBits.Section, String> hashes = GoldenBits.frozen();
    assertEquals("", GoldenBits.differences(hashes));
    hashes.put(GoldenBits.Section.TOP_P, "f");
    String told = GoldenBits.differences(hashes);
    assertTrue(told.startsWith("not the frozen bits: TOP_P\n"), told);
    assertTrue(told.contains("\nTOP_P       f\n"), told);
    assertEquals(1 + hashes.size(), told.lines().count());
  }

  private static Set<String> signatures(Class<?> type) {
    return Stream.of(type.getMethods())
        .map(method -> signature(type, method))
        .collect(Collectors.toSet());
  }

  private static String signature(Class<?> type, Method method) {
    String parameters =
        Stream.of(method.getParameterTypes())
            .map(Class::getSimpleName)
            .collect(Collectors.joining(", "));
    return type.getSimpleName() + "." + method.getName() + "(" + parameters + ")";
  }

  /** An object that notes which of its methods are called. */
  private static <T> T spy(Class<T> type, T original, Set<String> called) {
    Object spy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              called.add(signature(type, method));
              try {
                Object result = method.invoke(original, arguments);
                return result instanceof NativeKernels natives
                    ? spy(NativeKernels.class, natives, called)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return type.cast(spy);
  }
}
