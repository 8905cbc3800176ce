package io.talchum.api.grpc;

import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRole;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.core.ToolCall;
import io.talchum.service.JsonBudget;
import io.talchum.service.JsonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Messages and template options. */
final class MessageMapper {
  private MessageMapper() {}

  static List<ChatMessage> messages(List<io.talchum.v1.ChatMessage> wire) {
    List<ChatMessage> messages = new ArrayList<>(wire.size());
    JsonBudget budget = new JsonBudget();
    for (int i = 0; i < wire.size(); i++) {
      messages.add(message("messages[" + i + "].", wire.get(i), budget));
    }
    return messages;
  }

  static TemplateOptions template(io.talchum.v1.TemplateOptions wire) {
    boolean continues = wire.getContinueFinalMessage();
    boolean prompts = wire.hasAddGenerationPrompt() ? wire.getAddGenerationPrompt() : !continues;
    if (continues && prompts) {
      throw ServeException.invalid(
          "continue_final_message",
          "continue_final_message and add_generation_prompt exclude each other; set one to false");
    }
    JsonBudget budget = new JsonBudget();
    return new TemplateOptions(
        prompts,
        continues,
        TemplateVariables.of(wire.getChatTemplateKwargs()),
        objects("tools", wire.getToolsList(), budget),
        objects("documents", wire.getDocumentsList(), budget),
        wire.hasChatTemplate() ? wire.getChatTemplate() : null);
  }

  private static ChatMessage message(
      String where, io.talchum.v1.ChatMessage wire, JsonBudget budget) {
    ChatRole role = role(where + "role", wire);
    if (!wire.hasContent() && wire.getToolCallsCount() == 0) {
      throw Required.missing(where + "content");
    }
    if (role != ChatRole.ASSISTANT
        && (wire.getToolCallsCount() > 0 || wire.hasReasoningContent())) {
      String name = where + (wire.getToolCallsCount() > 0 ? "tool_calls" : "reasoning_content");
      throw ServeException.invalid(
          name, name + " belongs to messages of the role assistant; leave it out");
    }
    return new ChatMessage(
        role,
        wire.getContent(),
        wire.hasName() ? wire.getName() : null,
        wire.hasToolCallId() ? wire.getToolCallId() : null,
        calls(where, wire.getToolCallsList(), budget),
        wire.hasReasoningContent() ? wire.getReasoningContent() : null);
  }

  private static List<ToolCall> calls(
      String where, List<io.talchum.v1.ToolCall> wire, JsonBudget budget) {
    List<ToolCall> calls = new ArrayList<>(wire.size());
    for (int i = 0; i < wire.size(); i++) {
      io.talchum.v1.ToolCall call = wire.get(i);
      String name = where + "tool_calls[" + i + "].";
      calls.add(
          new ToolCall(
              call.hasId() ? call.getId() : null,
              Required.text(name + "name", call.getName()),
              JsonText.objectOrEmpty(name + "arguments", call.getArguments(), budget)));
    }
    return calls;
  }

  private static List<Map<String, ?>> objects(String field, List<String> json, JsonBudget budget) {
    List<Map<String, ?>> objects = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      objects.add(JsonText.object(field + "[" + i + "]", json.get(i), budget));
    }
    return objects;
  }

  private static ChatRole role(String name, io.talchum.v1.ChatMessage wire) {
    return switch (wire.getRole()) {
      case ROLE_SYSTEM -> ChatRole.SYSTEM;
      case ROLE_USER -> ChatRole.USER;
      case ROLE_ASSISTANT -> ChatRole.ASSISTANT;
      case ROLE_TOOL -> ChatRole.TOOL;
      case ROLE_UNSPECIFIED -> throw Required.missing(name);
      case UNRECOGNIZED ->
          throw ServeException.invalid(
              name,
              "%s %d is not one of ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL"
                  .formatted(name, wire.getRoleValue()));
    };
  }
}
