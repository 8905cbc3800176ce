package io.talchum.api.grpc;

import io.talchum.core.ServeException;

/** Fields that a message must have. */
final class Required {
  private Required() {}

  /** A string that is not empty. */
  static String text(String name, String value) {
    if (value.isEmpty()) {
      throw missing(name);
    }
    return value;
  }

  static ServeException missing(String name) {
    return ServeException.invalid(name, name + " is missing; send it");
  }
}
