package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;

/** One run of the program, and what it said. */
record Run(int status, String out, String err) {

  static Run of(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Generate.run(
            new PrintStream(out, false, UTF_8), new PrintStream(err, true, UTF_8), 80, args);
    return new Run(status, out.toString(UTF_8), err.toString(UTF_8));
  }

  /** The arguments with those that name the bundled model. */
  static Run bundled(String... args) {
    return on(Models.CHECKPOINT, Models.TOKENIZER, args);
  }

  static Run on(Path checkpoint, Path tokenizer, String... args) {
    String[] all = Arrays.copyOf(args, args.length + 4);
    all[args.length] = "--checkpoint";
    all[args.length + 1] = checkpoint.toString();
    all[args.length + 2] = "--tokenizer";
    all[args.length + 3] = tokenizer.toString();
    return of(all);
  }
}
