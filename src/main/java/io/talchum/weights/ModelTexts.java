package io.talchum.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * What a package holds beside weights.
 *
 * @param tokenizerJson UTF-8, in the format of Hugging Face tokenizers
 * @param tokenizerConfig texts of the special tokens, and whether encoding adds them
 * @param bosTokenId -1 if there is none
 * @param padTokenId -1 if there is none
 */
record ModelTexts(
    Optional<byte[]> tokenizerJson,
    Optional<String> chatTemplate,
    ObjectNode tokenizerConfig,
    ObjectNode generationConfig,
    int bosTokenId,
    List<Integer> eosTokenIds,
    int padTokenId) {
  ModelTexts {
    eosTokenIds = List.copyOf(eosTokenIds);
  }
}
