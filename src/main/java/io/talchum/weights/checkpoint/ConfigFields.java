package io.talchum.weights.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A JSON object whose every key must be asked for: {@link #refuseUnread} names the ones that were
 * not. One thread.
 */
public final class ConfigFields {
  private final String where;
  private final ObjectNode object;
  private final Set<String> read = new HashSet<>();

  /**
   * @param where for messages, for example {@code config.json}
   */
  public ConfigFields(String where, ObjectNode object) {
    this.where = where;
    this.object = object;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return find(key).isPresent();
  }

  /** The value unless it is missing or null. */
  public Optional<JsonNode> find(String key) {
    read.add(key);
    JsonNode value = object.get(key);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /** The keys that begin so, in the file's order. */
  List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    object
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (key.startsWith(prefix)) {
                keys.add(key);
              }
            });
    return keys;
  }

  /** Whether the key is not there at all; null counts as there. */
  public boolean omits(String key) {
    return !object.has(key);
  }

  public int requireInt(String key, long min, long max) {
    return toInt(key, find(key).orElseThrow(() -> missing(key)), min, max);
  }

  public int intOr(String key, int otherwise, long min, long max) {
    return find(key).map(value -> toInt(key, value, min, max)).orElse(otherwise);
  }

  private int toInt(String key, JsonNode value, long min, long max) {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw refused(key + " is " + brief(value) + "; it must be a whole number");
    }
    if (value.longValue() < min || value.longValue() > max) {
      throw refused(key + " is " + value + "; it must be from " + min + " to " + max);
    }
    return Math.toIntExact(value.longValue());
  }

  public double requireDouble(String key, double above, double max) {
    OptionalDouble value = findDouble(key, above, max);
    return value.orElseThrow(() -> missing(key));
  }

  public double doubleOr(String key, double otherwise, double above, double max) {
    return findDouble(key, above, max).orElse(otherwise);
  }

  /** A finite number above {@code above} and at most {@code max}. */
  public OptionalDouble findDouble(String key, double above, double max) {
    Optional<JsonNode> value = find(key);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    double number = value.get().doubleValue();
    if (!value.get().isNumber() || !(number > above && number <= max)) {
      throw refused(
          "%s is %s; it must be a number above %s and at most %s"
              .formatted(key, brief(value.get()), above, max));
    }
    return OptionalDouble.of(number);
  }

  public boolean booleanOr(String key, boolean otherwise) {
    Optional<JsonNode> value = find(key);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw refused(key + " is " + brief(value.get()) + "; it must be true or false");
    }
    return value.map(JsonNode::booleanValue).orElse(otherwise);
  }

  public Optional<String> text(String key) {
    Optional<JsonNode> value = find(key);
    if (value.isPresent() && !value.get().isTextual()) {
      throw refused(key + " is " + brief(value.get()) + "; it must be a text");
    }
    return value.map(JsonNode::textValue);
  }

  /** Token ids, written as one number or as a list. */
  public List<Integer> tokenIds(String key, int vocabSize) {
    List<Integer> ids = new ArrayList<>();
    Optional<JsonNode> value = find(key);
    if (value.isPresent() && value.get().isArray()) {
      if (value.get().size() > 1000) {
        throw refused(key + " lists " + value.get().size() + " tokens; at most 1000 make sense");
      }
      value.get().forEach(id -> ids.add(toInt(key, id, 0, vocabSize - 1L)));
    } else {
      value.ifPresent(id -> ids.add(toInt(key, id, 0, vocabSize - 1L)));
    }
    return ids;
  }

  /** Numbers above 0, as many as said; empty if the key is missing or null. */
  public List<Double> positiveNumbers(String key, int count) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode value : array(key)) {
      double number = value.doubleValue();
      if (!value.isNumber() || !(number > 0 && number < Double.POSITIVE_INFINITY)) {
        throw refused(key + " holds " + brief(value) + "; it must hold numbers above 0");
      }
      numbers.add(number);
    }
    if (has(key) && numbers.size() != count) {
      throw refused(key + " has " + numbers.size() + " numbers; it must have " + count);
    }
    return numbers;
  }

  /** Texts; empty if the key is missing or null. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode value : array(key)) {
      if (!value.isTextual()) {
        throw refused(key + " holds " + brief(value) + "; it must hold texts");
      }
      texts.add(value.textValue());
    }
    return texts;
  }

  /** Truth values; empty if the key is missing or null. */
  public List<Boolean> booleans(String key) {
    List<Boolean> values = new ArrayList<>();
    for (JsonNode value : array(key)) {
      if (!value.isBoolean()) {
        throw refused(key + " holds " + brief(value) + "; it must hold true or false");
      }
      values.add(value.booleanValue());
    }
    return values;
  }

  private Iterable<JsonNode> array(String key) {
    Optional<JsonNode> value = find(key);
    if (value.isPresent() && !value.get().isArray()) {
      throw refused(key + " is " + brief(value.get()) + "; it must be a list or null");
    }
    return value.<Iterable<JsonNode>>map(node -> node).orElse(List.of());
  }

  /** An object inside this one. */
  public Optional<ConfigFields> object(String key) {
    Optional<JsonNode> value = find(key);
    if (value.isPresent() && !value.get().isObject()) {
      throw refused(key + " is " + brief(value.get()) + "; it must be an object or null");
    }
    return value.map(node -> new ConfigFields(where + ": " + key, (ObjectNode) node));
  }

  /**
   * Refuses the key unless it is missing, null or has this value, with which it changes nothing.
   *
   * @param value as JSON
   */
  public void requireNeutral(String key, String value) {
    Optional<JsonNode> found = find(key);
    if (found.isPresent() && !found.get().toString().equals(value)) {
      throw refused(key + " = " + brief(found.get()) + " is not supported; supported: " + value);
    }
  }

  /** Counts these keys as known although nothing reads them. */
  public void ignore(Set<String> keys) {
    read.addAll(keys);
  }

  /**
   * @throws ServeException INVALID_MODEL if a key was never asked for
   */
  public void refuseUnread() {
    object
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!read.contains(key)) {
                throw refused(
                    key
                        + " = "
                        + brief(object.get(key))
                        + " is not a key that the importer knows; if it changes nothing, remove"
                        + " it");
              }
            });
  }

  public ServeException missing(String key) {
    return refused(key + " is missing");
  }

  public ServeException refused(String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, where + ": " + reason);
  }

  private static String brief(JsonNode value) {
    String text = value.isContainerNode() ? value.getNodeType().name() : value.toString();
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
