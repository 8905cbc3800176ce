package io.talchum.api.gate;

import io.talchum.core.ApiScope;
import io.talchum.core.ErrorCode;
import io.talchum.core.Principal;
import io.talchum.core.ServeException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who may use a route. */
public enum Access {
  /** Everybody, also without a key. */
  OPEN(null),
  INFERENCE(ApiScope.INFERENCE),
  ADMIN(ApiScope.ADMIN),
  METRICS(ApiScope.METRICS);

  private final @Nullable ApiScope scope;

  Access(@Nullable ApiScope scope) {
    this.scope = scope;
  }

  /**
   * Returns if the caller may.
   *
   * @throws ServeException FORBIDDEN, which names the scope
   */
  public void check(Principal caller, String asked) {
    if (scope != null && !caller.scopes().contains(scope)) {
      throw new ServeException(
          ErrorCode.FORBIDDEN,
          "%s needs a key with the scope '%s'; this one has %s"
              .formatted(
                  asked,
                  scope.word(),
                  caller.scopes().stream()
                      .map(ApiScope::word)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    }
  }
}
