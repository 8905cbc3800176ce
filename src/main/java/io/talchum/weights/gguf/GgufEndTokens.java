package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ConfigFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The tokens that end a generation, from a GGUF file's metadata. */
public final class GgufEndTokens {
  private static final String KEYS = "tokenizer.ggml.";

  /** What well-known models write at the end of a turn. */
  private static final Set<String> ENDS_OF_TURN =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "<|end_of_text|>");

  private GgufEndTokens() {}

  /**
   * Those named as eos, eot and eom; and, since many files name only the first, each control token
   * that is known to end turns and that a chat template writes.
   */
  public static List<Integer> of(ConfigFields metadata, String chatTemplates, int vocabSize) {
    List<Integer> ids = new ArrayList<>();
    for (String kind : List.of("eos", "eot", "eom")) {
      int id = metadata.intOr(KEYS + kind + "_token_id", -1, 0, vocabSize - 1L);
      if (id >= 0 && !ids.contains(id)) {
        ids.add(id);
      }
    }
    JsonNode types = metadata.find(KEYS + "token_type").orElseGet(TextFiles::emptyObject);
    JsonNode texts = metadata.find(KEYS + "tokens").orElseGet(TextFiles::emptyObject);
    for (int id = 0; id < Math.min(texts.size(), vocabSize); id++) {
      String text = texts.path(id).asText();
      if (types.path(id).asInt() == GgufToken.CONTROL
          && ENDS_OF_TURN.contains(text)
          && chatTemplates.contains(text)
          && !ids.contains(id)) {
        ids.add(id);
      }
    }
    return ids;
  }
}
