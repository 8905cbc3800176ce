package io.talchum.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;

/** Names what in a refused tokenizer.json the library's own message leaves out. */
final class TokenizerDiagnosis {
  private TokenizerDiagnosis() {}

  /** A clause to append to the message; empty where nothing more is known. */
  static String of(byte[] json) {
    try {
      JsonNode root = TokenizerJson.mapper().readTree(json);
      String merge = unknownMerge(root.path("model"));
      if (!merge.isEmpty()) {
        return "; model.merges has '" + merge + "', which is not in the vocabulary";
      }
      List<String> patterns = root.findValuesAsText("Regex");
      String types = String.join(", ", root.path("pre_tokenizer").findValuesAsText("type"));
      return (types.isEmpty() ? "" : "; pre_tokenizer types: " + types)
          + (patterns.isEmpty() ? "" : "; regex patterns: " + String.join(" ", patterns));
    } catch (IOException e) {
      return "";
    }
  }

  private static String unknownMerge(JsonNode model) {
    JsonNode vocabulary = model.path("vocab");
    for (JsonNode merge : model.path("merges")) {
      String text = merge.asText();
      int space = text.indexOf(' ');
      String left =
          merge.isArray() ? merge.path(0).asText() : text.substring(0, Math.max(0, space));
      String right = merge.isArray() ? merge.path(1).asText() : text.substring(space + 1);
      if (!vocabulary.has(left) || !vocabulary.has(right) || !vocabulary.has(left + right)) {
        return left + " " + right;
      }
    }
    return "";
  }
}
