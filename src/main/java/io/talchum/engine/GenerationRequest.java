package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.SamplingParams;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The engine's unit of work: one prompt, one completion.
 *
 * @param id unique among the requests in the engine; for cancellation and logs
 * @param promptTokenIds at least one
 * @param adapter closed by the engine after the terminal event; null is the bare base
 * @param fairnessKey whom the work is counted for when the queue is long, for example adapter or
 *     API key
 * @param deadline when the request fails with DEADLINE_EXCEEDED; null for never
 * @param sink receives the tokens and exactly one terminal event
 */
public record GenerationRequest(
    String id,
    int[] promptTokenIds,
    @Nullable AdapterLease adapter,
    SamplingParams sampling,
    String fairnessKey,
    @Nullable Instant deadline,
    GenerationSink sink) {

  /** The same with another sink. */
  public GenerationRequest withSink(GenerationSink other) {
    return new GenerationRequest(
        id, promptTokenIds, adapter, sampling, fairnessKey, deadline, other);
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
