package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.SamplingParams;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A completion that is given, whose tokens' log-probabilities are asked for.
 *
 * @param id unique among the requests in the engine; for cancellation and logs
 * @param promptTokenIds at least one
 * @param completionTokenIds at least one
 * @param adapter closed by the engine after the end; null is the bare base
 * @param fairnessKey whom the work is counted for
 * @param deadline when it fails with DEADLINE_EXCEEDED; null for never
 */
public record ScoreRequest(
    String id,
    int[] promptTokenIds,
    int[] completionTokenIds,
    @Nullable AdapterLease adapter,
    String fairnessKey,
    @Nullable Instant deadline) {

  /** As a sequence that generates nothing. */
  GenerationRequest toGeneration(GenerationSink sink) {
    int prompt = promptTokenIds.length;
    int[] all = Arrays.copyOf(promptTokenIds, prompt + completionTokenIds.length);
    System.arraycopy(completionTokenIds, 0, all, prompt, completionTokenIds.length);
    return new GenerationRequest(
        id,
        all,
        prompt,
        adapter,
        SamplingParams.greedy(0),
        RequestClass.BACKGROUND,
        fairnessKey,
        deadline,
        sink);
  }
}
