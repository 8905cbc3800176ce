package io.talchum.api.http;

import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps to {@code text_completion}, whole and in pieces. */
final class CompletionJson extends AnswerJson {
  private final boolean logprobs;

  /** Characters of the tokens shown so far, by choice. */
  private final int[] textOffsets;

  CompletionJson(Generation generation, boolean logprobs) {
    this(Source.of(generation), logprobs);
  }

  CompletionJson(Source source, boolean logprobs) {
    super(source);
    this.logprobs = logprobs;
    this.textOffsets = new int[source.choices()];
  }

  @Override
  String wholeObject() {
    return "text_completion";
  }

  @Override
  String chunkObject() {
    return "text_completion";
  }

  @Override
  CompletionChoice choice(Choice choice) {
    return new CompletionChoice.Ended(
        choice.index(),
        choice.text(),
        logprobs(choice.index(), choice.tokens()),
        AnswerDocument.finishReason(choice.finishReason()),
        choice.stopString().orElse(null));
  }

  @Override
  List<CompletionChoice> opening() {
    return List.of();
  }

  @Override
  CompletionChoice delta(GenerationEvent event) {
    return switch (event) {
      case GenerationEvent.Echo echo -> piece(echo.index(), echo.text(), echo.tokens());
      case GenerationEvent.Reasoning thought ->
          piece(thought.index(), thought.text(), thought.tokens());
      case GenerationEvent.Delta delta -> piece(delta.index(), delta.text(), delta.tokens());
      case GenerationEvent.Finish finish ->
          new CompletionChoice.Ended(
              finish.index(),
              "",
              null,
              AnswerDocument.finishReason(finish.reason()),
              finish.stopString().orElse(null));
    };
  }

  private CompletionChoice piece(int index, String text, List<TokenDetail> tokens) {
    return new CompletionChoice.Piece(index, text, logprobs(index, tokens));
  }

  private CompletionChoice.@Nullable Logprobs logprobs(int index, List<TokenDetail> tokens) {
    if (!logprobs || tokens.isEmpty()) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    List<@Nullable Float> numbers = new ArrayList<>();
    List<@Nullable Map<String, Float>> tops = new ArrayList<>();
    int[] offsets = new int[tokens.size()];
    for (TokenDetail token : tokens) {
      String text = TokenText.of(token.bytes());
      Float logprob = token.logprob();
      offsets[texts.size()] = textOffsets[index];
      textOffsets[index] += text.length();
      texts.add(text);
      numbers.add(logprob == null ? null : (Float) TokenText.finite(logprob));
      tops.add(logprob == null ? null : top(text, logprob, token.top()));
    }
    return new CompletionChoice.Logprobs(texts, numbers, tops, offsets);
  }

  /** The alternatives and the token itself, with the very same number (lm-eval compares them). */
  private static Map<String, Float> top(
      String token, float logprob, List<TokenDetail.Candidate> candidates) {
    Map<String, Float> top = new LinkedHashMap<>();
    for (TokenDetail.Candidate candidate : candidates) {
      top.putIfAbsent(TokenText.of(candidate.bytes()), TokenText.finite(candidate.logprob()));
    }
    top.putIfAbsent(token, TokenText.finite(logprob));
    return top;
  }
}
