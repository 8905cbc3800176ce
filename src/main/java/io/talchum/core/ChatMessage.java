package io.talchum.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of a chat.
 *
 * @param content empty for an answer of tool calls alone
 * @param name the speaker's name, for templates that show it
 * @param toolCallId which call a tool message answers, for templates that show it
 * @param toolCalls what an earlier answer called, for templates that show it
 * @param reasoning what was thought before an earlier answer, for templates that show it
 */
public record ChatMessage(
    ChatRole role,
    String content,
    @Nullable String name,
    @Nullable String toolCallId,
    List<ToolCall> toolCalls,
    @Nullable String reasoning) {

  public ChatMessage {
    toolCalls = List.copyOf(toolCalls);
  }

  public ChatMessage(
      ChatRole role, String content, @Nullable String name, @Nullable String toolCallId) {
    this(role, content, name, toolCallId, List.of(), null);
  }

  public ChatMessage(ChatRole role, String content) {
    this(role, content, null, null);
  }
}
