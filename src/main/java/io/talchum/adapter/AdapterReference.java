package io.talchum.adapter;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.regex.Pattern;

/**
 * What a client asks for: {@code name} or {@code name@version}.
 *
 * @param version first digits of the hash, empty for whatever version is current
 */
record AdapterReference(String name, String version) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{8,64}");
  private static final String HASH_PREFIX = "sha256-";

  /**
   * @throws ServeException MODEL_NOT_FOUND if it cannot be a reference
   */
  static AdapterReference parse(String text) {
    int at = text.indexOf('@');
    if (at < 0) {
      return new AdapterReference(text, "");
    }
    String version = text.substring(at + 1);
    if (version.startsWith(HASH_PREFIX)) {
      version = version.substring(HASH_PREFIX.length());
    }
    if (!VERSION.matcher(version).matches()) {
      throw ServeException.of(
          ErrorCode.MODEL_NOT_FOUND,
          "model",
          "'"
              + shorten(text)
              + "' is not name@version: the version is 8 to 64 lower-case hexadecimal digits");
    }
    return new AdapterReference(text.substring(0, at), version);
  }

  /**
   * @throws ServeException INVALID_REQUEST unless it can name an adapter
   */
  static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw ServeException.invalid(
          "lora_name",
          "the adapter name '"
              + shorten(name)
              + "' is not 1 to 128 letters, digits, '.', '_' or '-' beginning with a letter or"
              + " digit; choose another name");
    }
    return name;
  }

  boolean matches(ContentHash hash) {
    return hash.hex().startsWith(version);
  }

  static String shorten(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "...";
  }
}
