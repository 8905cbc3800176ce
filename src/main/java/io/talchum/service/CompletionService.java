package io.talchum.service;

import io.talchum.conditioning.ConditionedPrompt;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.ServeException;
import io.talchum.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Continues plain text. */
public final class CompletionService {
  private final ModelService models;
  private final ConditioningPipeline conditioning;
  private final GenerationStarter starter;
  private final ServiceLimits limits;

  public CompletionService(
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
   * Starts the completions, choice index = prompt * choices + copy; the caller reads and closes the
   * generation.
   *
   * @throws ServeException for every refusal, before anything is loaded or runs
   */
  public Generation complete(CompletionRequest request) {
    ChatService.checkChoices(request.choices(), limits);
    if (request.prompts().size() > limits.prompts()) {
      throw ServeException.invalid(
          "prompt",
          "prompt holds %d prompts; at most %d are allowed in one request"
              .formatted(request.prompts().size(), limits.prompts()));
    }
    return starter.start(
        () -> models.resolve(request.model(), request.adapters()),
        target ->
            new GenerationStarter.Plan(
                "cmpl-",
                parts(request, conditioning.condition(request, target)),
                request.choices(),
                mode(request),
                request.tags(),
                request.caller()));
  }

  private List<GenerationStarter.Part> parts(
      CompletionRequest request, List<ConditionedPrompt> prompts) {
    List<GenerationStarter.Part> parts = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      String echo = request.echo() ? text(request.prompts().get(i), prompts.get(i)) : "";
      parts.add(new GenerationStarter.Part(prompts.get(i), echo));
    }
    return parts;
  }

  private String text(PromptInput input, ConditionedPrompt prompt) {
    Tokenizer tokenizer = conditioning.model().tokenizer();
    return switch (input) {
      case PromptInput.Text text -> text.text();
      case PromptInput.Tokens tokens -> tokenizer.decode(prompt.tokenIds(), false);
    };
  }

  private static EchoMode mode(CompletionRequest request) {
    if (!request.echo()) {
      return EchoMode.COMPLETION;
    }
    Integer maxTokens = request.sampling().maxTokens();
    return maxTokens != null && maxTokens == 0 ? EchoMode.PROMPT : EchoMode.PROMPT_AND_COMPLETION;
  }
}
