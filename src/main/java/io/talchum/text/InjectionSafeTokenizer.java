package io.talchum.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.talchum.core.ServeException;
import io.talchum.text.AddedTokenScanner.Match;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * The same tokenizer with every control token renamed to a run of Unicode noncharacters: what
 * spells out a control token is ordinary text to it, and where one is meant, its new name is
 * written. Ids, splitting and white space rules stay those of the original.
 */
final class InjectionSafeTokenizer {
  private static final char OPEN = '\uFDD0';
  private static final char DIGIT_ZERO = '\uFDD1';
  private static final char CLOSE = '\uFDE1';
  private static final int DIGITS = 6;

  private final HuggingFaceTokenizer tokenizer;
  private final Map<String, String> newNames;

  private InjectionSafeTokenizer(HuggingFaceTokenizer tokenizer, Map<String, String> newNames) {
    this.tokenizer = tokenizer;
    this.newNames = newNames;
  }

  static InjectionSafeTokenizer of(byte[] json, List<AddedToken> added) {
    Map<String, String> newNames = new HashMap<>();
    for (AddedToken token : added) {
      if (token.special()) {
        newNames.put(token.content(), newName(token.id()));
      }
    }
    try {
      ObjectMapper mapper = TokenizerJson.mapper();
      ObjectNode root = (ObjectNode) mapper.readTree(json);
      renameAdded(root, newNames);
      renameModel((ObjectNode) root.path("model"), newNames);
      return new InjectionSafeTokenizer(
          DjlTokenizer.open(mapper.writeValueAsBytes(root)), Map.copyOf(newNames));
    } catch (IOException e) {
      throw new UncheckedIOException("tokenizer.json was readable before", e);
    }
  }

  /** Text without any control token. */
  int[] encode(String text, boolean addSpecialTokens) {
    refuseNewNames(text);
    return DjlTokenizer.encode(tokenizer, text, addSpecialTokens);
  }

  /** Text whose control tokens are exactly {@code written}, in order. */
  int[] encode(String text, List<Match> written) {
    refuseNewNames(text);
    StringBuilder renamed = new StringBuilder(text.length() + written.size() * DIGITS);
    int at = 0;
    for (Match match : written) {
      renamed.append(text, at, match.start()).append(newNames.get(match.token().content()));
      at = match.end();
    }
    renamed.append(text, at, text.length());
    return DjlTokenizer.encode(tokenizer, renamed.toString(), false);
  }

  /** Such text carries no meaning and would be taken for a control token. */
  private void refuseNewNames(String text) {
    for (int at = text.indexOf(OPEN); at >= 0; at = text.indexOf(OPEN, at + 1)) {
      int end = at + DIGITS + 2;
      if (end <= text.length() && newNames.containsValue(text.substring(at, end))) {
        throw ServeException.invalid(
            "messages",
            "the text holds a run of Unicode noncharacters (U+FDD0 ...) that the server uses"
                + " itself; remove it");
      }
    }
  }

  private static String newName(int id) {
    StringBuilder name = new StringBuilder().append(OPEN);
    for (int digit = DIGITS - 1; digit >= 0; digit--) {
      name.append((char) (DIGIT_ZERO + (id >> (4 * digit) & 0xF)));
    }
    return name.append(CLOSE).toString();
  }

  private static void renameAdded(ObjectNode root, Map<String, String> newNames) {
    for (JsonNode entry : root.path("added_tokens")) {
      if (entry.path("special").asBoolean(false)) {
        ObjectNode token = (ObjectNode) entry;
        token.put("content", newNames.get(token.path("content").asText()));
        token.put("normalized", false);
        token.put("single_word", false);
      }
    }
  }

  /** A control token may also be an entry of the model, reachable by merges or as a piece. */
  private static void renameModel(ObjectNode model, Map<String, String> newNames) {
    JsonNode vocabulary = model.path("vocab");
    if (vocabulary instanceof ObjectNode entries) {
      ObjectNode renamed = entries.objectNode();
      for (Entry<String, JsonNode> entry : entries.properties()) {
        renamed.set(newNames.getOrDefault(entry.getKey(), entry.getKey()), entry.getValue());
      }
      model.set("vocab", renamed);
    }
    if (vocabulary instanceof ArrayNode pieces) {
      for (JsonNode piece : pieces) {
        String name = newNames.get(piece.path(0).asText());
        if (name != null) {
          ((ArrayNode) piece).set(0, TextNode.valueOf(name));
        }
      }
    }
    String unknown = newNames.get(model.path("unk_token").asText());
    if (unknown != null) {
      model.put("unk_token", unknown);
    }
    if (model.path("merges") instanceof ArrayNode merges) {
      merges.removeIf(merge -> touches(merge, newNames));
    }
  }

  private static boolean touches(JsonNode merge, Map<String, String> newNames) {
    String text = merge.asText();
    int space = text.indexOf(' ');
    String left = merge.isArray() ? merge.path(0).asText() : text.substring(0, Math.max(0, space));
    String right = merge.isArray() ? merge.path(1).asText() : text.substring(space + 1);
    return newNames.containsKey(left)
        || newNames.containsKey(right)
        || newNames.containsKey(left + right);
  }
}
