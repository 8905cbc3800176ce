package io.talchum.wiring;

import io.quarkus.runtime.configuration.MemorySize;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What numbers settings may have, as far as that does not depend on the model; {@link ModelOpener}
 * and {@link ExecutorOpener} check the others.
 */
final class SettingRanges {
  private static final int MAX_PORT = 65_535;
  private static final int MAX_THREADS = 1_024;
  private static final int MAX_QUEUE = 1_000_000;
  private static final int MAX_PIECE = 65_536;
  private static final int MAX_CHOICES = 1_024;
  private static final int MAX_PROMPTS = 65_536;
  private static final int MAX_DEVICE = 63;
  private static final int MAX_RANK = 1_024;
  private static final int MAX_CONNECTIONS = 1_000_000;
  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
  private static final Duration MOST_TIMEOUT = Duration.ofDays(1);
  private static final long LEAST_BODY = 1 << 10;
  private static final long MOST_BODY = 1 << 30;
  private static final Duration MOST_DRAIN = Duration.ofDays(1);

  private SettingRanges() {}

  /**
   * Returns if all are within their bounds.
   *
   * @throws ServeException INVALID_REQUEST for the first that is not: key, value, bounds
   */
  static void check(TalchumConfig config) {
    check("port", config.port(), 0, MAX_PORT);
    config.threads().ifPresent(value -> check("threads", value, 1, MAX_THREADS));
    check("queue-capacity", config.queueCapacity(), 1, MAX_QUEUE);
    config.prefillTokens().ifPresent(value -> check("prefill-tokens", value, 1, MAX_PIECE));
    config
        .prefillTokensAlone()
        .ifPresent(value -> check("prefill-tokens-alone", value, 1, MAX_PIECE));
    check("max-choices", config.maxChoices(), 1, MAX_CHOICES);
    check("max-prompts", config.maxPrompts(), 1, MAX_PROMPTS);
    long maxBody = bytes("max-body", config.maxBody());
    long bodyMemory = bytes("body-memory", config.bodyMemory());
    check("max-body", maxBody, LEAST_BODY, MOST_BODY);
    check("body-memory", bodyMemory, LEAST_BODY, Long.MAX_VALUE);
    if (bodyMemory < maxBody) {
      throw refused(
          "body-memory",
          Long.toString(bodyMemory),
          "at least talchum.max-body (%d)".formatted(maxBody));
    }
    check("max-connections", config.maxConnections(), 1, MAX_CONNECTIONS);
    check("body-timeout", config.bodyTimeout(), LEAST_TIMEOUT, MOST_TIMEOUT);
    check("head-timeout", config.headTimeout(), LEAST_TIMEOUT, MOST_TIMEOUT);
    check("idle-timeout", config.idleTimeout(), LEAST_TIMEOUT, MOST_TIMEOUT);
    check("adapter-memory", bytes("adapter-memory", config.adapterMemory()), 1, Long.MAX_VALUE);
    check(
        "max-adapter-upload",
        bytes("max-adapter-upload", config.maxAdapterUpload()),
        1,
        Long.MAX_VALUE);
    check("cuda.device", config.cuda().device(), 0, MAX_DEVICE);
    check("cuda.lora-rank", config.cuda().loraRank(), 1, MAX_RANK);
    config
        .cuda()
        .memoryLimit()
        .ifPresent(
            value ->
                check("cuda.memory-limit", bytes("cuda.memory-limit", value), 1, Long.MAX_VALUE));
    config.deadline().ifPresent(value -> check("deadline", value, Duration.ofMillis(1), null));
    check("drain", config.drain(), Duration.ZERO, MOST_DRAIN);
  }

  private static long bytes(String setting, MemorySize size) {
    try {
      return size.asLongValue();
    } catch (ArithmeticException e) {
      throw refused(setting, size.asBigInteger() + " bytes", "less than 2^63");
    }
  }

  private static void check(String setting, long value, long least, long most) {
    if (value < least || value > most) {
      String bounds = most == Long.MAX_VALUE ? least + " or more" : least + " to " + most;
      throw refused(setting, Long.toString(value), bounds);
    }
  }

  private static void check(
      String setting, Duration value, Duration least, @Nullable Duration most) {
    if (value.compareTo(least) < 0 || (most != null && value.compareTo(most) > 0)) {
      String bounds = most == null ? text(least) + " or more" : text(least) + " to " + text(most);
      throw refused(setting, text(value), bounds);
    }
  }

  private static String text(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }

  private static ServeException refused(String setting, String value, String bounds) {
    String option = setting.equals("port") ? " (--port)" : "";
    return ServeException.invalid(
        setting, "talchum.%s%s is %s; it must be %s".formatted(setting, option, value, bounds));
  }
}
