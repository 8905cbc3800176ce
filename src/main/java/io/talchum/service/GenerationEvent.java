package io.talchum.service;

import io.talchum.core.FinishReason;
import java.util.List;
import java.util.Optional;

/** What a client sees of a generation, in order; {@code index} is the choice. */
public sealed interface GenerationEvent {
  int index();

  /**
   * The prompt, once per choice and first, if echo was asked for.
   *
   * @param tokens empty unless log-probabilities were asked for
   */
  record Echo(int index, String text, List<TokenDetail> tokens) implements GenerationEvent {}

  /**
   * A piece of the answer.
   *
   * @param text may be empty if {@code tokens} is not
   * @param tokens empty unless log-probabilities were asked for
   */
  record Delta(int index, String text, List<TokenDetail> tokens) implements GenerationEvent {}

  /**
   * A piece of what the model thinks before its answer, where its template marks that.
   *
   * @param text may be empty if {@code tokens} is not
   * @param tokens empty unless log-probabilities were asked for
   */
  record Reasoning(int index, String text, List<TokenDetail> tokens) implements GenerationEvent {}

  /** The last event of the choice. */
  record Finish(int index, FinishReason reason, Optional<String> stopString)
      implements GenerationEvent {}
}
