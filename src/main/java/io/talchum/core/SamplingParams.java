package io.talchum.core;

import java.util.List;
import java.util.Map;

/**
 * How tokens are drawn, as vLLM and OpenAI define the parameters.
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
 * @param minTokens end-of-sequence and stop token ids are barred, and stop strings not looked at,
 *     before this many tokens
 * @param ignoreEos go on past end-of-sequence tokens
 * @param logprobs whether the log-probability of each chosen token is reported
 * @param topLogprobs how many alternatives are reported with it; 0..20
 * @param promptLogprobs whether the same is reported for the prompt (echo)
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
    boolean promptLogprobs) {

  public SamplingParams {
    logitBias = Map.copyOf(logitBias);
    stopStrings = List.copyOf(stopStrings);
    stopTokenIds = List.copyOf(stopTokenIds);
  }

  /** Greedy decoding of at most this many tokens. */
  public static SamplingParams greedy(int maxTokens) {
    return new SamplingParams(
        0f, 1f, 0, 0f, 0f, 0f, 1f, 0L, Map.of(), List.of(), List.of(), maxTokens, 0, false, false,
        0, false);
  }

  /** The same with another random stream. */
  public SamplingParams withSeed(long other) {
    return new SamplingParams(
        temperature,
        topP,
        topK,
        minP,
        presencePenalty,
        frequencyPenalty,
        repetitionPenalty,
        other,
        logitBias,
        stopStrings,
        stopTokenIds,
        maxTokens,
        minTokens,
        ignoreEos,
        logprobs,
        topLogprobs,
        promptLogprobs);
  }
}
