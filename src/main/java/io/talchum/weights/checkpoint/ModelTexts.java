package io.talchum.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a package holds beside weights.
 *
 * @param tokenizerJson UTF-8, in the format of Hugging Face tokenizers
 * @param chatTemplates by name; {@code default} is the usual one
 * @param tokenizerConfig texts of the special tokens, and whether encoding adds them
 * @param bosTokenId -1 if there is none
 * @param padTokenId -1 if there is none
 */
public record ModelTexts(
    Optional<byte[]> tokenizerJson,
    Map<String, String> chatTemplates,
    ObjectNode tokenizerConfig,
    ObjectNode generationConfig,
    int bosTokenId,
    List<Integer> eosTokenIds,
    int padTokenId) {
  public ModelTexts {
    chatTemplates = Collections.unmodifiableMap(new TreeMap<>(chatTemplates));
    eosTokenIds = List.copyOf(eosTokenIds);
  }
}
