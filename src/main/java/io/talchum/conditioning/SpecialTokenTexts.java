package io.talchum.conditioning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.HashMap;
import java.util.Map;

/** The control tokens that a {@code tokenizer_config.json} names for chat templates. */
public final class SpecialTokenTexts {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SpecialTokenTexts() {}

  /**
   * Texts by name, for example {@code eos_token}.
   *
   * @throws ServeException INVALID_MODEL
   */
  public static Map<String, String> parse(String json) {
    Map<String, String> texts = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : tree(json).properties()) {
      JsonNode value = entry.getValue();
      JsonNode text = value.isObject() ? value.path("content") : value;
      if (entry.getKey().endsWith("_token") && text.isTextual()) {
        texts.put(entry.getKey(), text.textValue());
      }
    }
    return texts;
  }

  private static JsonNode tree(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "tokenizer_config.json is not valid JSON: " + e.getOriginalMessage(),
          e);
    }
  }
}
