package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRole;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import io.talchum.service.JsonBudget;
import io.talchum.service.JsonText;
import io.talchum.service.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Messages and template fields. */
final class MessageMapper {
  static final FieldTable MESSAGE =
      new FieldTable(
          List.of(
              RequestField.honoured("role"),
              RequestField.honoured("content"),
              RequestField.honoured("name"),
              RequestField.honoured("tool_call_id"),
              RequestField.honoured("tool_calls"),
              RequestField.honoured("reasoning_content"),
              RequestField.refused("function_call"),
              RequestField.refused("audio"),
              RequestField.refused("refusal"),
              RequestField.accepted("annotations", JsonNode::isArray)));

  private MessageMapper() {}

  static List<ChatMessage> messages(Fields fields) {
    ArrayNode array = fields.array("messages");
    if (array == null) {
      throw fields.missing("messages");
    }
    List<ChatMessage> messages = new ArrayList<>(array.size());
    JsonBudget budget = new JsonBudget();
    for (int i = 0; i < array.size(); i++) {
      String where = "messages[" + i + "]";
      if (!(array.get(i) instanceof ObjectNode object)) {
        throw Fields.wrong(where, "an object", array.get(i));
      }
      messages.add(message(where + ".", MESSAGE.check(where + ".", object), budget));
    }
    return messages;
  }

  static TemplateOptions template(Fields fields) {
    ObjectNode kwargs = fields.object("chat_template_kwargs");
    boolean continues = fields.bool("continue_final_message", false);
    boolean prompts = fields.bool("add_generation_prompt", !continues);
    if (continues && prompts) {
      throw ServeException.invalid(
          "continue_final_message",
          "continue_final_message and add_generation_prompt exclude each other; set one to false");
    }
    return new TemplateOptions(
        prompts,
        continues,
        kwargs == null ? Map.of() : JsonText.objectWithoutNulls("chat_template_kwargs", kwargs),
        ToolMapper.tools(fields),
        ToolMapper.objects("documents", fields),
        fields.text("chat_template"));
  }

  private static ChatMessage message(String where, Fields fields, JsonBudget budget) {
    ChatRole role = role(where, fields.requiredText("role"));
    List<ToolCall> calls = ToolMapper.calls(where, fields, budget);
    String reasoning = fields.text("reasoning_content");
    if (role != ChatRole.ASSISTANT && (!calls.isEmpty() || reasoning != null)) {
      String name = where + (calls.isEmpty() ? "reasoning_content" : "tool_calls");
      throw ServeException.invalid(
          name, name + " belongs to messages of the role assistant; leave it out");
    }
    return new ChatMessage(
        role,
        calls.isEmpty() || fields.has("content") ? content(where, fields) : "",
        fields.text("name"),
        fields.text("tool_call_id"),
        calls,
        reasoning);
  }

  private static ChatRole role(String where, String role) {
    return switch (role) {
      case "system", "developer" -> ChatRole.SYSTEM;
      case "user" -> ChatRole.USER;
      case "assistant" -> ChatRole.ASSISTANT;
      case "tool" -> ChatRole.TOOL;
      default ->
          throw ServeException.invalid(
              where + "role",
              "%srole '%s' is not one of system, developer, user, assistant, tool; send one of these"
                  .formatted(where, Printable.of(role)));
    };
  }

  /** A string, or text parts that are joined. */
  private static String content(String where, Fields fields) {
    JsonNode content = fields.node("content");
    if (content == null) {
      throw fields.missing("content");
    }
    String name = where + "content";
    if (content.isTextual()) {
      return Fields.text(name, content);
    }
    if (!content.isArray()) {
      throw Fields.wrong(name, "a string or a list of text parts", content);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      text.append(part(name + "[" + i + "]", content.get(i)));
    }
    return text.toString();
  }

  private static String part(String name, JsonNode part) {
    if (!(part instanceof ObjectNode object)) {
      throw Fields.wrong(name, "an object", part);
    }
    String type = new Fields(name + ".", object).requiredText("type");
    if (!type.equals("text")) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          name + ".type",
          "%s.type '%s' is not supported; this server reads parts of type text only; leave it out"
              .formatted(name, Printable.of(type)));
    }
    return FieldTable.of("type", "text").check(name + ".", object).requiredText("text");
  }
}
