package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.api.LetterModel;
import io.talchum.conditioning.RenderedChat;
import io.talchum.core.FinishReason;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import io.talchum.service.GenerationEvent.Delta;
import io.talchum.service.GenerationEvent.Echo;
import io.talchum.service.GenerationEvent.Finish;
import io.talchum.service.GenerationEvent.Reasoning;
import io.talchum.text.ReasoningFormat;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SequenceFeedTest {
  private static final TokenLogprob A = new TokenLogprob('a', -0.5f, List.of());

  private final TokenSpelling spelling =
      new TokenSpelling(LetterModel.opened(1, 16).served().tokenizer());

  @Test
  void tokensBecomeDeltasAndAreCounted() {
    SequenceFeed feed = feed(EchoMode.COMPLETION, false, null);
    assertThat(feed.onToken(new TokenEvent('a', "a", null)))
        .containsExactly(new Delta(3, "a", List.of()));
    assertThat(feed.onToken(new TokenEvent('b', "", null))).isEmpty(); // an incomplete character
    assertThat(feed.completionTokens()).isEqualTo(2);
    assertThat(feed.cachedTokens()).isEmpty();
    assertThat(feed.reasoningTokens()).isEmpty();
    assertThat(feed.onFinish(result("b", Optional.of("stop"))))
        .containsExactly(
            new Delta(3, "b", List.of()), new Finish(3, FinishReason.STOP, Optional.of("stop")));
    assertThat(feed.cachedTokens()).isEqualTo(OptionalInt.of(5));
  }

  @Test
  void logprobsGoWithTheTextOrAlone() {
    SequenceFeed feed = feed(EchoMode.COMPLETION, true, null);
    assertThat(feed.onToken(new TokenEvent('a', "a", A)))
        .singleElement()
        .isInstanceOfSatisfying(
            Delta.class,
            delta ->
                assertThat(delta.tokens())
                    .singleElement()
                    .satisfies(token -> assertThat(token.logprob()).isEqualTo(-0.5f)));
    assertThat(feed.onToken(new TokenEvent('a', "", A)))
        .singleElement()
        .isInstanceOfSatisfying(
            Delta.class,
            delta -> {
              assertThat(delta.text()).isEmpty();
              assertThat(delta.tokens()).hasSize(1);
            });
  }

  /** They are there if a recorder wants them. */
  @Test
  void logprobsThatTheClientDidNotAskForAreNotShown() {
    SequenceFeed feed = feed(EchoMode.COMPLETION, false, null);
    assertThat(feed.onToken(new TokenEvent('a', "a", A)))
        .containsExactly(new Delta(3, "a", List.of()));
    assertThat(feed.onToken(new TokenEvent('a', "", A))).isEmpty();
  }

  @Test
  void theEchoComesOnceAndFirst() {
    SequenceFeed feed = feed(EchoMode.PROMPT_AND_COMPLETION, false, null);
    assertThat(feed.onToken(new TokenEvent('a', "a", null)))
        .containsExactly(new Echo(3, "hi", List.of()), new Delta(3, "a", List.of()));
    assertThat(feed.onFinish(result("", Optional.empty()))).hasSize(1);
  }

  @Test
  void aScoredPromptIsEchoedWithItsLogprobs() {
    SequenceFeed feed = feed(EchoMode.PROMPT_AND_COMPLETION, true, null);
    assertThat(feed.onPrompt(List.of(A)))
        .singleElement()
        .isInstanceOfSatisfying(
            Echo.class,
            echo ->
                assertThat(echo.tokens())
                    .extracting(TokenDetail::logprob)
                    .containsExactly(null, -0.5f));
    assertThat(feed.onToken(new TokenEvent('a', "a", A))).hasSize(1);
  }

  @Test
  void ofThePromptAloneNothingIsGenerated() {
    SequenceFeed feed = feed(EchoMode.PROMPT, false, null);
    assertThat(feed.onToken(new TokenEvent('a', "a", null)))
        .containsExactly(new Echo(3, "hi", List.of()));
    assertThat(feed.completionTokens()).isZero();
    assertThat(feed.onFinish(result("rest", Optional.empty())))
        .containsExactly(new Finish(3, FinishReason.LENGTH, Optional.empty()));
  }

  @Test
  void theThoughtIsPartedFromTheAnswer() {
    SequenceFeed feed =
        feed(
            EchoMode.COMPLETION,
            false,
            new RenderedChat.Reasoning(ReasoningFormat.visible("<", ">"), true));
    assertThat(feed.onToken(new TokenEvent('h', "hm", null)))
        .containsExactly(new Reasoning(3, "hm", List.of()));
    assertThat(feed.onToken(new TokenEvent('>', ">yes", null)))
        .containsExactly(new Delta(3, "yes", List.of()));
    assertThat(feed.reasoningTokens()).isEqualTo(OptionalInt.of(2));
  }

  private SequenceFeed feed(
      EchoMode mode, boolean logprobs, RenderedChat.@Nullable Reasoning reasoning) {
    return new SequenceFeed(
        "id-3",
        3,
        new SequenceFeed.Prompt(new int[] {'h', 'a'}, "hi", logprobs, reasoning),
        mode,
        spelling);
  }

  private static GenerationResult result(String rest, Optional<String> stop) {
    return new GenerationResult(FinishReason.STOP, rest, stop, 2, 5, 2, Duration.ZERO);
  }
}
