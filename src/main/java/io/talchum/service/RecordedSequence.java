package io.talchum.service;

import io.talchum.core.Interaction;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.GenerationSink;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Notes one sequence's tokens on their way to the client. Owned by the engine thread. */
final class RecordedSequence implements GenerationSink {
  private static final int FIRST_TOKENS = 64;

  private final Start start;
  private final int index;
  private final Recording recording;
  private final GenerationSink next;
  private int[] tokenIds = new int[FIRST_TOKENS]; // the first tokens of it
  private float[] logprobs = new float[FIRST_TOKENS];
  private int tokens;
  private @Nullable Instant firstTokenAt;
  private @Nullable Instant endedAt;
  private Interaction.@Nullable Ending ending;

  /**
   * What the sequence goes on from.
   *
   * @param generates whether its tokens are part of the answer, not only its prompt
   */
  record Start(String id, int[] promptTokenIds, SamplingParams sampling, boolean generates) {}

  RecordedSequence(Start start, int index, Recording recording, GenerationSink next) {
    this.start = start;
    this.index = index;
    this.recording = recording;
    this.next = next;
  }

  @Override
  public boolean wantsLogprobs() {
    return true;
  }

  @Override
  public void onPrompt(List<TokenLogprob> prompt) {
    next.onPrompt(prompt);
  }

  @Override
  public void onToken(TokenEvent event) {
    if (start.generates()) {
      note(event.tokenId(), event.logprob());
    }
    next.onToken(event);
  }

  @Override
  public void onFinish(GenerationResult result) {
    end(
        new Interaction.Ending.Finished(
            result.finishReason(), result.stopString(), result.cachedTokens()));
    recording.ended(() -> next.onFinish(result), next::onError);
  }

  /** The client need not wait for the record of what failed. */
  @Override
  public void onError(ServeException error) {
    next.onError(error);
    if (ending == null) {
      end(new Interaction.Ending.Failed(error.code()));
      recording.ended(() -> {}, unrecorded -> {});
    }
  }

  /** After its end. */
  Interaction.Choice choice() {
    Instant created = recording.created();
    Instant first = firstTokenAt;
    return new Interaction.Choice(
        start.id(),
        index,
        start.promptTokenIds(),
        start.sampling(),
        Arrays.copyOf(tokenIds, tokens),
        Arrays.copyOf(logprobs, tokens),
        Objects.requireNonNull(ending),
        new Interaction.Times(
            first == null ? null : Duration.between(created, first),
            Duration.between(created, Objects.requireNonNull(endedAt))));
  }

  private void note(int tokenId, @Nullable TokenLogprob logprob) {
    if (tokens == 0) {
      firstTokenAt = recording.now();
    }
    if (tokens == tokenIds.length) {
      tokenIds = Arrays.copyOf(tokenIds, 2 * tokens);
      logprobs = Arrays.copyOf(logprobs, 2 * tokens);
    }
    tokenIds[tokens] = tokenId;
    logprobs[tokens++] = Objects.requireNonNull(logprob).logprob();
  }

  private void end(Interaction.Ending how) {
    ending = how;
    endedAt = recording.now();
  }
}
