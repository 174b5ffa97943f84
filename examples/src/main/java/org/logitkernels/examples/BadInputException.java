package org.logitkernels.examples;

/**
 * Something the user gave cannot be used; the message is the one sentence that says what and why.
 */
final class BadInputException extends Exception {
  private static final long serialVersionUID = 1;

  BadInputException(String message) {
    super(message);
  }
}
