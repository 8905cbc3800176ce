package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import io.talchum.service.JsonText;
import io.talchum.service.Printable;
import java.util.ArrayList;
import java.util.List;
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
    if (!node.isIntegralNumber()) {
      throw wrong(where + name, "a whole number", node);
    }
    if (!node.canConvertToLong()) {
      throw outOfRange(where + name, where + name, Long.MIN_VALUE, Long.MAX_VALUE, node);
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

  /**
   * A list of whole numbers.
   *
   * @param name the field's; messages add the place in the list
   */
  static List<Integer> integers(String name, JsonNode array) {
    List<Integer> values = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      if (!element.canConvertToInt() || !element.isIntegralNumber()) {
        throw notAnInteger(name, "%s[%d]".formatted(name, values.size()), element);
      }
      values.add(element.intValue());
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
      if (!element.isTextual()) {
        throw wrong(
            where + name, "%s[%d]".formatted(where + name, values.size()), "a string", element);
      }
      values.add(text(where + name, element));
    }
    return values;
  }

  static int integer(String name, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw notAnInteger(name, name, node);
    }
    return node.intValue();
  }

  private static ServeException notAnInteger(String param, String name, JsonNode node) {
    return node.isIntegralNumber()
        ? outOfRange(param, name, Integer.MIN_VALUE, Integer.MAX_VALUE, node)
        : wrong(param, name, "a whole number", node);
  }

  private static ServeException outOfRange(
      String param, String name, long least, long most, JsonNode node) {
    return ServeException.invalid(
        param,
        "%s must be a whole number from %d to %d, not %s"
            .formatted(name, least, most, Printable.of(node.asText())));
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
    return JsonText.unicode(name, node.textValue());
  }

  static ServeException wrong(String name, String expected, JsonNode found) {
    return wrong(name, name, expected, found);
  }

  /**
   * A refusal of a part of a field.
   *
   * @param param the field
   * @param name the part
   */
  static ServeException wrong(String param, String name, String expected, JsonNode found) {
    return ServeException.invalid(
        param, "%s must be %s, not %s".formatted(name, expected, kind(found)));
  }

  /** The value's type, and the value if it is short. */
  static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "the string '%s'".formatted(Printable.of(node.textValue()));
      case NUMBER -> "the number " + Printable.of(node.asText());
      case BOOLEAN, NULL -> node.asText();
      case BINARY, MISSING, POJO -> "nothing";
    };
  }
}
