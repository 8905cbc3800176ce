package io.talchum.bench;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;

/** Bounds of options. */
final class Checks {
  private Checks() {}

  static int atLeast(String option, int value, int least) {
    if (value < least) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "%s %d is too small; give %d or more".formatted(option, value, least));
    }
    return value;
  }
}
