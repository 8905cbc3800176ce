package io.talchum.api.http;

import io.talchum.core.Caller;
import io.talchum.core.Principal;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Who sent a request. */
final class Callers {
  /** Where the gates leave the principal. */
  private static final String PRINCIPAL = "talchum.principal";

  private Callers() {}

  static void put(RoutingContext context, Principal principal) {
    context.put(PRINCIPAL, principal);
  }

  /** Whom a gate let in; null before it has. */
  static @Nullable Principal principal(RoutingContext context) {
    return context.get(PRINCIPAL);
  }

  static Caller of(RoutingContext context) {
    return new Caller(Objects.requireNonNull(principal(context)), null);
  }
}
