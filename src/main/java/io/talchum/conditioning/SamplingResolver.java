package io.talchum.conditioning;

import static io.talchum.conditioning.SamplingRanges.inRange;

import io.talchum.core.SamplingParams;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client said, else what the target says, else OpenAI's defaults; every value checked. */
public final class SamplingResolver {
  private final ServedModel model;
  private final SamplingLimits limits;

  public SamplingResolver(ServedModel model, SamplingLimits limits) {
    this.model = model;
    this.limits = limits;
  }

  /**
   * The parameters of one sequence.
   *
   * @param defaults of the request's target
   * @param maxTokens already checked against the context
   * @param seed used if the client named none
   * @param promptLogprobs whether the prompt's tokens are scored too
   * @throws ServeException INVALID_REQUEST naming field, value and range
   */
  public SamplingParams resolve(
      SamplingRequest asked,
      GenerationDefaults defaults,
      int maxTokens,
      long seed,
      boolean promptLogprobs) {
    checkLists(asked);
    int minTokens = inRange("min_tokens", orElse(asked.minTokens(), 0), 0, maxTokens);
    int topLogprobs =
        inRange("top_logprobs", orElse(asked.topLogprobs(), 0), 0, limits.topLogprobs());
    boolean logprobs = orElse(asked.logprobs(), false);
    if (topLogprobs > 0 && !logprobs) {
      throw ServeException.invalid(
          "top_logprobs", "top_logprobs " + topLogprobs + " needs logprobs: true; set it");
    }
    return SamplingParams.builder(maxTokens)
        .temperature(
            SamplingRanges.temperature(orElse(asked.temperature(), defaults.temperatureOrOne())))
        .topP(SamplingRanges.topP(orElse(asked.topP(), orElse(defaults.topP(), 1f))))
        .topK(SamplingRanges.topK(orElse(asked.topK(), orElse(defaults.topK(), 0))))
        .minP(SamplingRanges.minP(orElse(asked.minP(), orElse(defaults.minP(), 0f))))
        .presencePenalty(inRange("presence_penalty", orElse(asked.presencePenalty(), 0f), -2f, 2f))
        .frequencyPenalty(
            inRange("frequency_penalty", orElse(asked.frequencyPenalty(), 0f), -2f, 2f))
        .repetitionPenalty(
            SamplingRanges.repetitionPenalty(
                orElse(asked.repetitionPenalty(), orElse(defaults.repetitionPenalty(), 1f))))
        .seed(orElse(asked.seed(), seed))
        .logitBias(asked.logitBias())
        .stopStrings(asked.stopStrings())
        .stopTokenIds(asked.stopTokenIds())
        .minTokens(minTokens)
        .ignoreEos(orElse(asked.ignoreEos(), false))
        .logprobs(logprobs)
        .topLogprobs(topLogprobs)
        .promptLogprobs(promptLogprobs)
        .build();
  }

  private void checkLists(SamplingRequest asked) {
    List<String> stops = asked.stopStrings();
    atMost("stop", stops.size(), limits.stopStrings(), "strings");
    for (String stop : stops) {
      if (stop.isEmpty()) {
        throw ServeException.invalid("stop", "stop holds an empty string; leave it out");
      }
      atMost("stop", stop.length(), limits.stopStringChars(), "characters in one string");
    }
    atMost("stop_token_ids", asked.stopTokenIds().size(), limits.logitBiases(), "ids");
    asked.stopTokenIds().forEach(id -> checkTokenId("stop_token_ids", id));
    atMost("logit_bias", asked.logitBias().size(), limits.logitBiases(), "entries");
    for (Map.Entry<Integer, Float> bias : asked.logitBias().entrySet()) {
      checkTokenId("logit_bias", bias.getKey());
      inRange("logit_bias", bias.getValue(), -100f, 100f);
    }
  }

  /** Refuses an id that the vocabulary does not have. */
  void checkTokenId(String field, int id) {
    if (id < 0 || id >= model.vocabSize()) {
      throw ServeException.invalid(
          field,
          "%s names token %d, but the vocabulary has the ids 0 to %d"
              .formatted(field, id, model.vocabSize() - 1));
    }
  }

  private static void atMost(String field, int size, int limit, String what) {
    if (size > limit) {
      throw ServeException.invalid(
          field, "%s has %d %s; at most %d are allowed".formatted(field, size, what, limit));
    }
  }

  private static <T> T orElse(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }
}
