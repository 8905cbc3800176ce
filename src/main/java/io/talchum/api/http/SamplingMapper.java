package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import java.util.HashMap;
import java.util.Map;

/** The sampling fields that chat and completion share. */
final class SamplingMapper {
  private SamplingMapper() {}

  /** All of them but those that differ: token limit and log-probabilities. */
  static SamplingRequest.Builder map(Fields fields) {
    return SamplingRequest.builder()
        .temperature(fields.number("temperature"))
        .topP(fields.number("top_p"))
        .topK(fields.integer("top_k"))
        .minP(fields.number("min_p"))
        .presencePenalty(fields.number("presence_penalty"))
        .frequencyPenalty(fields.number("frequency_penalty"))
        .repetitionPenalty(fields.number("repetition_penalty"))
        .seed(fields.bigInteger("seed"))
        .logitBias(logitBias(fields))
        .stopStrings(fields.textOrTexts("stop"))
        .stopTokenIds(fields.integers("stop_token_ids"))
        .maxTokens(fields.integer("max_tokens"))
        .minTokens(fields.integer("min_tokens"))
        .ignoreEos(fields.bool("ignore_eos"));
  }

  private static Map<Integer, Float> logitBias(Fields fields) {
    ObjectNode object = fields.object("logit_bias");
    if (object == null) {
      return Map.of();
    }
    Map<Integer, Float> biases = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      try {
        biases.put(Integer.parseInt(entry.getKey()), Fields.number("logit_bias", entry.getValue()));
      } catch (NumberFormatException e) {
        throw ServeException.invalid(
            "logit_bias",
            "logit_bias has the key '%s', which is not a token id"
                .formatted(io.talchum.service.Printable.of(entry.getKey())));
      }
    }
    return biases;
  }
}
