package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.core.ToolCall;
import io.talchum.service.JsonBudget;
import io.talchum.service.JsonText;
import io.talchum.service.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tools, documents, and the tool calls of earlier answers. */
final class ToolMapper {
  static final FieldTable CALL =
      new FieldTable(
          List.of(
              RequestField.honoured("id"),
              RequestField.honoured("type"),
              RequestField.honoured("function"),
              RequestField.accepted("index", JsonNode::isIntegralNumber)));
  private static final FieldTable FUNCTION = FieldTable.of("name", "arguments");

  private ToolMapper() {}

  /** The tools that the template shows: none where the client forbids to call them. */
  static List<Map<String, ?>> tools(Fields fields) {
    List<Map<String, ?>> tools = objects("tools", fields);
    JsonNode choice = fields.node("tool_choice");
    if (choice == null || "auto".equals(choice.textValue())) {
      return tools;
    }
    if ("none".equals(choice.textValue())) {
      return List.of();
    }
    throw ServeException.of(
        ErrorCode.UNSUPPORTED,
        "tool_choice",
        "tool_choice %s is not supported by this server; send 'auto' or 'none'"
            .formatted(Printable.of(choice.toString())));
  }

  static List<Map<String, ?>> objects(String name, Fields fields) {
    ArrayNode array = fields.array(name);
    List<Map<String, ?>> objects = new ArrayList<>();
    for (int i = 0; array != null && i < array.size(); i++) {
      String where = name + "[" + i + "]";
      if (!(array.get(i) instanceof ObjectNode object)) {
        throw Fields.wrong(where, "an object", array.get(i));
      }
      objects.add(JsonText.object(where, object));
    }
    return objects;
  }

  /**
   * The calls of a message.
   *
   * @param where the message's name with a dot
   * @param budget of all calls of a request
   */
  static List<ToolCall> calls(String where, Fields message, JsonBudget budget) {
    ArrayNode array = message.array("tool_calls");
    List<ToolCall> calls = new ArrayList<>();
    for (int i = 0; array != null && i < array.size(); i++) {
      String name = where + "tool_calls[" + i + "]";
      if (!(array.get(i) instanceof ObjectNode object)) {
        throw Fields.wrong(name, "an object", array.get(i));
      }
      calls.add(call(name + ".", CALL.check(name + ".", object), budget));
    }
    return calls;
  }

  private static ToolCall call(String where, Fields fields, JsonBudget budget) {
    String type = fields.text("type");
    if (type != null && !type.equals("function")) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          where + "type",
          "%stype '%s' is not supported; this server knows calls of type function only; send those"
              .formatted(where, Printable.of(type)));
    }
    ObjectNode function = fields.object("function");
    if (function == null) {
      throw fields.missing("function");
    }
    String name = where + "function.";
    Fields inner = FUNCTION.check(name, function);
    return new ToolCall(
        fields.text("id"),
        inner.requiredText("name"),
        arguments(name + "arguments", inner, budget));
  }

  /** OpenAI sends the text of an object; transformers' users send the object. */
  private static Map<String, ?> arguments(String name, Fields function, JsonBudget budget) {
    JsonNode arguments = function.node("arguments");
    if (arguments == null) {
      return Map.of();
    }
    if (arguments instanceof ObjectNode object) {
      return JsonText.object(name, object);
    }
    if (!arguments.isTextual()) {
      throw Fields.wrong(name, "an object or the JSON text of one", arguments);
    }
    return JsonText.objectOrEmpty(name, Fields.text(name, arguments), budget);
  }
}
