package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.talchum.service.ModelCard;
import io.talchum.service.SamplingDefaults;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that clients may name.
 *
 * @param parent the base's name; null for the base itself
 */
record ModelDocument(
    String id,
    String object,
    long created,
    @JsonProperty("owned_by") String ownedBy,
    String root,
    @Nullable String parent,
    @JsonProperty("max_model_len") int maxModelLen,
    String version,
    @JsonProperty("sampling_defaults") Defaults samplingDefaults) {

  /** All models. */
  record Listing(String object, List<ModelDocument> data) {}

  /** What requests get that say nothing. */
  record Defaults(
      float temperature,
      @JsonProperty("top_p") float topP,
      @JsonProperty("top_k") int topK,
      @JsonProperty("min_p") float minP,
      @JsonProperty("repetition_penalty") float repetitionPenalty,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("max_tokens")
          @Nullable Integer maxTokens) {
    static Defaults of(SamplingDefaults defaults) {
      return new Defaults(
          defaults.temperature(),
          defaults.topP(),
          defaults.topK(),
          defaults.minP(),
          defaults.repetitionPenalty(),
          defaults.maxTokens());
    }
  }

  static ModelDocument of(ModelCard card) {
    return new ModelDocument(
        card.name(),
        "model",
        card.created().getEpochSecond(),
        "talchum",
        card.exactName(),
        card.parent(),
        card.contextTokens(),
        card.version().hex(),
        Defaults.of(card.defaults()));
  }
}
