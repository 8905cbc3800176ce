package io.talchum.wiring;

import io.talchum.core.ServeException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the sentence that tells a user why the server did not start. */
public final class StartFailure {
  private StartFailure() {}

  /** The message of the refusal at the root of this failure, if there is one. */
  public static Optional<String> sentence(@Nullable Throwable failure) {
    Set<Throwable> seen = new HashSet<>();
    for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
      if (cause instanceof ServeException refused) {
        return Optional.ofNullable(refused.getMessage());
      }
    }
    return Optional.empty();
  }
}
