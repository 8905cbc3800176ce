package io.talchum.service;

import io.talchum.core.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Joins a choice's events; owned by one thread. */
final class ChoiceBuilder {
  private final int index;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<TokenDetail> tokens = new ArrayList<>();
  private @Nullable FinishReason reason;
  private Optional<String> stopString = Optional.empty();

  ChoiceBuilder(int index) {
    this.index = index;
  }

  void add(GenerationEvent event) {
    switch (event) {
      case GenerationEvent.Echo echo -> append(echo.text(), echo.tokens());
      case GenerationEvent.Reasoning thought -> {
        reasoning.append(thought.text());
        tokens.addAll(thought.tokens());
      }
      case GenerationEvent.Delta delta -> append(delta.text(), delta.tokens());
      case GenerationEvent.Finish finish -> {
        reason = finish.reason();
        stopString = finish.stopString();
      }
    }
  }

  Choice build() {
    if (reason == null) {
      throw new IllegalStateException("choice " + index + " has not finished");
    }
    return new Choice(
        index,
        text.toString(),
        reasoning.isEmpty() ? Optional.empty() : Optional.of(reasoning.toString()),
        List.copyOf(tokens),
        reason,
        stopString);
  }

  private void append(String delta, List<TokenDetail> details) {
    text.append(delta);
    tokens.addAll(details);
  }
}
