package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When a sequence reached which stage. Owned by the engine thread. */
final class SequenceTimes {
  private final Instant submittedAt;
  private @Nullable ModelTime model;
  private boolean needsSlot;
  private Duration modelBefore = Duration.ZERO;
  private Duration slotWait = Duration.ZERO;
  private @Nullable Instant admittedAt;
  private @Nullable Instant firstTokenAt;
  private @Nullable FinishReason finishReason;
  private @Nullable ErrorCode error;

  SequenceTimes(Instant submittedAt) {
    this.submittedAt = submittedAt;
  }

  /**
   * The engine thread has it.
   *
   * @param needsSlot whether all slots were taken then, or promised to others
   */
  void accepted(ModelTime model, boolean needsSlot) {
    this.model = model;
    this.needsSlot = needsSlot;
    this.modelBefore = model.totalAt(submittedAt);
  }

  void admitted(Instant now) {
    admittedAt = now;
    if (needsSlot && model != null) {
      slotWait = Duration.between(submittedAt, now);
      modelBefore = model.total();
    }
  }

  /** How long it has had a slot; zero without. */
  Duration heldSlot(Instant now) {
    return admittedAt == null ? Duration.ZERO : Duration.between(admittedAt, now);
  }

  /** See {@link GenerationResult#modelTime}. */
  Duration modelTime() {
    return model == null ? Duration.ZERO : slotWait.plus(model.total()).minus(modelBefore);
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
        sequence.requestClass(),
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
