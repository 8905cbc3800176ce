package io.talchum.core;

import org.jspecify.annotations.Nullable;

/**
 * One message of a chat.
 *
 * @param name the speaker's name, for templates that show it
 * @param toolCallId which call a tool message answers, for templates that show it
 */
public record ChatMessage(
    ChatRole role, String content, @Nullable String name, @Nullable String toolCallId) {

  public ChatMessage(ChatRole role, String content) {
    this(role, content, null, null);
  }
}
