package io.talchum.api.http;

import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Maps to {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatJson extends AnswerJson {
  private final int choices;
  private final boolean logprobs;

  ChatJson(Generation generation, boolean logprobs) {
    this(Source.of(generation), logprobs);
  }

  ChatJson(Source source, boolean logprobs) {
    super(source);
    this.choices = source.choices();
    this.logprobs = logprobs;
  }

  @Override
  String wholeObject() {
    return "chat.completion";
  }

  @Override
  String chunkObject() {
    return "chat.completion.chunk";
  }

  @Override
  ChatChoice choice(Choice choice) {
    return new ChatChoice.Whole(
        choice.index(),
        new ChatChoice.Message("assistant", choice.text(), choice.reasoning().orElse(null), null),
        logprobs(choice.tokens()),
        AnswerDocument.finishReason(choice.finishReason()),
        choice.stopString().orElse(null));
  }

  @Override
  List<ChatChoice> opening() {
    ChatChoice.Delta role = new ChatChoice.Delta("assistant", "", null);
    return IntStream.range(0, choices)
        .<ChatChoice>mapToObj(index -> new ChatChoice.Piece(index, role, null))
        .toList();
  }

  @Override
  ChatChoice delta(GenerationEvent event) {
    return switch (event) {
      case GenerationEvent.Echo echo -> content(echo.index(), echo.text(), echo.tokens());
      case GenerationEvent.Reasoning thought ->
          new ChatChoice.Piece(
              thought.index(),
              new ChatChoice.Delta(null, null, thought.text()),
              logprobs(thought.tokens()));
      case GenerationEvent.Delta delta -> content(delta.index(), delta.text(), delta.tokens());
      case GenerationEvent.Finish finish ->
          new ChatChoice.End(
              finish.index(),
              ChatChoice.Delta.NOTHING,
              null,
              AnswerDocument.finishReason(finish.reason()),
              finish.stopString().orElse(null));
    };
  }

  private ChatChoice content(int index, String text, List<TokenDetail> tokens) {
    return new ChatChoice.Piece(index, new ChatChoice.Delta(null, text, null), logprobs(tokens));
  }

  private ChatChoice.@Nullable Logprobs logprobs(List<TokenDetail> tokens) {
    return logprobs
        ? new ChatChoice.Logprobs(tokens.stream().map(ChatJson::token).toList(), null)
        : null;
  }

  private static ChatChoice.Token token(TokenDetail token) {
    Float logprob = token.logprob();
    return new ChatChoice.Token(
        new String(token.bytes(), StandardCharsets.UTF_8),
        TokenText.finite(logprob == null ? 0f : logprob),
        unsigned(token.bytes()),
        token.top().stream().map(ChatJson::candidate).toList());
  }

  private static ChatChoice.Candidate candidate(TokenDetail.Candidate candidate) {
    return new ChatChoice.Candidate(
        new String(candidate.bytes(), StandardCharsets.UTF_8),
        TokenText.finite(candidate.logprob()),
        unsigned(candidate.bytes()));
  }

  private static int[] unsigned(byte[] bytes) {
    int[] numbers = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      numbers[i] = bytes[i] & 0xff;
    }
    return numbers;
  }
}
