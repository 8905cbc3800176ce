package io.talchum.wiring;

import io.talchum.core.KvFormat;
import io.talchum.core.ServeException;
import io.talchum.engine.prefix.PrefixCache;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * What serving will take of the machine's memory, known before anything is allocated.
 *
 * @param kv how the KV cache keeps its numbers
 * @param kvBytesPerToken of one slot
 * @param prefixCacheBytes most that the prefix cache takes; 0 if it is off
 * @param weightBytes of the model package
 * @param machineBytes of the machine or the container
 */
record MemoryPlan(
    int slots,
    int contextTokens,
    KvFormat kv,
    long kvBytesPerToken,
    long prefixCacheBytes,
    long weightBytes,
    long machineBytes) {
  /** For the Java heap, ONNX Runtime's graphs and the operating system. */
  static final long RESERVED_BYTES = 512L << 20;

  /** Memory of the machine, or of the container if that is less. */
  static long machine() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  /** This plan with the prefix cache that a setting asks for. */
  MemoryPlan withPrefixCache(String setting) {
    long free = machineBytes - weightBytes - RESERVED_BYTES - kvBytes();
    long block = PrefixCache.blockBytes(kvBytesPerToken);
    long bytes = PrefixCacheSize.bytes(setting, kvBytes(), free, block);
    return new MemoryPlan(
        slots, contextTokens, kv, kvBytesPerToken, bytes, weightBytes, machineBytes);
  }

  long kvBytes() {
    return (long) slots * contextTokens * kvBytesPerToken;
  }

  /** One line for the log. */
  String text() {
    return "memory: KV cache %s in %s (%d slots of %d tokens, %d bytes a token), prefix cache %s, weights %s; the machine has %s"
        .formatted(
            gigabytes(kvBytes()),
            kv.text(),
            slots,
            contextTokens,
            kvBytesPerToken,
            prefixCacheBytes == 0 ? "off" : "up to " + gigabytes(prefixCacheBytes),
            gigabytes(weightBytes),
            gigabytes(machineBytes));
  }

  /**
   * @throws ServeException INVALID_REQUEST with what would fit, if this does not
   */
  void check() {
    long free = machineBytes - weightBytes - RESERVED_BYTES;
    if (kvBytes() <= free) {
      checkPrefixCache(free - kvBytes());
      return;
    }
    long tokens = Math.max(0, free) / kvBytesPerToken;
    String advice =
        tokens == 0
            ? "a machine with more memory is needed"
            : "%d tokens fit: lower talchum.context (--context) to %d or talchum.slots (--slots) to %d"
                    .formatted(
                        tokens, Math.max(1, tokens / slots), Math.max(1, tokens / contextTokens))
                + (tokens < contextTokens ? " with talchum.context " + tokens : "");
    throw ServeException.invalid("context", text() + ", where " + advice + smaller(free));
  }

  private void checkPrefixCache(long free) {
    if (prefixCacheBytes > free) {
      throw ServeException.invalid(
          "prefix-cache",
          "%s, where %s are left for the prefix cache: lower talchum.prefix-cache (--prefix-cache), or off"
              .formatted(text(), gigabytes(free)));
    }
  }

  private String smaller(long free) {
    long int8 = kvBytes() / kv.bytes() * KvFormat.INT8.bytes();
    return kv != KvFormat.INT8 && int8 <= free
        ? "; in int8 (--kv int8) it takes %s, which fits".formatted(gigabytes(int8))
        : "";
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
