package io.talchum.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as chat templates take it: String, Number, Boolean, List, Map and null, in their order. */
public final class JsonText {
  /** The deepest nesting that is read. */
  public static final int MAX_DEPTH = 64;

  /**
   * Reads what clients send: no duplicate keys, nothing after the value, bounded. NaN is read, so
   * that its refusal can name the field.
   */
  public static final ObjectReader STRICT =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(100)
                          .maxNameLength(1000)
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private JsonText() {}

  /**
   * The object that a text holds.
   *
   * @param field the wire's name of it, for the message
   * @throws ServeException INVALID_REQUEST
   */
  public static Map<String, @Nullable Object> object(String field, String json) {
    try {
      if (STRICT.readTree(json) instanceof ObjectNode object) {
        return object(field, object);
      }
      throw ServeException.invalid(field, field + " is not the text of a JSON object; send one");
    } catch (JsonProcessingException e) {
      throw ServeException.invalid(
          field, "%s is not valid JSON: %s".formatted(field, Printable.of(e.getOriginalMessage())));
    }
  }

  /** The same, without values where the text is blank. */
  public static Map<String, @Nullable Object> objectOrEmpty(String field, String json) {
    return json.isBlank() ? new LinkedHashMap<>() : object(field, json);
  }

  /**
   * An object that has been read already.
   *
   * @throws ServeException INVALID_REQUEST for numbers that are not finite
   */
  public static Map<String, @Nullable Object> object(String field, ObjectNode object) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      values.put(
          entry.getKey(), value(field + "." + Printable.of(entry.getKey()), entry.getValue()));
    }
    return values;
  }

  private static @Nullable Object value(String field, JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(field, node);
      case ARRAY -> {
        List<@Nullable Object> values = new ArrayList<>(node.size());
        node.forEach(element -> values.add(value(field, element)));
        yield values;
      }
      case OBJECT -> object(field, (ObjectNode) node);
      case NULL, BINARY, MISSING, POJO -> null;
    };
  }

  private static Number number(String field, JsonNode node) {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      throw ServeException.invalid(
          field, "%s is %s; send a finite number".formatted(field, node.asText()));
    }
    return node.numberValue();
  }
}
