package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a request went, for metrics.
 *
 * @param requestClass whether somebody waited for it
 * @param adapter null is the bare base
 * @param finishReason null if it failed
 * @param error null if it completed
 * @param queueTime from submission to its slot, or to its end if it never had one
 * @param ttft from submission to the first token; null without tokens
 * @param tpot mean time per output token after the first; null with fewer than two
 * @param total from submission to its end
 */
public record RequestOutcome(
    RequestClass requestClass,
    @Nullable AdapterId adapter,
    @Nullable FinishReason finishReason,
    @Nullable ErrorCode error,
    int promptTokens,
    int completionTokens,
    Duration queueTime,
    @Nullable Duration ttft,
    @Nullable Duration tpot,
    Duration total) {}
