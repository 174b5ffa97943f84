package stranger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

/**
 * Whether Maven Central would take the bundle, and whether this check would notice if it would not.
 * Its name is not that of a test, because bin/release alone makes a bundle. That script verifies
 * the signatures too; here they only have to be there.
 */
class BundleCheck {
  private static final String VERSION = System.getProperty("version");
  private static final Map<String, List<String>> ARTIFACTS =
      Map.of(
          "logit-kernels", List.of(".pom"),
          "logit-kernels-bom", List.of(".pom"),
          "logit-kernels-core",
              List.of(
                  ".pom", ".jar", "-sources.jar", "-javadoc.jar", "-tests.jar", "-cyclonedx.json"),
          "logit-kernels-vector",
              List.of(".pom", ".jar", "-sources.jar", "-javadoc.jar", "-cyclonedx.json"));
  private static final List<String> CHECKSUMS = List.of("MD5", "SHA-1", "SHA-256", "SHA-512");

  /** What Central asks of every POM, as XPath; a module has the last four from its parent. */
  private static final List<String> ELEMENTS =
      List.of(
          "name",
          "description",
          "url",
          "licenses/license[name and url]",
          "developers/developer/name",
          "scm[connection and developerConnection and url]");

  private static final XPath XPATH = XPathFactory.newInstance().newXPath();

  /** Files by their paths in the bundle. */
  private static Map<String, byte[]> bundle;

  @BeforeAll
  static void read() throws IOException {
    Path repository = Path.of(System.getProperty("repository"));
    bundle = new TreeMap<>();
    try (Stream<Path> files = Files.walk(repository)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String path = repository.relativize(file).toString().replace('\\', '/');
        bundle.put(path, Files.readAllBytes(file));
      }
    }
  }

  @Test
  void nothingIsMissingAndNothingTooMuch() throws Exception {
    assertEquals(List.of(), faults(bundle));
  }

  @Test
  void aMissingFileIsNoticed() throws Exception {
    for (String path : required()) {
      Map<String, byte[]> less = new TreeMap<>(bundle);
      less.remove(path);
      assertEquals(List.of(path + " is missing"), faults(less));
    }
  }

  @Test
  void aChangedFileIsNoticed() throws Exception {
    for (String artifact : ARTIFACTS.keySet()) {
      for (String end : ARTIFACTS.get(artifact)) {
        assertNotEquals(List.of(), faultsWith(path(artifact, end), new byte[] {'<'}));
      }
    }
  }

  @Test
  void aPomThatLacksSomethingIsNoticed() throws Exception {
    String path = path("logit-kernels", ".pom");
    String pom = new String(bundle.get(path), StandardCharsets.UTF_8);
    for (String element : ELEMENTS) {
      String name = element.replaceAll("\\W.*", "");
      String less = pom.replaceFirst("(?s)\n  <" + name + "[ >].*?\n?(  )?</" + name + ">", "");
      assertNotEquals(pom, less, element);
      String fault = path + " has no " + element;
      assertEquals(List.of(fault), pomFaults(Map.of(path, less.getBytes()), path));
    }
    String snapshot = pom.replace(VERSION, VERSION + "-SNAPSHOT");
    assertEquals(
        List.of(path + " names a snapshot"), pomFaults(Map.of(path, snapshot.getBytes()), path));
  }

  private static String path(String artifact, String end) {
    return "org/logitkernels/" + artifact + "/" + VERSION + "/" + artifact + "-" + VERSION + end;
  }

  private static List<String> required() {
    List<String> required = new ArrayList<>();
    for (String artifact : ARTIFACTS.keySet()) {
      for (String end : ARTIFACTS.get(artifact)) {
        required.add(path(artifact, end));
        required.add(path(artifact, end + ".asc"));
        for (String checksum : CHECKSUMS) {
          required.add(path(artifact, end + ending(checksum)));
        }
      }
    }
    return required;
  }

  private static String ending(String checksum) {
    return "." + checksum.replace("-", "").toLowerCase();
  }

  private static List<String> faultsWith(String path, byte[] content) throws Exception {
    Map<String, byte[]> changed = new TreeMap<>(bundle);
    changed.put(path, content);
    return faults(changed);
  }

  private static List<String> faults(Map<String, byte[]> files) throws Exception {
    List<String> required = required();
    List<String> faults = new ArrayList<>();
    for (String path : required) {
      if (!files.containsKey(path)) {
        faults.add(path + " is missing");
        continue;
      }
      for (String checksum : CHECKSUMS) {
        byte[] sum = files.get(path + ending(checksum));
        if (sum != null) {
          byte[] digest = MessageDigest.getInstance(checksum).digest(files.get(path));
          if (!HexFormat.of().formatHex(digest).equals(new String(sum, StandardCharsets.UTF_8))) {
            faults.add(path + " has another " + checksum);
          }
        }
      }
      if (path.endsWith(".pom") && faults.isEmpty()) {
        faults.addAll(pomFaults(files, path));
      }
    }
    for (String path : files.keySet()) {
      // Checksums of signatures are allowed, but not asked for.
      if (!required.contains(path) && !path.matches(".*[.]asc[.](md5|sha1|sha256|sha512)")) {
        faults.add(path + " does not belong there");
      }
    }
    return faults;
  }

  private static List<String> pomFaults(Map<String, byte[]> files, String path) throws Exception {
    List<String> faults = new ArrayList<>();
    Document pom = document(files.get(path));
    boolean hasParent = XPATH.evaluateExpression("/project/parent", pom, Boolean.class);
    for (String element : ELEMENTS) {
      boolean inherited = hasParent && ELEMENTS.indexOf(element) > 1;
      if (!inherited && !XPATH.evaluateExpression("/project/" + element, pom, Boolean.class)) {
        faults.add(path + " has no " + element);
      }
    }
    String parent = XPATH.evaluate("/project/parent/artifactId", pom);
    if (hasParent && !ARTIFACTS.containsKey(parent)) {
      faults.add(path + " has a parent that is not in the bundle: " + parent);
    }
    if (new String(files.get(path), StandardCharsets.UTF_8).contains("-SNAPSHOT")) {
      faults.add(path + " names a snapshot");
    }
    return faults;
  }

  private static Document document(byte[] xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml));
  }
}
