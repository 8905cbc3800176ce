package io.talchum.core;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How keys and values are kept in the KV cache. */
public enum KvFormat {
  FP32(4),
  /** Symmetric, one calibrated scale per layer, head and channel. */
  INT8(1);

  private final int bytes;

  KvFormat(int bytes) {
    this.bytes = bytes;
  }

  /** Of one number. */
  public int bytes() {
    return bytes;
  }

  /** As settings and options spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws ServeException INVALID_REQUEST for anything but the names of the formats
   */
  public static KvFormat parse(String text) {
    return Arrays.stream(values())
        .filter(format -> format.text().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                ServeException.invalid(
                    "kv", "talchum.kv (--kv) is \"%s\"; it must be %s".formatted(text, names())));
  }

  private static String names() {
    return Arrays.stream(values()).map(KvFormat::text).collect(Collectors.joining(" or "));
  }
}
