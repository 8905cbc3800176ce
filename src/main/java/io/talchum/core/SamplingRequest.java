package io.talchum.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sampling fields of a request as the client sent them: null is "not said", so that the model's
 * own defaults apply. Meanings and ranges are those of {@link SamplingParams}; nothing is checked
 * here.
 */
public record SamplingRequest(
    @Nullable Float temperature,
    @Nullable Float topP,
    @Nullable Integer topK,
    @Nullable Float minP,
    @Nullable Float presencePenalty,
    @Nullable Float frequencyPenalty,
    @Nullable Float repetitionPenalty,
    @Nullable Long seed,
    Map<Integer, Float> logitBias,
    List<String> stopStrings,
    List<Integer> stopTokenIds,
    @Nullable Integer maxTokens,
    @Nullable Integer minTokens,
    @Nullable Boolean ignoreEos,
    @Nullable Boolean logprobs,
    @Nullable Integer topLogprobs) {

  public SamplingRequest {
    logitBias = Map.copyOf(logitBias);
    stopStrings = List.copyOf(stopStrings);
    stopTokenIds = List.copyOf(stopTokenIds);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Collects the fields that a client sent; owned by one thread. */
  public static final class Builder {
    private @Nullable Float temperature;
    private @Nullable Float topP;
    private @Nullable Integer topK;
    private @Nullable Float minP;
    private @Nullable Float presencePenalty;
    private @Nullable Float frequencyPenalty;
    private @Nullable Float repetitionPenalty;
    private @Nullable Long seed;
    private Map<Integer, Float> logitBias = Map.of();
    private List<String> stopStrings = List.of();
    private List<Integer> stopTokenIds = List.of();
    private @Nullable Integer maxTokens;
    private @Nullable Integer minTokens;
    private @Nullable Boolean ignoreEos;
    private @Nullable Boolean logprobs;
    private @Nullable Integer topLogprobs;

    public Builder temperature(@Nullable Float value) {
      temperature = value;
      return this;
    }

    public Builder topP(@Nullable Float value) {
      topP = value;
      return this;
    }

    public Builder topK(@Nullable Integer value) {
      topK = value;
      return this;
    }

    public Builder minP(@Nullable Float value) {
      minP = value;
      return this;
    }

    public Builder presencePenalty(@Nullable Float value) {
      presencePenalty = value;
      return this;
    }

    public Builder frequencyPenalty(@Nullable Float value) {
      frequencyPenalty = value;
      return this;
    }

    public Builder repetitionPenalty(@Nullable Float value) {
      repetitionPenalty = value;
      return this;
    }

    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    public Builder logitBias(Map<Integer, Float> value) {
      logitBias = value;
      return this;
    }

    public Builder stopStrings(List<String> value) {
      stopStrings = value;
      return this;
    }

    public Builder stopTokenIds(List<Integer> value) {
      stopTokenIds = value;
      return this;
    }

    public Builder maxTokens(@Nullable Integer value) {
      maxTokens = value;
      return this;
    }

    public Builder minTokens(@Nullable Integer value) {
      minTokens = value;
      return this;
    }

    public Builder ignoreEos(@Nullable Boolean value) {
      ignoreEos = value;
      return this;
    }

    public Builder logprobs(@Nullable Boolean value) {
      logprobs = value;
      return this;
    }

    public Builder topLogprobs(@Nullable Integer value) {
      topLogprobs = value;
      return this;
    }

    public SamplingRequest build() {
      return new SamplingRequest(
          temperature,
          topP,
          topK,
          minP,
          presencePenalty,
          frequencyPenalty,
          repetitionPenalty,
          seed,
          logitBias,
          stopStrings,
          stopTokenIds,
          maxTokens,
          minTokens,
          ignoreEos,
          logprobs,
          topLogprobs);
    }
  }
}
