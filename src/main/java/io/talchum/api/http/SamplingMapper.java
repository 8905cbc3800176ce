package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
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
      int tokenId = tokenId(entry.getKey());
      JsonNode bias = entry.getValue();
      if (!bias.isNumber()) {
        throw Fields.wrong("logit_bias", "logit_bias." + tokenId, "a number", bias);
      }
      if (biases.put(tokenId, (float) bias.doubleValue()) != null) {
        throw ServeException.invalid(
            "logit_bias",
            "logit_bias has token %d twice, in two spellings; send it once".formatted(tokenId));
      }
    }
    return biases;
  }

  private static int tokenId(String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw ServeException.invalid(
          "logit_bias",
          "logit_bias has the key '%s', which is not a token id; send ids as whole numbers"
              .formatted(Printable.of(key)));
    }
  }
}
