package io.talchum.api.grpc;

import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRole;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import java.util.ArrayList;
import java.util.List;

/** Messages and template options. */
final class MessageMapper {
  private MessageMapper() {}

  static List<ChatMessage> messages(List<io.talchum.v1.ChatMessage> wire) {
    List<ChatMessage> messages = new ArrayList<>(wire.size());
    for (int i = 0; i < wire.size(); i++) {
      messages.add(message("messages[" + i + "].", wire.get(i)));
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
    return new TemplateOptions(
        prompts, continues, TemplateVariables.of(wire.getChatTemplateKwargs()));
  }

  private static ChatMessage message(String where, io.talchum.v1.ChatMessage wire) {
    ChatRole role = role(where + "role", wire);
    if (!wire.hasContent()) {
      throw Required.missing(where + "content");
    }
    return new ChatMessage(
        role,
        wire.getContent(),
        wire.hasName() ? wire.getName() : null,
        wire.hasToolCallId() ? wire.getToolCallId() : null);
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
