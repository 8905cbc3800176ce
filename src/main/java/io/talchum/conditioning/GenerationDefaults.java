package io.talchum.conditioning;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/**
 * The defaults of a model's {@code generation_config.json}; null is "not said".
 *
 * @param greedy whether {@code do_sample} is false
 * @param maxTokens {@code max_new_tokens}, of chats
 */
public record GenerationDefaults(
    boolean greedy,
    @Nullable Float temperature,
    @Nullable Float topP,
    @Nullable Integer topK,
    @Nullable Float minP,
    @Nullable Float repetitionPenalty,
    @Nullable Integer maxTokens) {
  private static final String FILE = "generation_config.json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A model that says nothing: OpenAI's defaults apply. */
  public static final GenerationDefaults NONE =
      new GenerationDefaults(false, null, null, null, null, null, null);

  /** The temperature that applies: 0 for a greedy model, else what it says, else 1. */
  public float temperatureOrOne() {
    if (greedy) {
      return 0f;
    }
    return temperature == null ? 1f : temperature;
  }

  /**
   * What the operator says instead; null leaves it as it is.
   *
   * @throws ServeException INVALID_REQUEST naming field, value and range
   */
  public GenerationDefaults with(
      @Nullable Float temperature,
      @Nullable Float topP,
      @Nullable Integer topK,
      @Nullable Float minP) {
    GenerationDefaults changed =
        new GenerationDefaults(
            temperature == null && greedy,
            temperature == null ? this.temperature : temperature,
            topP == null ? this.topP : topP,
            topK == null ? this.topK : topK,
            minP == null ? this.minP : minP,
            repetitionPenalty,
            maxTokens);
    changed.check();
    return changed;
  }

  /**
   * Reads a {@code generation_config.json}; what sampling does not know is left alone.
   *
   * @throws ServeException INVALID_MODEL naming the key, also of a value out of range
   */
  public static GenerationDefaults parse(String json) {
    try {
      JsonNode config = MAPPER.readTree(json);
      GenerationDefaults said =
          new GenerationDefaults(
              !flag(config, "do_sample"),
              number(config, "temperature"),
              number(config, "top_p"),
              integer(config, "top_k"),
              number(config, "min_p"),
              number(config, "repetition_penalty"),
              integer(config, "max_new_tokens"));
      said.check();
      return said;
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, FILE + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (ServeException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "%s: %s; correct that file in the model's folder".formatted(FILE, e.getMessage()),
          e);
    }
  }

  /** So that a bad default is known at start, not at each request. */
  private void check() {
    SamplingRanges.temperature(temperatureOrOne());
    if (topP != null) {
      SamplingRanges.topP(topP);
    }
    if (topK != null) {
      SamplingRanges.topK(topK);
    }
    if (minP != null) {
      SamplingRanges.minP(minP);
    }
    if (repetitionPenalty != null) {
      SamplingRanges.repetitionPenalty(repetitionPenalty);
    }
    if (maxTokens != null) {
      SamplingRanges.inRange("max_new_tokens", maxTokens, 1, Integer.MAX_VALUE);
    }
  }

  /** True if it is not said. */
  private static boolean flag(JsonNode config, String name) {
    JsonNode value = config.path(name);
    if (isUnsaid(value)) {
      return true;
    }
    return require(value.isBoolean(), name, value, "true or false").booleanValue();
  }

  private static @Nullable Float number(JsonNode config, String name) {
    JsonNode value = config.path(name);
    return isUnsaid(value)
        ? null
        : (Float) require(value.isNumber(), name, value, "a number").floatValue();
  }

  private static @Nullable Integer integer(JsonNode config, String name) {
    JsonNode value = config.path(name);
    boolean whole = value.isNumber() && value.doubleValue() == value.intValue();
    return isUnsaid(value)
        ? null
        : (Integer) require(whole, name, value, "a whole number").intValue();
  }

  private static boolean isUnsaid(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static JsonNode require(boolean fits, String name, JsonNode value, String kind) {
    if (!fits) {
      String text = value.toString();
      throw ServeException.invalid(
          name,
          "%s %s is not %s".formatted(name, text.substring(0, Math.min(40, text.length())), kind));
    }
    return value;
  }
}
