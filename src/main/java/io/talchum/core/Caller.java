package io.talchum.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, and until when they wait.
 *
 * @param principal as whom the caller was authenticated
 * @param deadline null for the server's default
 */
public record Caller(Principal principal, @Nullable Instant deadline) {
  /** A caller without key and deadline. */
  public static final Caller ANONYMOUS = new Caller(Principal.ANONYMOUS, null);

  /** Whom the work is counted for. */
  public String tenant() {
    return principal.tenant();
  }
}
