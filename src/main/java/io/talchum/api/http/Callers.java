package io.talchum.api.http;

import io.talchum.core.Caller;
import io.vertx.ext.web.RoutingContext;

/** Who sent a request. */
final class Callers {
  /** Where {@link ApiKeyFilter} leaves the tenant. */
  static final String TENANT = "talchum.tenant";

  private Callers() {}

  static Caller of(RoutingContext context) {
    String tenant = context.get(TENANT);
    return tenant == null ? Caller.ANONYMOUS : new Caller(tenant, null);
  }
}
