package io.talchum.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The {@code chat_template} of a tokenizer config: a text, or a list of named ones. */
final class ChatTemplates {
  private ChatTemplates() {}

  /** Of a list the one named {@code default}. */
  static Optional<String> of(@Nullable JsonNode value) {
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (value.isTextual()) {
      return Optional.of(value.textValue());
    }
    for (JsonNode named : value) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.get("template").textValue());
      }
    }
    throw TextFiles.refused(
        "tokenizer_config.json",
        "has a chat_template that is neither a text nor a list with one named default");
  }
}
