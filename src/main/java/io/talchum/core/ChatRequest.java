package io.talchum.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of a chat, free of any wire format.
 *
 * @param model base or adapter name, or {@code name@version}; null is the base
 * @param choices how many independent answers, the wire's {@code n}
 */
public record ChatRequest(
    @Nullable String model,
    List<ChatMessage> messages,
    TemplateOptions template,
    SamplingRequest sampling,
    int choices,
    Caller caller) {

  public ChatRequest {
    messages = List.copyOf(messages);
  }
}
