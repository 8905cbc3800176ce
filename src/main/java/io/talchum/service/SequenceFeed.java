package io.talchum.service;

import io.talchum.core.FinishReason;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns one choice's engine events into what the client sees; owned by the reading thread. */
final class SequenceFeed {
  private final String sequenceId;
  private final int index;
  private final Prompt prompt;
  private final EchoMode mode;
  private final TokenSpelling spelling;
  private boolean echoed;
  private int completionTokens;

  /** The prompt's ids, and its text for the echo. */
  record Prompt(int[] tokenIds, String text) {}

  SequenceFeed(String sequenceId, int index, Prompt prompt, EchoMode mode, TokenSpelling spelling) {
    this.sequenceId = sequenceId;
    this.index = index;
    this.prompt = prompt;
    this.mode = mode;
    this.spelling = spelling;
  }

  String sequenceId() {
    return sequenceId;
  }

  /** Tokens generated so far that belong to the answer. */
  int completionTokens() {
    return completionTokens;
  }

  List<GenerationEvent> onPrompt(List<TokenLogprob> scored) {
    return echo(spelling.prompt(prompt.tokenIds(), scored));
  }

  List<GenerationEvent> onToken(TokenEvent event) {
    completionTokens += mode == EchoMode.PROMPT ? 0 : 1;
    List<GenerationEvent> events = new ArrayList<>(echo(List.of()));
    TokenLogprob logprob = event.logprob();
    if (mode != EchoMode.PROMPT && (logprob != null || !event.textDelta().isEmpty())) {
      events.add(
          new GenerationEvent.Delta(
              index,
              event.textDelta(),
              logprob == null ? List.of() : List.of(spelling.detail(logprob))));
    }
    return events;
  }

  List<GenerationEvent> onFinish(GenerationResult result) {
    List<GenerationEvent> events = new ArrayList<>(echo(List.of()));
    if (mode == EchoMode.PROMPT) {
      events.add(new GenerationEvent.Finish(index, FinishReason.LENGTH, Optional.empty(), 0));
      return events;
    }
    if (!result.textDelta().isEmpty()) {
      events.add(new GenerationEvent.Delta(index, result.textDelta(), List.of()));
    }
    events.add(
        new GenerationEvent.Finish(
            index, result.finishReason(), result.stopString(), result.completionTokens()));
    return events;
  }

  private List<GenerationEvent> echo(List<TokenDetail> details) {
    if (echoed || mode == EchoMode.COMPLETION) {
      return List.of();
    }
    echoed = true;
    return List.of(new GenerationEvent.Echo(index, prompt.text(), details));
  }
}
