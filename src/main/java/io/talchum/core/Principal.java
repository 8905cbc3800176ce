package io.talchum.core;

import java.util.Set;

/**
 * Who a request was authenticated as.
 *
 * @param tenant whom the work is counted for; never the API key itself
 * @param scopes what the caller may do
 */
public record Principal(String tenant, Set<ApiScope> scopes) {
  /** A caller without a key, where none is asked for. */
  public static final Principal ANONYMOUS = new Principal("anonymous", Set.of(ApiScope.values()));

  public Principal {
    scopes = Set.copyOf(scopes);
  }
}
