package io.talchum.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What tokenizer.json says about the vocabulary: the parts that DJL does not hand out.
 *
 * @param tokens spelling by id; null where an id is not used
 * @param hasNormalizer whether text is normalized before it is split
 */
record TokenizerJson(
    @Nullable String[] tokens,
    List<AddedToken> added,
    VocabularySpelling spelling,
    boolean hasNormalizer) {
  private static final int MAX_DEPTH = 64;

  /**
   * Gemma 3 adds tokens that only its larger siblings have rows for, behind the vocabulary padded
   * to a multiple of this. They are known by name; a request that holds one is refused.
   */
  private static final int PADDING = 64;

  /**
   * Reads the vocabulary; merges are skipped.
   *
   * @param maxIds ids at or above this are refused, of added tokens only well above: the model has
   *     no row for them
   */
  static TokenizerJson parse(byte[] json, int maxIds) {
    try (JsonParser parser = mapper().getFactory().createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("is not a JSON object");
      }
      return new Reader(parser, maxIds).read();
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "tokenizer.json is not valid JSON: " + e.getMessage(), e);
    }
  }

  static ObjectMapper mapper() {
    return new ObjectMapper(
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build());
  }

  static ServeException invalid(String what) {
    return new ServeException(ErrorCode.INVALID_MODEL, "tokenizer.json " + what);
  }

  private static final class Reader {
    private final JsonParser parser;
    private final int maxIds;
    private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
    private final List<AddedToken> added = new ArrayList<>();
    private boolean hasModel;
    private boolean hasNormalizer;
    private VocabularySpelling spelling = VocabularySpelling.PLAIN;

    Reader(JsonParser parser, int maxIds) {
      this.parser = parser;
      this.maxIds = maxIds;
    }

    TokenizerJson read() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (field) {
          case "model" -> readModel(value);
          case "added_tokens" -> readAdded();
          case "decoder" -> spelling = spelling(parser.readValueAsTree());
          case "normalizer" -> {
            hasNormalizer = value != JsonToken.VALUE_NULL;
            parser.skipChildren();
          }
          default -> parser.skipChildren();
        }
      }
      if (!hasModel) {
        throw invalid("has no \"model\" object with a \"vocab\"");
      }
      return new TokenizerJson(table(), List.copyOf(added), spelling, hasNormalizer);
    }

    private void readModel(JsonToken start) throws IOException {
      if (start != JsonToken.START_OBJECT) {
        throw invalid("has a \"model\" that is not an object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("vocab") && value == JsonToken.START_OBJECT) {
          hasModel = true;
          readVocabularyObject();
        } else if (field.equals("vocab") && value == JsonToken.START_ARRAY) {
          hasModel = true;
          readVocabularyList();
        } else {
          parser.skipChildren();
        }
      }
    }

    private void readVocabularyObject() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String token = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
          throw invalid("gives token '" + token + "' an id that is not an integer");
        }
        vocabulary.put(token, checkedId(parser.getLongValue(), token));
      }
    }

    /** Unigram: a list of [token, score]; the place is the id. */
    private void readVocabularyList() throws IOException {
      for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
        String token = parser.nextTextValue();
        if (token == null) {
          throw invalid("has a model.vocab entry " + id + " that is not [token, score]");
        }
        vocabulary.putIfAbsent(token, checkedId(id, token));
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          parser.skipChildren();
        }
      }
    }

    private void readAdded() throws IOException {
      JsonNode list = parser.readValueAsTree();
      for (JsonNode entry : list) {
        String content = entry.path("content").asText("");
        if (content.isEmpty() || !entry.path("id").canConvertToExactIntegral()) {
          throw invalid("has an added_tokens entry without content or id: " + entry);
        }
        added.add(
            new AddedToken(
                checkedId(entry.path("id").asLong(), content, maxIds + PADDING),
                content,
                entry.path("special").asBoolean(false),
                entry.path("normalized").asBoolean(true)));
      }
    }

    private int checkedId(long id, String token) {
      return checkedId(id, token, maxIds);
    }

    private int checkedId(long id, String token, int limit) {
      if (id < 0 || id >= limit) {
        throw invalid(
            "gives token '%s' the id %d, but the model's embedding table has %d rows"
                .formatted(token, id, maxIds));
      }
      return (int) id;
    }

    private @Nullable String[] table() {
      int size = 0;
      for (int id : vocabulary.values()) {
        size = Math.max(size, id + 1);
      }
      for (AddedToken token : added) {
        size = Math.max(size, token.id() + 1);
      }
      @Nullable String[] table = new String[size];
      vocabulary.forEach((token, id) -> place(table, id, token));
      for (AddedToken token : added) {
        Integer known = vocabulary.get(token.content());
        if (known != null && known != token.id()) {
          throw invalid(
              "gives '%s' two ids, %d and %d".formatted(token.content(), known, token.id()));
        }
        place(table, token.id(), token.content());
      }
      return table;
    }

    private static void place(@Nullable String[] table, int id, String token) {
      String other = table[id];
      if (other != null && !other.equals(token)) {
        throw invalid("gives the id %d to two tokens, '%s' and '%s'".formatted(id, other, token));
      }
      table[id] = token;
    }

    private static VocabularySpelling spelling(JsonNode decoder) {
      List<String> types = decoder.findValuesAsText("type");
      if (types.contains("ByteLevel")) {
        return VocabularySpelling.BYTE_LEVEL;
      }
      boolean metaspace =
          types.contains("Metaspace")
              || decoder.findValuesAsText("String").contains("\u2581")
              || types.contains("ByteFallback");
      return metaspace ? VocabularySpelling.SENTENCE_PIECE : VocabularySpelling.PLAIN;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenizerJson that
        && Arrays.equals(tokens, that.tokens)
        && added.equals(that.added)
        && spelling == that.spelling
        && hasNormalizer == that.hasNormalizer;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(tokens) + added.hashCode();
  }

  @Override
  public String toString() {
    return "TokenizerJson[" + tokens.length + " ids, " + spelling + "]";
  }
}
