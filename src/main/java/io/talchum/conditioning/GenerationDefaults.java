package io.talchum.conditioning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/**
 * The sampling defaults of a model's {@code generation_config.json}; null is "not said".
 *
 * @param greedy whether {@code do_sample} is false
 */
public record GenerationDefaults(
    boolean greedy,
    @Nullable Float temperature,
    @Nullable Float topP,
    @Nullable Integer topK,
    @Nullable Float minP,
    @Nullable Float repetitionPenalty) {

  /** A model that says nothing: OpenAI's defaults apply. */
  public static final GenerationDefaults NONE =
      new GenerationDefaults(false, null, null, null, null, null);

  /** The temperature that applies: 0 for a greedy model, else what it says, else 1. */
  public float temperatureOrOne() {
    if (greedy) {
      return 0f;
    }
    return temperature == null ? 1f : temperature;
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Reads a {@code generation_config.json}; what sampling does not know is left alone.
   *
   * @throws ServeException INVALID_MODEL
   */
  public static GenerationDefaults parse(String json) {
    try {
      JsonNode config = MAPPER.readTree(json);
      return new GenerationDefaults(
          config.path("do_sample").isBoolean() && !config.path("do_sample").booleanValue(),
          number(config, "temperature"),
          number(config, "top_p"),
          integer(config, "top_k"),
          number(config, "min_p"),
          number(config, "repetition_penalty"));
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "generation_config.json is not valid JSON: " + e.getOriginalMessage(),
          e);
    }
  }

  private static @Nullable Float number(JsonNode config, String name) {
    JsonNode value = config.path(name);
    return value.isNumber() ? (Float) value.floatValue() : null;
  }

  private static @Nullable Integer integer(JsonNode config, String name) {
    JsonNode value = config.path(name);
    return value.isInt() ? (Integer) value.intValue() : null;
  }
}
