package io.talchum.wiring;

import io.talchum.core.ServeException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * What serving will take of the machine's memory, known before anything is allocated.
 *
 * @param kvBytesPerToken of one slot
 * @param weightBytes of the model package
 * @param machineBytes of the machine or the container
 */
record MemoryPlan(
    int slots, int contextTokens, long kvBytesPerToken, long weightBytes, long machineBytes) {
  /** For the Java heap, ONNX Runtime's graphs and the operating system. */
  static final long RESERVED_BYTES = 512L << 20;

  /** Memory of the machine, or of the container if that is less. */
  static long machine() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  long kvBytes() {
    return (long) slots * contextTokens * kvBytesPerToken;
  }

  /** One line for the log. */
  String text() {
    return "memory: KV cache %s (%d slots of %d tokens, %d bytes a token), weights %s; the machine has %s"
        .formatted(
            gigabytes(kvBytes()),
            slots,
            contextTokens,
            kvBytesPerToken,
            gigabytes(weightBytes),
            gigabytes(machineBytes));
  }

  /**
   * @throws ServeException INVALID_REQUEST with what would fit, if this does not
   */
  void check() {
    long free = machineBytes - weightBytes - RESERVED_BYTES;
    if (kvBytes() <= free) {
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
    throw ServeException.invalid("context", text() + ", where " + advice);
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
