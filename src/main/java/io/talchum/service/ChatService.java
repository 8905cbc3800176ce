package io.talchum.service;

import io.talchum.conditioning.ConditionedPrompt;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.core.ChatRequest;
import io.talchum.core.ServeException;
import java.util.List;

/** Answers chats. */
public final class ChatService {
  private final ModelService models;
  private final ConditioningPipeline conditioning;
  private final GenerationStarter starter;
  private final ServiceLimits limits;

  public ChatService(
      ModelService models,
      ConditioningPipeline conditioning,
      GenerationStarter starter,
      ServiceLimits limits) {
    this.models = models;
    this.conditioning = conditioning;
    this.starter = starter;
    this.limits = limits;
  }

  /**
   * Starts the answers; the caller reads and closes the generation.
   *
   * @throws ServeException for every refusal, before anything is loaded or runs
   */
  public Generation chat(ChatRequest request) {
    checkChoices(request.choices(), limits);
    return starter.start(
        () -> models.resolve(request.model(), request.adapters()),
        target -> plan(request, conditioning.condition(request, target)));
  }

  private static GenerationStarter.Plan plan(ChatRequest request, ConditionedPrompt prompt) {
    return new GenerationStarter.Plan(
        "chatcmpl-",
        List.of(new GenerationStarter.Part(prompt, "")),
        request.choices(),
        EchoMode.COMPLETION,
        request.tags(),
        request.caller());
  }

  static void checkChoices(int choices, ServiceLimits limits) {
    if (choices < 1 || choices > limits.choices()) {
      throw ServeException.invalid(
          "n",
          "n %d is out of range; choose a whole number from 1 to %d"
              .formatted(choices, limits.choices()));
    }
  }
}
