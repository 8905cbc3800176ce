package io.talchum.model.kernel.code;

/** The system gives no memory that may be executed. */
public final class CodeRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * @param call that failed
   * @param errno why
   */
  public CodeRefusedException(String call, int errno) {
    super(call + " refuses executable memory (errno " + errno + ")");
  }
}
