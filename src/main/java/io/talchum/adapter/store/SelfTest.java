package io.talchum.adapter.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ContentHash;
import java.time.Duration;

/**
 * What one forward pass with an adapter gave, compared with the base's.
 *
 * @param change length of the difference of the last token's logits, 0 if they are not finite
 * @param base length of the base's logits
 * @param largest difference of one logit, 0 if they are not finite
 * @param duration of the passes
 * @param failure what is not finite; empty if all is
 */
public record SelfTest(
    double change, double base, double largest, Duration duration, String failure) {
  public boolean passed() {
    return failure.isEmpty();
  }

  ObjectNode json(ContentHash baseVersion) {
    return StoreJson.object()
        .put("base_version", baseVersion.hex())
        .put("change", change)
        .put("base", base)
        .put("largest", largest)
        .put("nanoseconds", duration.toNanos())
        .put("failure", failure);
  }

  static SelfTest of(JsonNode node) {
    return new SelfTest(
        node.path("change").asDouble(),
        node.path("base").asDouble(),
        node.path("largest").asDouble(),
        Duration.ofNanos(node.path("nanoseconds").asLong()),
        node.path("failure").asText());
  }
}
