package io.talchum.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks of the plain text completion, free of any wire format.
 *
 * @param model base or adapter name, or {@code name@version}; null is the base
 * @param adapters to be mixed on the base; mostly none
 * @param prompts each is completed {@code choices} times
 * @param choices the wire's {@code n}
 * @param echo whether the prompt is part of the answer
 * @param tags what is recorded with the answer
 */
public record CompletionRequest(
    @Nullable String model,
    List<WeightedAdapter> adapters,
    List<PromptInput> prompts,
    SamplingRequest sampling,
    int choices,
    boolean echo,
    RequestTags tags,
    Caller caller) {

  public CompletionRequest {
    adapters = List.copyOf(adapters);
    prompts = List.copyOf(prompts);
  }

  /** Without tags. */
  public CompletionRequest(
      @Nullable String model,
      List<WeightedAdapter> adapters,
      List<PromptInput> prompts,
      SamplingRequest sampling,
      int choices,
      boolean echo,
      Caller caller) {
    this(model, adapters, prompts, sampling, choices, echo, RequestTags.NONE, caller);
  }

  /** Without a mix. */
  public CompletionRequest(
      @Nullable String model,
      List<PromptInput> prompts,
      SamplingRequest sampling,
      int choices,
      boolean echo,
      Caller caller) {
    this(model, List.of(), prompts, sampling, choices, echo, caller);
  }
}
