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
 * @param adapterBytes most that adapters take: residents, loads and self-tests
 * @param heapBytes most that the Java heap takes
 * @param machineBytes of the machine or the container
 */
record MemoryPlan(
    int slots,
    int contextTokens,
    KvFormat kv,
    long kvBytesPerToken,
    long prefixCacheBytes,
    long weightBytes,
    long adapterBytes,
    long heapBytes,
    long machineBytes) {
  /** For the JVM beside its heap, ONNX Runtime's graphs and the operating system. */
  static final long RESERVED_BYTES = 256L << 20;

  /** Most that this JVM's heap takes. */
  static long heap() {
    return Runtime.getRuntime().maxMemory();
  }

  /** Memory of the machine, or of the container if that is less. */
  static long machine() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  /** This plan with the prefix cache that a setting asks for. */
  MemoryPlan withPrefixCache(String setting) {
    long free = free() - kvBytes();
    long block = PrefixCache.blockBytes(kvBytesPerToken);
    long bytes = PrefixCacheSize.bytes(setting, kvBytes(), free, block);
    return new MemoryPlan(
        slots,
        contextTokens,
        kv,
        kvBytesPerToken,
        bytes,
        weightBytes,
        adapterBytes,
        heapBytes,
        machineBytes);
  }

  /** What is left for the KV cache and the prefix cache. */
  private long free() {
    return machineBytes - weightBytes - adapterBytes - heapBytes - RESERVED_BYTES;
  }

  long kvBytes() {
    return (long) slots * contextTokens * kvBytesPerToken;
  }

  /** One line for the log. */
  String text() {
    return "memory: KV cache %s in %s (%d slots of %d tokens, %d bytes a token), prefix cache %s, weights %s, adapters up to %s, Java heap up to %s, %s for all else, together %s; the machine has %s"
        .formatted(
            gigabytes(kvBytes()),
            kv.text(),
            slots,
            contextTokens,
            kvBytesPerToken,
            prefixCacheBytes == 0 ? "off" : "up to " + gigabytes(prefixCacheBytes),
            gigabytes(weightBytes),
            gigabytes(adapterBytes),
            gigabytes(heapBytes),
            gigabytes(RESERVED_BYTES),
            gigabytes(machineBytes - free() + kvBytes() + prefixCacheBytes),
            gigabytes(machineBytes));
  }

  /**
   * @throws ServeException INVALID_REQUEST with what would fit, if this does not
   */
  void check() {
    long free = free();
    if (kvBytes() <= free) {
      checkPrefixCache(free - kvBytes());
      return;
    }
    long tokens = Math.max(0, free) / kvBytesPerToken;
    String advice =
        tokens == 0
            ? "nothing is left for the KV cache: lower talchum.adapter-memory or the heap (TALCHUM_HEAP), or take a machine with more memory"
            : "%d tokens fit: lower talchum.context (--context) to %d or talchum.slots (--slots) to %d"
                    .formatted(
                        tokens, Math.max(1, tokens / slots), Math.max(1, tokens / contextTokens))
                + (tokens < contextTokens ? " with talchum.context " + tokens : "")
                + "; talchum.adapter-memory and the heap (TALCHUM_HEAP) can be lowered too";
    throw ServeException.invalid("context", text() + ", where " + advice + smaller(free));
  }

  private void checkPrefixCache(long free) {
    if (prefixCacheBytes > free) {
      throw ServeException.invalid(
          "prefix-cache",
          "%s, where %s are left for the prefix cache: lower talchum.prefix-cache (--prefix-cache), or off; or lower talchum.adapter-memory or the heap (TALCHUM_HEAP)"
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
