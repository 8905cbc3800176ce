package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Predicate;

/**
 * What the server does with one field of a request; {@code null} on the wire is as good as absent.
 *
 * @param neutral the values with which the field changes nothing and is let through; others of an
 *     accepted field have the wrong type
 */
record RequestField(String name, Treatment treatment, Predicate<JsonNode> neutral) {
  enum Treatment {
    /** Has its effect. */
    HONOURED,
    /** Cannot change the result; only its type is looked at. */
    ACCEPTED,
    /** Would change the result in a way that is not implemented. */
    REFUSED
  }

  static RequestField honoured(String name) {
    return new RequestField(name, Treatment.HONOURED, node -> true);
  }

  static RequestField accepted(String name, Predicate<JsonNode> type) {
    return new RequestField(name, Treatment.ACCEPTED, type);
  }

  static RequestField refused(String name) {
    return new RequestField(name, Treatment.REFUSED, node -> false);
  }

  static RequestField refusedUnless(String name, Predicate<JsonNode> neutral) {
    return new RequestField(name, Treatment.REFUSED, neutral);
  }
}
