package io.talchum.api.http;

import io.talchum.core.Caller;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Who sent a request, and when. */
final class Callers {
  /** Where {@link ApiKeyFilter} leaves the tenant. */
  static final String TENANT = "talchum.tenant";

  private static final String ARRIVED = "talchum.arrived";

  private Callers() {}

  /** Notes when the request's head was there. */
  static void arrived(RoutingContext context, Instant now) {
    context.put(ARRIVED, now);
  }

  static @Nullable Instant arrivedAt(RoutingContext context) {
    return context.get(ARRIVED);
  }

  static Caller of(RoutingContext context) {
    String tenant = context.get(TENANT);
    return tenant == null ? Caller.ANONYMOUS : new Caller(tenant, null);
  }
}
