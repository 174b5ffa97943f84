package stranger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** What is in each jar besides its classes: licence, notice, manifest; and in that of the pages. */
class JarsTest {
  private static final String VERSION = System.getProperty("version");

  /** A jar of an artifact; the classifier is empty for that of its classes. */
  private record Artifact(String name, String classifier) {
    Path file() {
      Path folder = Path.of(System.getProperty("repository"), "org", "logitkernels", name, VERSION);
      return folder.resolve(
          name + "-" + VERSION + (classifier.isEmpty() ? "" : "-" + classifier) + ".jar");
    }
  }

  private static List<Artifact> artifacts() {
    List<Artifact> artifacts = new ArrayList<>();
    for (String name : List.of("logit-kernels-core", "logit-kernels-vector")) {
      artifacts.add(new Artifact(name, ""));
      if (!System.getProperty("release.phase").equals("none")) {
        artifacts.add(new Artifact(name, "sources"));
        artifacts.add(new Artifact(name, "javadoc"));
      }
    }
    artifacts.add(new Artifact("logit-kernels-core", "tests"));
    return artifacts;
  }

  @Test
  void eachHoldsLicenceAndNotice() throws IOException {
    for (Artifact artifact : artifacts()) {
      String licence = text(artifact, "META-INF/LICENSE");
      assertTrue(licence.contains("Apache License"), () -> artifact + ": " + licence);
      String notice = text(artifact, "META-INF/NOTICE");
      assertTrue(notice.startsWith("Logit Kernels"), () -> artifact + ": " + notice);
    }
  }

  @Test
  void eachSaysWhatItIs() throws IOException {
    for (Artifact artifact : artifacts()) {
      try (JarFile jar = new JarFile(artifact.file().toFile())) {
        Attributes manifest = jar.getManifest().getMainAttributes();
        String title = "Logit Kernels: " + artifact.name.replace("logit-kernels-", "");
        assertEquals(title, manifest.getValue("Implementation-Title"), artifact::toString);
        assertEquals(VERSION, manifest.getValue("Implementation-Version"), artifact::toString);
        assertEquals(
            "The Logit Kernels authors",
            manifest.getValue("Implementation-Vendor"),
            artifact::toString);
        assertEquals("Apache Maven", manifest.getValue("Created-By"), artifact::toString);
        assertNotNull(manifest.getValue("Build-Jdk-Spec"), artifact::toString);
        // Of whoever builds: nothing.
        for (String name : List.of("Built-By", "Build-Jdk", "Build-Os", "Build-Time")) {
          assertNull(manifest.getValue(name), artifact::toString);
        }
        assertEquals(
            artifact.classifier.equals("tests") ? "org.logitkernels.testkit" : null,
            manifest.getValue("Automatic-Module-Name"),
            artifact::toString);
      }
    }
  }

  @Test
  void eachWithClassesIsAModule() {
    Set<String> modules = new TreeSet<>();
    for (Artifact artifact : artifacts()) {
      if (Set.of("", "tests").contains(artifact.classifier)) {
        ModuleFinder.of(artifact.file())
            .findAll()
            .forEach(
                module ->
                    modules.add(
                        module.descriptor().name()
                            + (module.descriptor().isAutomatic() ? ", automatic" : "")));
      }
    }
    assertEquals(
        Set.of(
            "org.logitkernels", "org.logitkernels.vector", "org.logitkernels.testkit, automatic"),
        modules);
  }

  /** A page for what is exported, and for nothing else. */
  @Test
  void thePagesListWhatIsExported() throws IOException {
    for (Artifact artifact : artifacts()) {
      if (artifact.classifier.equals("javadoc")) {
        boolean core = artifact.name.endsWith("core");
        String module = core ? "org.logitkernels" : "org.logitkernels.vector";
        List<String> expected =
            core ? List.of("module:" + module, "org.logitkernels") : List.of("module:" + module);
        assertEquals(expected, text(artifact, "element-list").lines().toList());
        try (JarFile jar = new JarFile(artifact.file().toFile())) {
          assertNotNull(jar.getEntry(module + "/module-summary.html"), artifact::toString);
          assertEquals(
              core ? 1 : 0,
              jar.stream().filter(e -> e.getName().endsWith("/package-summary.html")).count());
          List<String> internal =
              jar.stream()
                  .map(ZipEntry::getName)
                  .filter(name -> name.matches(".*/(internal|scalar|vector)/.*html"))
                  .toList();
          assertEquals(List.of(), internal);
        }
      }
    }
  }

  private static String text(Artifact artifact, String entry) throws IOException {
    assertTrue(Files.exists(artifact.file()), () -> "there is no " + artifact.file());
    try (JarFile jar = new JarFile(artifact.file().toFile())) {
      ZipEntry found = jar.getEntry(entry);
      assertNotNull(found, () -> artifact + " has no " + entry);
      try (InputStream in = jar.getInputStream(found)) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }
}
