package org.logitkernels.spi;

/** Why a backend cannot serve, and what to do about it. */
public final class BackendUnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  /** What helps, as a sentence without a full stop. */
  private final String remedy;

  /** Both are sentences without a full stop. */
  public BackendUnavailableException(String reason, String remedy) {
    super(reason, null, false, false);
    this.remedy = remedy;
  }

  /** The reason. */
  public String reason() {
    return String.valueOf(getMessage());
  }

  /** What helps. */
  public String remedy() {
    return remedy;
  }
}
