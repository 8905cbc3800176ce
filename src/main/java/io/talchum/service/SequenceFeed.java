package io.talchum.service;

import io.talchum.conditioning.RenderedChat;
import io.talchum.core.FinishReason;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import io.talchum.text.ReasoningSplitter;
import io.talchum.text.ReasoningSplitter.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Turns one choice's engine events into what the client sees; owned by the reading thread. */
final class SequenceFeed {
  private final String sequenceId;
  private final int index;
  private final Prompt prompt;
  private final EchoMode mode;
  private final TokenSpelling spelling;
  private boolean echoed;
  private int completionTokens;
  private OptionalInt cachedTokens = OptionalInt.empty();
  private final @Nullable ReasoningSplitter splitter;

  /**
   * What the choice goes on from.
   *
   * @param text for the echo
   * @param showsLogprobs whether the client asked for those of the completion
   * @param reasoning null if all that comes is the answer
   */
  record Prompt(
      int[] tokenIds,
      String text,
      boolean showsLogprobs,
      RenderedChat.@Nullable Reasoning reasoning) {}

  SequenceFeed(String sequenceId, int index, Prompt prompt, EchoMode mode, TokenSpelling spelling) {
    this.sequenceId = sequenceId;
    this.index = index;
    this.prompt = prompt;
    this.mode = mode;
    this.spelling = spelling;
    RenderedChat.Reasoning reasoning = prompt.reasoning();
    this.splitter =
        reasoning == null ? null : new ReasoningSplitter(reasoning.format(), reasoning.opened());
  }

  String sequenceId() {
    return sequenceId;
  }

  /** Tokens generated so far that belong to the answer. */
  int completionTokens() {
    return completionTokens;
  }

  /** Prompt tokens that were not read again; empty until the choice has ended. */
  OptionalInt cachedTokens() {
    return cachedTokens;
  }

  /** How many of them were thought; empty if the answer has no such part. */
  OptionalInt reasoningTokens() {
    return splitter == null ? OptionalInt.empty() : OptionalInt.of(splitter.reasoningTokens());
  }

  List<GenerationEvent> onPrompt(List<TokenLogprob> scored) {
    return echo(spelling.prompt(prompt.tokenIds(), scored));
  }

  List<GenerationEvent> onToken(TokenEvent event) {
    completionTokens += mode == EchoMode.PROMPT ? 0 : 1;
    List<GenerationEvent> events = new ArrayList<>(echo(List.of()));
    TokenLogprob logprob = event.logprob();
    if (mode != EchoMode.PROMPT) {
      List<TokenDetail> details =
          logprob == null || !prompt.showsLogprobs()
              ? List.of()
              : List.of(spelling.detail(logprob));
      events.addAll(
          splitter == null
              ? pieces(List.of(new Piece(false, event.textDelta())), details)
              : pieces(splitter.onToken(event.tokenId(), event.textDelta()), details));
    }
    return events;
  }

  List<GenerationEvent> onFinish(GenerationResult result) {
    cachedTokens = OptionalInt.of(result.cachedTokens());
    List<GenerationEvent> events = new ArrayList<>(echo(List.of()));
    if (mode == EchoMode.PROMPT) {
      events.add(new GenerationEvent.Finish(index, FinishReason.LENGTH, Optional.empty()));
      return events;
    }
    events.addAll(
        splitter == null
            ? pieces(List.of(new Piece(false, result.textDelta())), List.of())
            : pieces(splitter.onEnd(result.textDelta()), List.of()));
    events.add(new GenerationEvent.Finish(index, result.finishReason(), result.stopString()));
    return events;
  }

  /** Details go with the first piece; without any piece they go alone. */
  private List<GenerationEvent> pieces(List<Piece> pieces, List<TokenDetail> details) {
    List<GenerationEvent> events = new ArrayList<>();
    List<TokenDetail> left = details;
    for (Piece piece : pieces) {
      if (!piece.text().isEmpty()) {
        events.add(event(piece.isReasoning(), piece.text(), left));
        left = List.of();
      }
    }
    if (!left.isEmpty()) {
      events.add(event(splitter != null && splitter.isInside(), "", left));
    }
    return events;
  }

  private GenerationEvent event(boolean isReasoning, String text, List<TokenDetail> details) {
    return isReasoning
        ? new GenerationEvent.Reasoning(index, text, details)
        : new GenerationEvent.Delta(index, text, details);
  }

  private List<GenerationEvent> echo(List<TokenDetail> details) {
    if (echoed || mode == EchoMode.COMPLETION) {
      return List.of();
    }
    echoed = true;
    return List.of(new GenerationEvent.Echo(index, prompt.text(), details));
  }
}
