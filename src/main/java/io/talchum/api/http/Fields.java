package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Typed reading of an object's fields; a wrong type is refused by name. Null is absent. */
final class Fields {
  private final String where;
  private final ObjectNode object;

  Fields(String where, ObjectNode object) {
    this.where = where;
    this.object = object;
  }

  /** The raw value; null if absent or JSON null. */
  @Nullable JsonNode node(String name) {
    JsonNode node = object.get(name);
    return node == null || node.isNull() ? null : node;
  }

  boolean has(String name) {
    return node(name) != null;
  }

  @Nullable String text(String name) {
    JsonNode node = node(name);
    return node == null ? null : text(where + name, node);
  }

  String requiredText(String name) {
    String text = text(name);
    if (text == null) {
      throw missing(name);
    }
    return text;
  }

  ServeException missing(String name) {
    return ServeException.invalid(where + name, where + name + " is missing; send it");
  }

  boolean bool(String name, boolean otherwise) {
    Boolean value = bool(name);
    return value == null ? otherwise : value;
  }

  @Nullable Boolean bool(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    if (!node.isBoolean()) {
      throw wrong(where + name, "true or false", node);
    }
    return node.booleanValue();
  }

  @Nullable Integer integer(String name) {
    JsonNode node = node(name);
    return node == null ? null : integer(where + name, node);
  }

  int integer(String name, int otherwise) {
    Integer value = integer(name);
    return value == null ? otherwise : value;
  }

  @Nullable Long bigInteger(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong(where + name, "a whole number of at most 64 bits", node);
    }
    return node.longValue();
  }

  /** Any number; ranges are checked later, by meaning. */
  @Nullable Float number(String name) {
    JsonNode node = node(name);
    return node == null ? null : number(where + name, node);
  }

  /** The same in double precision. */
  @Nullable Double precise(String name) {
    JsonNode node = node(name);
    if (node != null && !node.isNumber()) {
      throw wrong(where + name, "a number", node);
    }
    return node == null ? null : (Double) node.doubleValue();
  }

  @Nullable ObjectNode object(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    if (node instanceof ObjectNode found) {
      return found;
    }
    throw wrong(where + name, "an object", node);
  }

  @Nullable ArrayNode array(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return null;
    }
    if (node instanceof ArrayNode found) {
      return found;
    }
    throw wrong(where + name, "a list", node);
  }

  List<Integer> integers(String name) {
    ArrayNode array = array(name);
    return array == null ? List.of() : integers(where + name, array);
  }

  static List<Integer> integers(String name, JsonNode array) {
    List<Integer> values = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      values.add(integer(name, element));
    }
    return values;
  }

  /** A list of strings, or one string as a list of one. */
  List<String> textOrTexts(String name) {
    JsonNode node = node(name);
    if (node == null) {
      return List.of();
    }
    if (node.isTextual()) {
      return List.of(text(where + name, node));
    }
    if (!node.isArray()) {
      throw wrong(where + name, "a string or a list of strings", node);
    }
    List<String> values = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      values.add(text(where + name, element));
    }
    return values;
  }

  static int integer(String name, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(name, "a whole number", node);
    }
    return node.intValue();
  }

  static float number(String name, JsonNode node) {
    if (!node.isNumber()) {
      throw wrong(name, "a number", node);
    }
    return (float) node.doubleValue();
  }

  static String text(String name, JsonNode node) {
    if (!node.isTextual()) {
      throw wrong(name, "a string", node);
    }
    String text = node.textValue();
    int at = unpairedSurrogate(text);
    if (at >= 0) {
      throw ServeException.invalid(
          name,
          "%s is not valid Unicode: half of a surrogate pair at character %d".formatted(name, at));
    }
    return text;
  }

  static ServeException wrong(String name, String expected, JsonNode found) {
    return ServeException.invalid(
        name, "%s must be %s, not %s".formatted(name, expected, kind(found)));
  }

  /** The value's type, and the value if it is short. */
  static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "the string '%s'".formatted(Printable.of(node.textValue()));
      case NUMBER, BOOLEAN, NULL ->
          "the %s %s"
              .formatted(
                  node.getNodeType().name().toLowerCase(Locale.ROOT),
                  Printable.of(node.toString()));
      case BINARY, MISSING, POJO -> "nothing";
    };
  }

  private static int unpairedSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }
}
