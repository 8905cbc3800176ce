package io.talchum.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of a chat, free of any wire format.
 *
 * @param model base or adapter name, or {@code name@version}; null is the base
 * @param adapters to be mixed on the base; mostly none
 * @param choices how many independent answers, the wire's {@code n}
 * @param tags what is recorded with the answer
 */
public record ChatRequest(
    @Nullable String model,
    List<WeightedAdapter> adapters,
    List<ChatMessage> messages,
    TemplateOptions template,
    SamplingRequest sampling,
    int choices,
    RequestTags tags,
    Caller caller) {

  public ChatRequest {
    adapters = List.copyOf(adapters);
    messages = List.copyOf(messages);
  }

  /** Without tags. */
  public ChatRequest(
      @Nullable String model,
      List<WeightedAdapter> adapters,
      List<ChatMessage> messages,
      TemplateOptions template,
      SamplingRequest sampling,
      int choices,
      Caller caller) {
    this(model, adapters, messages, template, sampling, choices, RequestTags.NONE, caller);
  }

  /** Without a mix. */
  public ChatRequest(
      @Nullable String model,
      List<ChatMessage> messages,
      TemplateOptions template,
      SamplingRequest sampling,
      int choices,
      Caller caller) {
    this(model, List.of(), messages, template, sampling, choices, caller);
  }
}
