package io.talchum.adapter.folder;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Typed and strict access to the keys of {@code adapter_config.json}. */
public record AdapterConfigFields(JsonNode root) {
  public static final String FILE = AdapterDirectory.CONFIG;

  public static ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, FILE + ": " + message);
  }

  /** A value as an error message shows it. */
  public static String show(JsonNode value) {
    String text = value.toString();
    return text.length() <= 120 ? text : text.substring(0, 120) + "...";
  }

  /** Null, false, or an empty list or object: the option is there but switched off. */
  public static boolean isOff(JsonNode value) {
    return value.isNull()
        || value.isMissingNode()
        || value.isBoolean() && !value.booleanValue()
        || value.isContainerNode() && value.isEmpty();
  }

  public JsonNode get(String key) {
    return root.path(key);
  }

  /** Present and not null. */
  public boolean has(String key) {
    return root.hasNonNull(key);
  }

  public boolean flag(String key) {
    JsonNode value = get(key);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw refuse(key + " is " + show(value) + ", write true or false");
    }
    return value.booleanValue();
  }

  /** A string, or the default if the key is absent or null. */
  public String text(String key, String absent) {
    JsonNode value = get(key);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isTextual()) {
      throw refuse(key + " is " + show(value) + ", write a string");
    }
    return value.textValue();
  }

  /** A whole number from min to max, or the default if the key is absent (null is refused). */
  public int whole(String key, int absent, int min, int max) {
    return get(key).isMissingNode() ? absent : whole(key, get(key), min, max);
  }

  public static int whole(String key, JsonNode value, int min, int max) {
    if (!value.isIntegralNumber()) {
      throw refuse(key + " is " + show(value) + ", write a whole number from " + min + " up");
    }
    if (!value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
      throw refuse(key + " is " + show(value) + ", it has to be from " + min + " to " + max);
    }
    return value.intValue();
  }

  /** A finite number, or the default if the key is absent (null is refused). */
  public double number(String key, double absent) {
    return get(key).isMissingNode() ? absent : number(key, get(key));
  }

  public static double number(String key, JsonNode value) {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw refuse(key + " is " + show(value) + ", write a finite number");
    }
    return value.doubleValue();
  }

  /** A list of strings; a single string counts as a list of one; empty if absent or null. */
  public List<String> texts(String key) {
    JsonNode value = get(key);
    if (value.isTextual()) {
      return List.of(value.textValue());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(key, value)) {
      if (!element.isTextual() || element.textValue().isEmpty()) {
        throw refuse(key + " lists " + show(element) + ", write module names");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  /** A list of layer numbers; a single number counts as a list of one; empty if absent or null. */
  public List<Integer> layers(String key) {
    JsonNode value = get(key);
    if (value.isNumber()) {
      return List.of(whole(key, value, 0, Integer.MAX_VALUE));
    }
    List<Integer> layers = new ArrayList<>();
    for (JsonNode element : list(key, value)) {
      layers.add(whole(key, element, 0, Integer.MAX_VALUE));
    }
    return layers;
  }

  private static Iterable<JsonNode> list(String key, JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw refuse(key + " is " + show(value) + ", write a list");
    }
    return value;
  }

  /** An object's entries in the order of the file; empty if absent or null. */
  public <T> Map<String, T> entries(String key, BiFunction<String, JsonNode, T> read) {
    JsonNode value = get(key);
    Map<String, T> entries = new LinkedHashMap<>();
    if (value.isMissingNode() || value.isNull()) {
      return entries;
    }
    if (!value.isObject()) {
      throw refuse(key + " is " + show(value) + ", write an object");
    }
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      entries.put(entry.getKey(), read.apply(key + "." + entry.getKey(), entry.getValue()));
    }
    return entries;
  }
}
