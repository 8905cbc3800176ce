package io.talchum.weights.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import io.talchum.weights.TextFiles;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Refuses a tokenizer.json that is broken or does not fit the model, before anything loads it. */
public final class TokenizerCheck {
  private static final String FILE = "tokenizer.json";
  private static final Set<String> MODELS = Set.of("BPE", "Unigram", "WordPiece", "WordLevel");
  private static final Set<String> PRE_TOKENIZERS =
      Set.of(
          "BertPreTokenizer",
          "ByteLevel",
          "CharDelimiterSplit",
          "Delimiter",
          "Digits",
          "FixedLength",
          "Metaspace",
          "Punctuation",
          "Sequence",
          "Split",
          "UnicodeScripts",
          "Whitespace",
          "WhitespaceSplit");

  /** Added tokens may lie this far behind the embeddings (Gemma 3); no request can use them. */
  private static final int PADDING = 64;

  /** Beginnings of Java's reasons that mean the same in every dialect of regular expressions. */
  private static final Pattern BROKEN_ANYWHERE =
      Pattern.compile("(Unclosed|Unmatched|Dangling|Missing|Bad).*");

  private TokenizerCheck() {}

  /**
   * @throws ServeException INVALID_MODEL, naming what is wrong
   */
  public static void check(byte[] json, int vocabSize) {
    ObjectNode tokenizer = TextFiles.parse(FILE, TextFiles.decode(FILE, json));
    JsonNode model = tokenizer.path("model");
    String type = model.path("type").asText("BPE");
    if (!model.isObject() || !MODELS.contains(type)) {
      throw refused("has no model of a known type (" + type + ")");
    }
    Set<String> tokens = checkVocabulary(model.path("vocab"), vocabSize);
    checkAddedTokens(tokenizer.path("added_tokens"), vocabSize);
    checkMerges(model.path("merges"), tokens);
    checkPreTokenizer(tokenizer.path("pre_tokenizer"));
    checkPatterns(tokenizer.path("pre_tokenizer"));
    checkPatterns(tokenizer.path("normalizer"));
  }

  private static Set<String> checkVocabulary(JsonNode vocab, int vocabSize) {
    if (!vocab.isContainerNode() || vocab.isEmpty()) {
      throw refused("has a model without a vocab");
    }
    Set<String> tokens = HashSet.newHashSet(vocab.size());
    if (vocab.isArray()) {
      vocab.forEach(entry -> tokens.add(entry.path(0).asText()));
      if (vocab.size() > vocabSize) {
        throw refused("has " + vocab.size() + " token ids; the model has " + vocabSize);
      }
      return tokens;
    }
    BitSet seen = new BitSet(vocabSize);
    for (Iterator<Map.Entry<String, JsonNode>> i = vocab.properties().iterator(); i.hasNext(); ) {
      Map.Entry<String, JsonNode> entry = i.next();
      int id = id(entry.getKey(), entry.getValue(), vocabSize);
      if (seen.get(id)) {
        throw refused("gives two tokens the id " + id + ", one of them " + entry.getKey());
      }
      seen.set(id);
      tokens.add(entry.getKey());
    }
    return tokens;
  }

  private static void checkAddedTokens(JsonNode added, int vocabSize) {
    for (JsonNode token : added) {
      id(token.path("content").asText(), token.path("id"), vocabSize + PADDING);
    }
  }

  private static int id(String token, JsonNode id, int vocabSize) {
    if (!id.isIntegralNumber()
        || !id.canConvertToInt()
        || id.intValue() < 0
        || id.intValue() >= vocabSize) {
      throw refused(
          "gives token %s the id %s; the model's ids are 0 to %d"
              .formatted(token, id, vocabSize - 1));
    }
    return id.intValue();
  }

  private static void checkMerges(JsonNode merges, Set<String> tokens) {
    for (JsonNode merge : merges) {
      String[] pair =
          merge.isTextual()
              ? merge.textValue().split(" ", -1)
              : new String[] {merge.path(0).asText(), merge.path(1).asText()};
      if (pair.length != 2 || !tokens.contains(pair[0]) || !tokens.contains(pair[1])) {
        throw refused("has the merge " + merge + " of tokens that are not in its vocab");
      }
    }
  }

  private static void checkPreTokenizer(JsonNode preTokenizer) {
    if (preTokenizer.isObject()) {
      String type = preTokenizer.path("type").asText("none");
      if (!PRE_TOKENIZERS.contains(type)) {
        throw refused("has a pre_tokenizer of the unknown type " + type);
      }
      preTokenizer.path("pretokenizers").forEach(TokenizerCheck::checkPreTokenizer);
    }
  }

  private static void checkPatterns(JsonNode node) {
    for (JsonNode regex : node.findValues("Regex")) {
      try {
        Pattern.compile(regex.asText());
      } catch (PatternSyntaxException e) {
        if (BROKEN_ANYWHERE.matcher(e.getDescription()).matches()) {
          throw refused(
              "has the regex %s, which does not compile: %s"
                  .formatted(regex.asText(), e.getDescription()));
        }
      }
    }
  }

  private static ServeException refused(String reason) {
    return TextFiles.refused(FILE, reason);
  }
}
