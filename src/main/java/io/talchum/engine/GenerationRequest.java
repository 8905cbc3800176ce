package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.SamplingParams;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The engine's unit of work: one prompt, one completion.
 *
 * @param id unique among the requests in the engine; for cancellation and logs
 * @param promptTokenIds at least one, followed by those of a given completion if there is one
 * @param promptTokens how many of them are the prompt; the rest, if any, is a completion whose
 *     tokens are scored
 * @param adapter closed by the engine after the terminal event; null is the bare base
 * @param requestClass whether somebody waits for it
 * @param fairnessKey whom the work is counted for when the queue is long, for example adapter or
 *     API key
 * @param deadline when the request fails with DEADLINE_EXCEEDED; null for never
 * @param sink receives the tokens and exactly one terminal event
 */
public record GenerationRequest(
    String id,
    int[] promptTokenIds,
    int promptTokens,
    @Nullable AdapterLease adapter,
    SamplingParams sampling,
    RequestClass requestClass,
    String fairnessKey,
    @Nullable Instant deadline,
    GenerationSink sink) {

  /** The same with another sink. */
  public GenerationRequest withSink(GenerationSink other) {
    return new GenerationRequest(
        id,
        promptTokenIds,
        promptTokens,
        adapter,
        sampling,
        requestClass,
        fairnessKey,
        deadline,
        other);
  }

  /** A prompt to go on from, for somebody who waits. */
  public GenerationRequest(
      String id,
      int[] promptTokenIds,
      @Nullable AdapterLease adapter,
      SamplingParams sampling,
      String fairnessKey,
      @Nullable Instant deadline,
      GenerationSink sink) {
    this(
        id,
        promptTokenIds,
        promptTokenIds.length,
        adapter,
        sampling,
        RequestClass.ONLINE,
        fairnessKey,
        deadline,
        sink);
  }

  /** Whether a completion is given. */
  boolean isScored() {
    return promptTokens < promptTokenIds.length;
  }

  /** Whether the log-probabilities of tokens that are read are asked for. */
  boolean wantsPromptLogprobs() {
    return isScored() || sampling.promptLogprobs();
  }

  /** The first token whose log-probability is asked for, if those of any are. */
  int scoredFrom() {
    return isScored() ? promptTokens : 1;
  }

  /** Tokens that the adapter puts in front of the prompt. */
  int virtualTokens() {
    return adapter == null ? 0 : adapter.resident().virtualTokens();
  }

  /** Whether the adapter has to see all of the prompt at once. */
  boolean readsPromptWhole() {
    return adapter != null && !adapter.resident().isCausal();
  }
}
