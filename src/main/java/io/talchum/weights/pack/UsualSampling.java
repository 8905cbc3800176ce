package io.talchum.weights.pack;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * How a model is drawn from whose source does not say it, as all GGUF files: with the values that
 * llama.cpp has, for which such files are made. Temperature 1 without any cut lets a small
 * quantized model take a token of the long tail every few words.
 */
final class UsualSampling {
  private static final List<String> KEYS =
      List.of("do_sample", "temperature", "top_p", "top_k", "min_p");

  private UsualSampling() {}

  /** The same if it says anything of sampling, else with these values. */
  static ObjectNode completing(ObjectNode generationConfig) {
    if (KEYS.stream().anyMatch(generationConfig::hasNonNull)) {
      return generationConfig;
    }
    return generationConfig
        .deepCopy()
        .put("do_sample", true)
        .put("temperature", 0.8)
        .put("top_k", 40)
        .put("top_p", 0.95)
        .put("min_p", 0.05);
  }
}
