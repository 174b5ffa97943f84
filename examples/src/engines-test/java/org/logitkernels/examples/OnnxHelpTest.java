package org.logitkernels.examples;

import org.junit.jupiter.api.Test;

/** {@code bin/generate --onnx --help}, too. */
class OnnxHelpTest {
  @Test
  void theFileIsWhatTheProgramSays() throws Exception {
    HelpTest.assertIsWritten(OnnxGenerate.class, "help-onnx.txt");
  }
}
