package io.talchum.conditioning;

import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Turns requests into token ids and checked sampling parameters. */
public final class ConditioningPipeline {
  /** OpenAI's default of the completions endpoint. */
  private static final int COMPLETION_MAX_TOKENS = 16;

  private final ServedModel model;
  private final SamplingResolver sampling;
  private final ContextBudget budget;
  private final PromptTextLimit textLimit;
  private final RandomGenerator seeds;

  /**
   * Everything that a request is checked against.
   *
   * @param seeds thread-safe; draws the seeds of requests that name none
   */
  public ConditioningPipeline(ServedModel model, SamplingLimits limits, RandomGenerator seeds) {
    this.model = model;
    this.sampling = new SamplingResolver(model, limits);
    this.budget = new ContextBudget(model.contextTokens());
    this.textLimit = new PromptTextLimit(model.tokenizer(), model.contextTokens());
    this.seeds = seeds;
  }

  /** Renders the chat template and resolves the sampling, checked against the target. */
  public ConditionedPrompt condition(ChatRequest request, ResolvedTarget target) {
    RenderedChat chat = render(request.messages(), request.template());
    int[] tokenIds = chat.tokenIds();
    Integer usual = target.defaults().maxTokens();
    int maxTokens =
        budget.maxTokens(
            "max_tokens",
            request.sampling().maxTokens(),
            usual == null ? Integer.MAX_VALUE : usual,
            tokenIds.length,
            target.virtualTokens());
    return new ConditionedPrompt(
        tokenIds,
        sampling.resolve(request.sampling(), target.defaults(), maxTokens, seeds.nextLong(), false),
        chat.reasoning());
  }

  /** The same for each of the prompts, in order. */
  public List<ConditionedPrompt> condition(CompletionRequest request, ResolvedTarget target) {
    if (request.prompts().isEmpty()) {
      throw ServeException.invalid("prompt", "prompt is empty; send at least one prompt");
    }
    SamplingRequest asked = request.sampling();
    boolean promptLogprobs = request.echo() && Boolean.TRUE.equals(asked.logprobs());
    long seed = seeds.nextLong();
    return request.prompts().stream()
        .map(prompt -> condition(prompt, request, target, seed, promptLogprobs))
        .toList();
  }

  private ConditionedPrompt condition(
      PromptInput prompt,
      CompletionRequest request,
      ResolvedTarget target,
      long seed,
      boolean promptLogprobs) {
    SamplingRequest asked = request.sampling();
    int[] tokenIds = tokenIds("prompt", prompt, true);
    Integer maxTokens = request.echo() ? atLeastOne(asked.maxTokens()) : asked.maxTokens();
    int granted =
        budget.maxTokens(
            "max_tokens",
            maxTokens,
            COMPLETION_MAX_TOKENS,
            tokenIds.length,
            target.virtualTokens());
    return new ConditionedPrompt(
        tokenIds, sampling.resolve(asked, target.defaults(), granted, seed, promptLogprobs), null);
  }

  /** Echo of nothing but the prompt still runs one step, whose token is dropped. */
  private static @Nullable Integer atLeastOne(@Nullable Integer maxTokens) {
    return maxTokens != null && maxTokens == 0 ? 1 : maxTokens;
  }

  /**
   * Messages as the model reads them.
   *
   * @throws ServeException CONTEXT_LENGTH_EXCEEDED for text that cannot fit, before it is tokenized
   */
  public RenderedChat render(List<ChatMessage> messages, TemplateOptions template) {
    if (messages.isEmpty()) {
      throw ServeException.invalid("messages", "messages is empty; send at least one message");
    }
    textLimit.check(messages);
    return model.renderer().render(messages, template);
  }

  /**
   * Token ids of a plain prompt.
   *
   * @param field the wire's name of the prompt
   * @param addSpecialTokens whether the tokenizer's own begin and end tokens are added to text
   * @throws ServeException CONTEXT_LENGTH_EXCEEDED for text that cannot fit, before it is tokenized
   */
  public int[] tokenIds(String field, PromptInput prompt, boolean addSpecialTokens) {
    return switch (prompt) {
      case PromptInput.Text text -> {
        textLimit.check(field, text.text());
        yield model.tokenizer().encode(text.text(), addSpecialTokens, true);
      }
      case PromptInput.Tokens tokens -> {
        tokens.tokenIds().forEach(id -> sampling.checkTokenId(field, id));
        yield tokens.tokenIds().stream().mapToInt(Integer::intValue).toArray();
      }
    };
  }

  public ServedModel model() {
    return model;
  }
}
