package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When a sequence reached which stage. Owned by the engine thread. */
final class SequenceTimes {
  private final Instant submittedAt;
  private @Nullable Instant admittedAt;
  private @Nullable Instant firstTokenAt;
  private @Nullable FinishReason finishReason;
  private @Nullable ErrorCode error;

  SequenceTimes(Instant submittedAt) {
    this.submittedAt = submittedAt;
  }

  void admitted(Instant now) {
    admittedAt = now;
  }

  /** Only the first call counts. */
  void token(Instant now) {
    if (firstTokenAt == null) {
      firstTokenAt = now;
    }
  }

  void ended(@Nullable FinishReason reason, @Nullable ErrorCode code) {
    finishReason = reason;
    error = code;
  }

  RequestOutcome outcome(Sequence sequence, Instant now) {
    Instant first = firstTokenAt;
    int tokens = sequence.completionTokens();
    return new RequestOutcome(
        sequence.adapterId(),
        finishReason,
        error,
        sequence.promptTokens(),
        tokens,
        Duration.between(submittedAt, admittedAt == null ? now : admittedAt),
        first == null ? null : Duration.between(submittedAt, first),
        first == null || tokens < 2 ? null : Duration.between(first, now).dividedBy(tokens - 1),
        Duration.between(submittedAt, now));
  }
}
