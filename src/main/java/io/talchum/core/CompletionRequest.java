package io.talchum.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of the plain text completion, free of any wire format.
 *
 * @param model base or adapter name, or {@code name@version}; null is the base
 * @param prompts each is completed {@code choices} times
 * @param choices the wire's {@code n}
 * @param echo whether the prompt is part of the answer
 */
public record CompletionRequest(
    @Nullable String model,
    List<PromptInput> prompts,
    SamplingRequest sampling,
    int choices,
    boolean echo,
    Caller caller) {

  public CompletionRequest {
    prompts = List.copyOf(prompts);
  }
}
