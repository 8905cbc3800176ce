package io.talchum.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, and until when they wait.
 *
 * @param tenant whom the work is counted for; never the API key itself
 * @param deadline null for the server's default
 */
public record Caller(String tenant, @Nullable Instant deadline) {
  /** A caller without key and deadline. */
  public static final Caller ANONYMOUS = new Caller("anonymous", null);
}
