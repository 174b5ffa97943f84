package org.logitkernels.spi;

import java.io.File;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How this program was started, by class path, by module path or out of a runtime image: what is in
 * the way of the vector backend for want of a module, and what helps there.
 */
public final class Launch {
  /** The name of the backend that is chosen where it can serve: the one place that says so. */
  public static final String PREFERRED = "vector";

  /** The class that provides it. */
  public static final String PROVIDER = "org.logitkernels.vector.VectorProvider";

  /** The module of the JDK that it needs. */
  public static final String INCUBATOR = "jdk.incubator.vector";

  private static final String VECTOR = "org.logitkernels.vector";
  private static final String CORE_ARTIFACT = "logit-kernels-core";
  private static final String VECTOR_ARTIFACT = "logit-kernels-vector";

  private Launch() {}

  /** Why no provider of the vector backend is found. */
  public static BackendUnavailableException withoutVector() {
    boolean ofModules = Launch.class.getModule().isNamed();
    boolean inImage = isCoreInImage();
    if (ofModules && (isInRuntime(VECTOR) || isOnModulePath(VECTOR))) {
      return new BackendUnavailableException(
          "the module " + VECTOR + " is not resolved",
          // Where modules are limited, it does not bring what it requires.
          "add --add-modules " + VECTOR + "," + INCUBATOR + command());
    }
    if (inImage) {
      return new BackendUnavailableException(
          "the module " + VECTOR + " is not in this runtime image", remedyForImage());
    }
    if (!ofModules && isOnModulePath(VECTOR)) {
      return new BackendUnavailableException(
          apart("module path", "on the class path"),
          "put " + VECTOR_ARTIFACT + " on the class path" + remedyForIncubator(", and "));
    }
    if (!ofModules && BackendProvider.isPreferredThere()) { // in a fat jar
      return new BackendUnavailableException(
          "its classes are there, but no file META-INF/services/"
              + BackendProvider.class.getName()
              + " names them",
          "merge service files where the jar is made, as the ServicesResourceTransformer of"
              + " maven-shade-plugin does"
              + remedyForIncubator(", and "));
    }
    return new BackendUnavailableException(
        "the artifact " + VECTOR_ARTIFACT + " is not on the class path or module path",
        "add org.logitkernels:"
            + VECTOR_ARTIFACT
            + " to the application"
            + (ofModules ? remedyForLinking() : remedyForIncubator(", and ")));
  }

  /** Why the provider of the vector backend cannot serve: its module is not there to be used. */
  public static BackendUnavailableException withoutIncubator() {
    return new BackendUnavailableException(
        isInRuntime(INCUBATOR)
            ? "the module " + INCUBATOR + " is not resolved"
            : "the module " + INCUBATOR + " is not in this runtime image",
        remedyForIncubator(""));
  }

  /** Why the provider of the vector backend, or what it loads, cannot be loaded. */
  public static BackendUnavailableException failed(Error e) {
    Module core = Launch.class.getModule();
    ModuleLayer layer = core.getLayer();
    if (layer != null && layer.findModule(VECTOR).isEmpty()) {
      return new BackendUnavailableException(
          apart("class path", isCoreInImage() ? "in the runtime image" : "on the module path"),
          isCoreInImage()
              ? remedyForImage()
              : "put " + VECTOR_ARTIFACT + " on the module path" + remedyForLinking());
    }
    return new BackendUnavailableException(
        "it failed to load (" + e + ")",
        "give "
            + CORE_ARTIFACT
            + " and "
            + VECTOR_ARTIFACT
            + " the same version"
            + remedyForIncubator(", and "));
  }

  private static String command() {
    return HotSpot.isNativeImage() ? " to the native-image command" : " to the java command";
  }

  private static String apart(String ofVector, String ofCore) {
    return VECTOR_ARTIFACT
        + " is on the "
        + ofVector
        + ", where "
        + CORE_ARTIFACT
        + ", "
        + ofCore
        + ", cannot use it";
  }

  private static String remedyForImage() {
    return "link the image with "
        + VECTOR
        + " among jlink's --add-modules and "
        + VECTOR_ARTIFACT
        + " on its --module-path";
  }

  /** On the class path: empty if the module is resolved. */
  private static String remedyForIncubator(String and) {
    if (ModuleLayer.boot().findModule(INCUBATOR).isPresent()) {
      return "";
    }
    String option = "--add-modules " + INCUBATOR;
    return and
        + (isInRuntime(INCUBATOR) ? "" : "link the image with jlink's " + option + ", and ")
        + "add "
        + option
        + command();
  }

  /** On the module path, where the vector backend's module brings it: if it is there. */
  private static String remedyForLinking() {
    return isInRuntime(INCUBATOR)
        ? ""
        : ", and link the image with jlink's --add-modules " + INCUBATOR;
  }

  /** Whether the library was linked into the runtime image. */
  private static boolean isCoreInImage() {
    Module core = Launch.class.getModule();
    ModuleLayer layer = core.getLayer();
    return layer != null
        && layer
            .configuration()
            .findModule(core.getName())
            .flatMap(resolved -> resolved.reference().location())
            .filter(location -> "jrt".equals(location.getScheme()))
            .isPresent();
  }

  /** Whether a module could be resolved that was not. A native image is built with a whole JDK. */
  private static boolean isInRuntime(String module) {
    return HotSpot.isNativeImage() || ModuleFinder.ofSystem().find(module).isPresent();
  }

  private static boolean isOnModulePath(String module) {
    Path[] entries =
        Stream.of(System.getProperty("jdk.module.path", "").split(File.pathSeparator))
            .filter(entry -> !entry.isEmpty())
            .map(Path::of)
            .toArray(Path[]::new);
    try {
      return ModuleFinder.of(entries).find(module).isPresent();
    } catch (FindException e) { // an entry that is no module path's: the launch has passed it over
      return false;
    }
  }
}
