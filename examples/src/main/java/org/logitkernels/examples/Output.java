package org.logitkernels.examples;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * An output that remembers what failed. A PrintStream swallows it, and a program whose text went to
 * a full device would end as if all were well.
 */
final class Output extends OutputStream {
  private final OutputStream out;
  private @Nullable IOException failure;

  private Output(OutputStream out) {
    this.out = out;
  }

  /** The exit status of a program that writes to standard output. */
  static int run(PrintStream err, ToIntFunction<PrintStream> program) {
    return run("generate", err, program);
  }

  /** The same for a program of another name. */
  static int run(String name, PrintStream err, ToIntFunction<PrintStream> program) {
    OutputStream stdout = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
    return run(name, stdout, System.out.charset(), err, program);
  }

  /**
   * The exit status of a program; if what it wrote did not arrive, 1 instead of 0, and a sentence
   * on standard error. A pipe whose reader has read enough, as head does, is no failure.
   */
  static int run(
      OutputStream to, Charset charset, PrintStream err, ToIntFunction<PrintStream> program) {
    return run("generate", to, charset, err, program);
  }

  private static int run(
      String name,
      OutputStream to,
      Charset charset,
      PrintStream err,
      ToIntFunction<PrintStream> program) {
    Output output = new Output(to);
    PrintStream out = new PrintStream(output, false, charset);
    int status = program.applyAsInt(out);
    out.flush();
    IOException failure = output.failure;
    if (failure == null) {
      return status;
    }
    String reason = String.valueOf(failure.getMessage());
    if (reason.toLowerCase(Locale.ROOT).contains("pipe")) { // in which Java has no other way
      return status;
    }
    err.println(name + ": the output could not be written: " + reason);
    return Math.max(status, CommandLine.ExitCode.SOFTWARE);
  }

  /** What may fail. */
  private interface Write {
    void run() throws IOException;
  }

  private void keep(Write write) throws IOException {
    try {
      write.run();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
      throw e;
    }
  }

  @Override
  public void write(int b) throws IOException {
    keep(() -> out.write(b));
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    keep(() -> out.write(bytes, from, length));
  }

  @Override
  public void flush() throws IOException {
    keep(out::flush);
  }
}
