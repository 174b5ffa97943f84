package org.logitkernels.examples;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file that an option names and a program writes: what is refused, and how it is written. */
final class OutputFile {
  private OutputFile() {}

  /** Refuses a file that cannot be written, or that is one of others. */
  static void check(String option, @Nullable Path file, List<@Nullable Path> others)
      throws BadInputException {
    if (file == null || isDevice(file)) {
      return;
    }
    if (Files.isDirectory(file)) {
      throw new BadInputException(option + ": " + file + " is a folder: name a file");
    }
    Path folder = folder(file);
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(option + ": the folder " + folder + " does not exist");
    }
    for (Path path : Files.exists(file) ? List.of(folder, file) : List.of(folder)) {
      if (!Files.isWritable(path)) {
        throw new BadInputException(option + ": you may not write to " + path);
      }
    }
    for (Path other : others) {
      if (other != null && isSame(file, other)) {
        throw new BadInputException(option + " would write over " + other);
      }
    }
  }

  private static boolean isDevice(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
  }

  private static Path folder(Path file) {
    return Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file);
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return real(one).equals(real(other));
    } catch (IOException e) { // no such folder, or none that may be seen: nothing is written there
      return false;
    }
  }

  /** A path without links, of a file that need not be there. */
  private static Path real(Path path) throws IOException {
    if (Files.exists(path)) {
      return path.toRealPath();
    }
    return folder(path).toRealPath().resolve(path.getFileName());
  }

  /** Writes a file whole, or leaves all as it was. */
  static void write(Path file, String text) throws BadInputException {
    try {
      if (isDevice(file)) {
        Files.writeString(file, text);
      } else {
        writeBeside(real(file), text);
      }
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static void writeBeside(Path file, String text) throws IOException {
    // not by createTempFile, whose files nobody else may read
    Path beside = folder(file).resolve("." + System.nanoTime() + ".tmp");
    try {
      Files.writeString(beside, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  static BadInputException cannotWrite(Path file, IOException e) {
    String reason = e instanceof FileSystemException of ? of.getReason() : null;
    return new BadInputException(
        file + " cannot be written: " + (reason == null ? e.getMessage() : reason));
  }
}
