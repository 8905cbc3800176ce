package io.talchum.core;

import java.util.List;
import java.util.Map;

/**
 * How tokens are drawn, as vLLM and OpenAI define the parameters. Made by {@link #builder}, so that
 * who does not use a parameter does not name it.
 *
 * @param temperature 0 is greedy; else logits are divided by it; 0..2
 * @param topP smallest set of tokens whose probability reaches this; (0, 1]
 * @param topK only the k most likely tokens; 0 means all
 * @param minP only tokens at least this fraction of the most likely one; [0, 1]
 * @param presencePenalty subtracted once from the logit of each generated token; -2..2
 * @param frequencyPenalty subtracted per occurrence in the generated text; -2..2
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens in prompt and
 *     completion; (0, 10]
 * @param seed start of the request's own random stream
 * @param logitBias added to the logits, by token id; -100..100
 * @param stopStrings generation ends before the first of these in the text
 * @param stopTokenIds generation ends with one of these, which is not part of the text
 * @param maxTokens most tokens to generate
 * @param minTokens end-of-sequence and stop token ids are forbidden, and stop strings not looked
 *     at, before this many tokens
 * @param ignoreEos go on past end-of-sequence tokens
 * @param logprobs whether the log-probability of each chosen token is reported: after bias,
 *     penalties and constraints, before temperature and cuts
 * @param topLogprobs how many alternatives are reported with it; 0..20
 * @param promptLogprobs whether the same is reported for the prompt (echo)
 * @param constraints what the completion may consist of; all of them hold
 */
public record SamplingParams(
    float temperature,
    float topP,
    int topK,
    float minP,
    float presencePenalty,
    float frequencyPenalty,
    float repetitionPenalty,
    long seed,
    Map<Integer, Float> logitBias,
    List<String> stopStrings,
    List<Integer> stopTokenIds,
    int maxTokens,
    int minTokens,
    boolean ignoreEos,
    boolean logprobs,
    int topLogprobs,
    boolean promptLogprobs,
    List<TokenConstraint> constraints) {

  public SamplingParams {
    logitBias = Map.copyOf(logitBias);
    stopStrings = List.copyOf(stopStrings);
    stopTokenIds = List.copyOf(stopTokenIds);
    constraints = List.copyOf(constraints);
  }

  /** OpenAI's defaults, seed 0, and at most this many tokens. */
  public static Builder builder(int maxTokens) {
    return new Builder().maxTokens(maxTokens);
  }

  /** Greedy decoding of at most this many tokens. */
  public static SamplingParams greedy(int maxTokens) {
    return builder(maxTokens).temperature(0).build();
  }

  /** The same, to be changed. */
  public Builder toBuilder() {
    return new Builder()
        .temperature(temperature)
        .topP(topP)
        .topK(topK)
        .minP(minP)
        .presencePenalty(presencePenalty)
        .frequencyPenalty(frequencyPenalty)
        .repetitionPenalty(repetitionPenalty)
        .seed(seed)
        .logitBias(logitBias)
        .stopStrings(stopStrings)
        .stopTokenIds(stopTokenIds)
        .maxTokens(maxTokens)
        .minTokens(minTokens)
        .ignoreEos(ignoreEos)
        .logprobs(logprobs)
        .topLogprobs(topLogprobs)
        .promptLogprobs(promptLogprobs)
        .constraints(constraints);
  }

  /** The same with another random stream. */
  public SamplingParams withSeed(long other) {
    return toBuilder().seed(other).build();
  }

  /** Collects parameters; owned by one thread. */
  public static final class Builder {
    private float temperature = 1;
    private float topP = 1;
    private int topK;
    private float minP;
    private float presencePenalty;
    private float frequencyPenalty;
    private float repetitionPenalty = 1;
    private long seed;
    private Map<Integer, Float> logitBias = Map.of();
    private List<String> stopStrings = List.of();
    private List<Integer> stopTokenIds = List.of();
    private int maxTokens;
    private int minTokens;
    private boolean ignoreEos;
    private boolean logprobs;
    private int topLogprobs;
    private boolean promptLogprobs;
    private List<TokenConstraint> constraints = List.of();

    private Builder() {}

    public Builder temperature(float value) {
      temperature = value;
      return this;
    }

    public Builder topP(float value) {
      topP = value;
      return this;
    }

    public Builder topK(int value) {
      topK = value;
      return this;
    }

    public Builder minP(float value) {
      minP = value;
      return this;
    }

    public Builder presencePenalty(float value) {
      presencePenalty = value;
      return this;
    }

    public Builder frequencyPenalty(float value) {
      frequencyPenalty = value;
      return this;
    }

    public Builder repetitionPenalty(float value) {
      repetitionPenalty = value;
      return this;
    }

    public Builder seed(long value) {
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

    public Builder maxTokens(int value) {
      maxTokens = value;
      return this;
    }

    public Builder minTokens(int value) {
      minTokens = value;
      return this;
    }

    public Builder ignoreEos(boolean value) {
      ignoreEos = value;
      return this;
    }

    public Builder logprobs(boolean value) {
      logprobs = value;
      return this;
    }

    public Builder topLogprobs(int value) {
      topLogprobs = value;
      return this;
    }

    public Builder promptLogprobs(boolean value) {
      promptLogprobs = value;
      return this;
    }

    public Builder constraints(List<TokenConstraint> value) {
      constraints = value;
      return this;
    }

    public SamplingParams build() {
      return new SamplingParams(
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
          topLogprobs,
          promptLogprobs,
          constraints);
    }
  }
}
