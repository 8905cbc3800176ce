package io.talchum.core;

import java.util.Map;
import java.util.Optional;

/**
 * What a client says about its request without changing the answer; it is kept with the record.
 *
 * @param user the client's own end user
 * @param metadata names and values of the client's choice
 */
public record RequestTags(Optional<String> user, Map<String, String> metadata) {
  /** A request that says nothing. */
  public static final RequestTags NONE = new RequestTags(Optional.empty(), Map.of());

  public RequestTags {
    metadata = Map.copyOf(metadata);
  }
}
