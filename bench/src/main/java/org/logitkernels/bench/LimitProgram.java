package org.logitkernels.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The loops in C++ that the library is compared with: the program in the folder {@code limit},
 * which waits for a question whenever it is not measuring.
 */
final class LimitProgram implements AutoCloseable {
  /**
   * What the loops are written with, widest first, and the macros that a compiler defines where the
   * machine can; {@code vectors.h} asks for the same.
   */
  enum Vectors {
    AVX_512("AVX-512", 512, List.of("-march=native"), "__AVX512F__", "__AVX512DQ__"),
    AVX2("AVX2", 256, List.of("-march=native", "-mno-avx512f"), "__AVX2__", "__FMA__");

    final String text;
    private final int bits;
    private final List<String> flags;
    private final List<String> macros;

    Vectors(String text, int bits, List<String> flags, String... macros) {
      this.text = text;
      this.bits = bits;
      this.flags = flags;
      this.macros = List.of(macros);
    }
  }

  private static final List<String> COMPILERS = List.of("g++", "clang++", "c++");

  private final Process process;
  private final BufferedReader answers;
  private final PrintStream questions;

  private LimitProgram(Process process) {
    this.process = process;
    answers = process.inputReader(StandardCharsets.US_ASCII);
    questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
  }

  /** What keeps the program from being built. */
  static final class Lacking extends Exception {
    private static final long serialVersionUID = 1;

    Lacking(String message) {
      super(message);
    }
  }

  /** A C++ compiler, its name and version, as it calls itself. */
  record Compiler(String command, String version) {
    /** The one that CXX names, or else the first on the PATH. */
    static Compiler find(@Nullable String named) throws IOException, Lacking {
      List<String> commands = named == null || named.isBlank() ? COMPILERS : List.of(named);
      for (String command : commands) {
        Optional<List<String>> said = output(List.of(command, "--version"));
        if (said.isPresent() && !said.get().isEmpty()) {
          return new Compiler(command, said.get().getFirst());
        }
      }
      throw new Lacking(
          "a C++ compiler is needed and none was found: install g++ or clang++, or have CXX name one; tried "
              + String.join(", ", commands));
    }

    /**
     * The vectors that the loops have here: no wider ones than the library has, if there is a
     * choice. Refuses a machine that the loops do not run on.
     */
    Vectors vectors(Path folder, int bits) throws IOException, Lacking {
      Path nothing = Files.writeString(folder.resolve("nothing.cpp"), "");
      for (Vectors vectors : Vectors.values()) {
        boolean wider = vectors.bits > bits && vectors != Vectors.AVX2;
        if (!wider && defined(nothing, vectors.flags).containsAll(vectors.macros)) {
          return vectors;
        }
      }
      throw new Lacking(
          "a processor with AVX-512, or with AVX2 and FMA, is needed, which is what the loops are written with; "
              + command
              + " -march=native finds neither here: "
              + Machine.processor());
    }

    /** The macros that the compiler defines with some flags. */
    private List<String> defined(Path nothing, List<String> flags) throws IOException {
      List<String> question = new ArrayList<>(List.of(command));
      question.addAll(flags);
      question.addAll(List.of("-dM", "-E", nothing.toString()));
      return output(question).orElse(List.of()).stream()
          .map(line -> line.replaceFirst("#define (\\w+) .*", "$1"))
          .toList();
    }

    /** Compiles the program into a folder. */
    Path compile(Path source, Vectors vectors, Path folder) throws IOException {
      Path program = folder.resolve("limit");
      List<String> order = new ArrayList<>(List.of(command, "-std=c++17", "-O3"));
      order.addAll(vectors.flags);
      order.add("-ffp-contract=fast"); // g++ does so unasked
      order.addAll(List.of("-o", program.toString(), source.toString()));
      Process compiling = new ProcessBuilder(order).redirectErrorStream(true).start();
      compiling.getOutputStream().close();
      String log = new String(compiling.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (status(compiling) != 0) {
        throw new IOException(command + " does not compile " + source + ":\n" + log);
      }
      return program;
    }

    /** The lines that a command writes; empty if it is not there or fails. */
    private static Optional<List<String>> output(List<String> command) throws IOException {
      Process process;
      try {
        process =
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      } catch (IOException e) {
        return Optional.empty(); // no such command
      }
      process.getOutputStream().close();
      List<String> lines = process.inputReader().readAllLines();
      return status(process) == 0 ? Optional.of(lines) : Optional.empty();
    }
  }

  private static int status(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Starts the program on rows that stand one behind the other, and on a mask if it has words. */
  static LimitProgram start(Path program, Path folder, float[] rows, int length, long[] mask)
      throws IOException {
    Path file = folder.resolve("rows");
    Files.write(file, bytes(rows));
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                file.toString(),
                String.valueOf(rows.length / length),
                String.valueOf(length)));
    if (mask.length > 0) {
      Path words = folder.resolve("mask");
      ByteBuffer buffer =
          ByteBuffer.allocate(Long.BYTES * mask.length).order(ByteOrder.LITTLE_ENDIAN);
      buffer.asLongBuffer().put(mask);
      Files.write(words, buffer.array());
      command.add(words.toString());
    }
    LimitProgram started =
        new LimitProgram(
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    started.expect("ready"::equals);
    return started;
  }

  private static byte[] bytes(float[] rows) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * rows.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(rows);
    return buffer.array();
  }

  /** Nanoseconds a call: the median of bursts of so many calls, for so long. */
  double time(String workload, int calls, int milliseconds) throws IOException {
    questions.println(workload + " " + calls + " " + milliseconds);
    return nanoseconds(workload, expect(line -> true));
  }

  /** An answer of the program. */
  static double nanoseconds(String workload, String answer) throws IOException {
    double time;
    try {
      time = Double.parseDouble(answer);
    } catch (NumberFormatException e) {
      throw new IOException("the C++ program answers '" + answer + "' for " + workload, e);
    }
    if (!(time > 0 && time < Double.POSITIVE_INFINITY)) {
      throw new IOException("the C++ program has no workload " + workload + " of this length");
    }
    return time;
  }

  private String expect(Predicate<String> wanted) throws IOException {
    String line = answers.readLine();
    if (line == null || !wanted.test(line)) {
      String said = line == null ? "" : ", and said '" + line + "'";
      process.destroyForcibly();
      throw new IOException("the C++ program ended with status " + status(process) + said);
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    questions.close(); // ends it
    status(process);
    answers.close();
  }
}
