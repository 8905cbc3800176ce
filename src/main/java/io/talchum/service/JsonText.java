package io.talchum.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What clients send as JSON: read strictly and within a budget, and as chat templates take it
 * (String, Number, Boolean, List, Map and null, in their order).
 */
public final class JsonText {
  /** The deepest nesting that is read. */
  public static final int MAX_DEPTH = 64;

  /**
   * No duplicate keys, nothing after the value, bounded; a text is bounded by what it came in.
   * Names are not interned: the JVM's table of strings is no place for those of clients. NaN is
   * read, so that its refusal can name the field.
   */
  private static final ObjectReader STRICT =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(100)
                          .maxNameLength(1000)
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private static final Pattern DUPLICATE =
      Pattern.compile("^Duplicate field '(.*)'", Pattern.DOTALL);

  /** What the parser says of classes, and of tokens that are no JSON. */
  private static final Pattern PARSER_WORDS =
      Pattern.compile(
          ", from `[^`]*`| ?\\(or '?NaN'?[^)]*\\)|, 'NaN'|\\(JSON String, Number[^)]*\\)");

  private JsonText() {}

  /**
   * The value that a text holds; a missing node if it is blank.
   *
   * @throws ServeException PAYLOAD_TOO_LARGE beyond the budget
   */
  public static JsonNode read(String json, JsonBudget budget) throws JsonProcessingException {
    try (JsonParser parser = budget.counted(STRICT.createParser(json))) {
      JsonNode node = STRICT.readTree(parser);
      return node == null ? MissingNode.getInstance() : node;
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory cannot fail", e);
    }
  }

  /** Why a text was refused, in words for its author. */
  public static String reason(JsonProcessingException e) {
    String original = e.getOriginalMessage();
    if (original.startsWith("Trailing token")) {
      return "is not valid JSON: something follows after its end; send one value";
    }
    Matcher twice = DUPLICATE.matcher(original);
    if (twice.find()) {
      return "has the name '%s' twice in one object; send it once"
          .formatted(Printable.of(twice.group(1)));
    }
    String said = Printable.of(PARSER_WORDS.matcher(original).replaceAll(""));
    if (!(e instanceof StreamConstraintsException)) {
      return "is not valid JSON: " + said;
    }
    return said.contains("nesting depth")
        ? "is nested deeper than %d levels; flatten it".formatted(MAX_DEPTH)
        : "breaks a limit: " + said + "; shorten it";
  }

  /**
   * The object that a text holds.
   *
   * @param field the wire's name of it, for the message
   * @throws ServeException INVALID_REQUEST, PAYLOAD_TOO_LARGE
   */
  public static Map<String, @Nullable Object> object(String field, String json, JsonBudget budget) {
    try {
      if (read(json, budget) instanceof ObjectNode object) {
        return object(field, object);
      }
      throw ServeException.invalid(field, field + " is not the text of a JSON object; send one");
    } catch (JsonProcessingException e) {
      throw ServeException.invalid(field, field + " " + reason(e));
    }
  }

  /** The same, without values where the text is blank. */
  public static Map<String, @Nullable Object> objectOrEmpty(
      String field, String json, JsonBudget budget) {
    return json.isBlank() ? new LinkedHashMap<>() : object(field, json, budget);
  }

  /**
   * An object that has been read already.
   *
   * @throws ServeException INVALID_REQUEST for numbers that are not finite and texts that are not
   *     Unicode
   */
  public static Map<String, @Nullable Object> object(String field, ObjectNode object) {
    return object(field, object, true);
  }

  /** The same; nulls are refused by name. */
  @SuppressWarnings({"unchecked", "NullAway"}) // there are no nulls
  public static Map<String, Object> objectWithoutNulls(String field, ObjectNode object) {
    return (Map<String, Object>) (Map<String, ?>) object(field, object, false);
  }

  private static Map<String, @Nullable Object> object(
      String field, ObjectNode object, boolean nulls) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      values.put(
          entry.getKey(),
          value(field + "." + Printable.of(entry.getKey()), entry.getValue(), nulls));
    }
    return values;
  }

  private static @Nullable Object value(String field, JsonNode node, boolean nulls) {
    return switch (node.getNodeType()) {
      case STRING -> unicode(field, node.textValue());
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(field, node);
      case ARRAY -> {
        List<@Nullable Object> values = new ArrayList<>(node.size());
        node.forEach(element -> values.add(value(field, element, nulls)));
        yield values;
      }
      case OBJECT -> object(field, (ObjectNode) node, nulls);
      case NULL, BINARY, MISSING, POJO -> {
        if (!nulls) {
          throw ServeException.invalid(field, field + " is null; leave it out");
        }
        yield null;
      }
    };
  }

  private static Number number(String field, JsonNode node) {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      throw ServeException.invalid(
          field, "%s is %s; send a finite number".formatted(field, node.asText()));
    }
    return node.numberValue();
  }

  /**
   * The text, if it is Unicode.
   *
   * @throws ServeException INVALID_REQUEST
   */
  public static String unicode(String field, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw ServeException.invalid(
            field,
            "%s is not valid Unicode: half of a surrogate pair at character %d; send both halves"
                .formatted(field, i));
      }
    }
    return text;
  }
}
