package io.talchum.service;

import io.talchum.core.ServeException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client wrote as {@code model}: a name, or {@code name@version}.
 *
 * @param version beginning of the content hash, at least 6 digits; null is the current version
 */
record ModelName(String name, @Nullable String version) {
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{6,64}");

  static ModelName parse(String model) {
    int at = model.lastIndexOf('@');
    if (at < 0) {
      return new ModelName(model, null);
    }
    String version = model.substring(at + 1);
    if (!VERSION.matcher(version).matches()) {
      throw ServeException.invalid(
          "model",
          "the version in model '%s' is not 6 to 64 lower-case hexadecimal digits"
              .formatted(model));
    }
    return new ModelName(model.substring(0, at), version);
  }
}
