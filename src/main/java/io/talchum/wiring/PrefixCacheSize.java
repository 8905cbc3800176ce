package io.talchum.wiring;

import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.talchum.core.ServeException;

/** What {@code talchum.prefix-cache} means on this machine. */
final class PrefixCacheSize {
  static final String AUTO = "auto";
  static final String OFF = "off";

  /** Part of what is left of the machine that is taken unasked. */
  private static final int AUTO_SHARE = 4;

  private PrefixCacheSize() {}

  /**
   * Bytes of the prefix cache, 0 for none.
   *
   * @param kvBytes of the KV cache, as much as which is enough unasked
   * @param freeBytes of the machine, after all else
   * @param blockBytes the least that is of use
   * @throws ServeException INVALID_REQUEST for what is neither a size nor a word
   */
  static long bytes(String setting, long kvBytes, long freeBytes, long blockBytes) {
    return switch (setting) {
      case OFF -> 0;
      case AUTO -> {
        long bytes = Math.min(kvBytes, freeBytes / AUTO_SHARE);
        yield bytes < blockBytes ? 0 : bytes;
      }
      default -> size(setting, blockBytes);
    };
  }

  private static long size(String setting, long blockBytes) {
    long bytes;
    try {
      bytes = new MemorySizeConverter().convert(setting).asLongValue();
    } catch (RuntimeException e) {
      throw ServeException.invalid(
          "prefix-cache",
          "talchum.prefix-cache (--prefix-cache) is \"%s\"; it must be off, auto or a size such as 512M"
              .formatted(setting));
    }
    if (bytes < blockBytes) {
      throw ServeException.invalid(
          "prefix-cache",
          "talchum.prefix-cache (--prefix-cache) is %s, less than one block of %d bytes; give more, or off"
              .formatted(setting, blockBytes));
    }
    return bytes;
  }
}
