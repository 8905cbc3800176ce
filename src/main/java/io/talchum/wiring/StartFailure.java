package io.talchum.wiring;

import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;
import io.talchum.core.ServeException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Finds the sentence that tells a user why the server did not start. */
public final class StartFailure {
  private StartFailure() {}

  /** One sentence: the refusal at the root of this failure if there is one. */
  public static String sentence(Throwable failure) {
    Set<Throwable> seen = new HashSet<>();
    for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
      switch (cause) {
        case ServeException refused -> {
          return String.valueOf(refused.getMessage());
        }
        case QuarkusBindException bind -> {
          return "port %d of %s is taken by another program, or may not be used; end that program or choose another port with --port"
              .formatted(bind.getPort(), bind.getHost());
        }
        case ConfigValidationException config -> {
          return problems(config);
        }
        default -> {}
      }
    }
    return "the server did not start: %s; TALCHUM_DEBUG=1 shows where that arose"
        .formatted(failure);
  }

  private static String problems(ConfigValidationException config) {
    return IntStream.range(0, config.getProblemCount())
        .mapToObj(i -> config.getProblem(i).getMessage())
        .collect(Collectors.joining("; ", "the configuration is wrong: ", ""));
  }
}
