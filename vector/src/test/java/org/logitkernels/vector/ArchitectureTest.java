package org.logitkernels.vector;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.Kernels;

/**
 * The walls between the packages: which package may know which, as in CONTRIBUTING.md. The test
 * reads class files. It does not see who uses the constant of another class, as the compiler has
 * put the value there.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("once")
class ArchitectureTest {
  private static final String API = "org.logitkernels";
  private static final String NUMERICS = "org.logitkernels.numerics";
  private static final String SPI = "org.logitkernels.spi";
  private static final String ROWS = "org.logitkernels.rows";
  private static final String CHAIN = "org.logitkernels.chain";
  private static final String ADAPTIVE = "org.logitkernels.adaptive";
  private static final String SCALAR = "org.logitkernels.scalar";
  private static final String VECTOR = "org.logitkernels.vector";

  private static final DescribedPredicate<JavaClass> OURS =
      resideInAnyPackage("org.logitkernels..");
  private static final DescribedPredicate<JavaClass> THREADS =
      resideInAPackage("java.util.concurrent..")
          .or(
              DescribedPredicate.describe(
                  "are about threads",
                  type ->
                      Set.of(
                              "java.lang.Thread",
                              "java.lang.ThreadLocal",
                              "java.lang.management.ThreadMXBean")
                          .contains(type.getName())))
          .as("are about threads");

  private static JavaClasses library = new ClassFileImporter().importPackages();

  @BeforeAll
  static void read() throws URISyntaxException {
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false); // only names matter
    library =
        new ClassFileImporter().importLocations(Set.of(place(Kernels.class), place(ExpSum.class)));
  }

  /** A folder, or the jar of a module that was packed before. */
  private static Location place(Class<?> type) throws URISyntaxException {
    URI place = type.getProtectionDomain().getCodeSource().getLocation().toURI();
    boolean packed = place.getPath().endsWith(".jar");
    return Location.of(packed ? URI.create("jar:" + place + "!/") : place);
  }

  /** A package that nobody wrote a rule for would have no walls. */
  @Test
  void everyPackageHasARule() {
    Set<String> packages = new TreeSet<>();
    library.forEach(type -> packages.add(type.getPackageName()));
    Set<String> expected =
        new TreeSet<>(List.of(API, NUMERICS, SPI, ROWS, CHAIN, ADAPTIVE, SCALAR, VECTOR));
    assertEquals(expected, packages);
    assertTrue(library.contain(Kernels.class) && library.contain(ExpSum.class));
  }

  @Test
  void numericsKnowNoOtherPackage() {
    knowsOnly(NUMERICS);
  }

  @Test
  void numericsKnowNoMemory() {
    noClasses()
        .that()
        .resideInAPackage(NUMERICS)
        .should()
        .dependOnClassesThat(resideInAnyPackage("java.lang.foreign", "java.nio..").or(THREADS))
        .check(library);
  }

  @Test
  void theContractKnowsNumbersAlone() {
    knowsOnly(SPI, NUMERICS);
  }

  @Test
  void theContractKnowsNoThreads() {
    noClasses().that().resideInAPackage(SPI).should().dependOnClassesThat(THREADS).check(library);
  }

  @Test
  void rowsKnowTheContract() {
    knowsOnly(ROWS, NUMERICS, SPI);
  }

  @Test
  void chainsKnowRowsAndNoPublicClass() {
    knowsOnly(CHAIN, NUMERICS, SPI, ROWS);
  }

  @Test
  void adaptiveKernelsKnowTheContract() {
    knowsOnly(ADAPTIVE, NUMERICS, SPI);
  }

  @Test
  void scalarKernelsKnowTheContract() {
    knowsOnly(SCALAR, NUMERICS, SPI);
  }

  @Test
  void vectorKernelsKnowTheContractAndNoSteps() {
    knowsOnly(VECTOR, NUMERICS, SPI);
  }

  @Test
  void packagesHaveNoCircles() {
    slices().matching("(org.logitkernels..)").should().beFreeOfCycles().check(library);
  }

  /**
   * A nested class counts as its file. The API is left out: its classes lead to one another and
   * back for those who use them, as a chain makes a sampler that tells its chain.
   */
  @Test
  void filesHaveNoCircles() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return type.getPackageName().equals(API)
                    ? SliceIdentifier.ignore()
                    : SliceIdentifier.of(file(type));
              }

              @Override
              public String getDescription() {
                return "files behind the API";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(library);
  }

  /** The name of the class that a file is named after, and its nested classes belong to. */
  private static String file(JavaClass type) {
    String name = type.getName();
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  /** Of the library's packages, one knows itself and these. */
  private static void knowsOnly(String one, String... others) {
    noClasses()
        .that()
        .resideInAPackage(one)
        .should()
        .dependOnClassesThat(
            OURS.and(not(resideInAPackage(one))).and(not(resideInAnyPackage(others))))
        .check(library);
  }
}
