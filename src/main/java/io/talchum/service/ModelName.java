package io.talchum.service;

import io.talchum.core.ContentHash;

/**
 * What a client wrote as {@code model}: a name, or {@code name@version}.
 *
 * @param version beginning of the content hash; empty is the current version
 */
record ModelName(String name, String version) {
  /** Fewer digits of a version are too likely to mean another one. */
  private static final int MIN_DIGITS = 8;

  static ModelName parse(String model) {
    int at = model.indexOf('@');
    return at < 0
        ? new ModelName(model, "")
        : new ModelName(model.substring(0, at), model.substring(at + 1).replace("sha256-", ""));
  }

  boolean matches(ContentHash hash) {
    return version.isEmpty() || (version.length() >= MIN_DIGITS && hash.hex().startsWith(version));
  }
}
