package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.api.LetterModel;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which value applies, and which are refused; the transports' suites show the messages. */
class SamplingResolverTest {
  private static final int MAX_TOKENS = 10;
  private static final long SEED = 42;

  @Test
  void withoutAnyWordOpenAisDefaultsApply() {
    assertThat(resolve(GenerationDefaults.NONE, SamplingRequest.builder()))
        .isEqualTo(SamplingParams.builder(MAX_TOKENS).seed(SEED).build());
  }

  @Test
  void theModelsDefaultsComeSecond() {
    GenerationDefaults model = new GenerationDefaults(false, 0.7f, 0.9f, 40, 0.05f, 1.1f, null);
    SamplingParams unsaid = resolve(model, SamplingRequest.builder());
    assertThat(unsaid.temperature()).isEqualTo(0.7f);
    assertThat(unsaid.topP()).isEqualTo(0.9f);
    assertThat(unsaid.topK()).isEqualTo(40);
    assertThat(unsaid.minP()).isEqualTo(0.05f);
    assertThat(unsaid.repetitionPenalty()).isEqualTo(1.1f);
    SamplingParams said =
        resolve(
            model,
            SamplingRequest.builder()
                .temperature(0.2f)
                .topP(0.3f)
                .topK(-1)
                .minP(0f)
                .repetitionPenalty(1f)
                .seed(-7L));
    assertThat(said.temperature()).isEqualTo(0.2f);
    assertThat(said.topP()).isEqualTo(0.3f);
    assertThat(said.topK()).isZero();
    assertThat(said.minP()).isZero();
    assertThat(said.repetitionPenalty()).isEqualTo(1f);
    assertThat(said.seed()).isEqualTo(-7);
  }

  @Test
  void aGreedyModelStaysSoUntilATemperatureIsAsked() {
    GenerationDefaults greedy = new GenerationDefaults(true, 0.7f, null, null, null, null, null);
    assertThat(resolve(greedy, SamplingRequest.builder()).temperature()).isZero();
    assertThat(resolve(greedy, SamplingRequest.builder().temperature(1f)).temperature())
        .isEqualTo(1f);
  }

  @ParameterizedTest
  @CsvSource({
    "temperature, 0, 2",
    "min_p, 0, 1",
    "presence_penalty, -2, 2",
    "frequency_penalty, -2, 2",
    "logit_bias, -100, 100"
  })
  void rangesIncludeTheirEnds(String field, float min, float max) {
    assertAccepted(field, min);
    assertAccepted(field, max);
    assertRefused(field, Math.nextDown(min));
    assertRefused(field, Math.nextUp(max));
    assertRefused(field, Float.NaN);
    assertRefused(field, Float.POSITIVE_INFINITY);
    assertRefused(field, Float.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @CsvSource({"top_p, 1", "repetition_penalty, 10"})
  void someMustBeAboveZero(String field, float max) {
    assertAccepted(field, Float.MIN_VALUE);
    assertAccepted(field, max);
    assertRefused(field, 0f);
    assertRefused(field, -1f);
    assertRefused(field, Math.nextUp(max));
    assertRefused(field, Float.NaN);
  }

  @Test
  void listsAreBounded() {
    assertInvalid("stop", b -> b.stopStrings(Collections.nCopies(17, "x")));
    assertInvalid("stop", b -> b.stopStrings(List.of("x".repeat(257))));
    assertInvalid("stop_token_ids", b -> b.stopTokenIds(Collections.nCopies(1025, 1)));
    assertInvalid("stop_token_ids", b -> b.stopTokenIds(List.of(-1)));
    assertInvalid("logit_bias", b -> b.logitBias(Map.of(-1, 0f)));
    assertInvalid(
        "logit_bias",
        b ->
            b.logitBias(
                IntStream.range(0, 1025).boxed().collect(Collectors.toMap(id -> id, id -> 0f))));
  }

  @Test
  void tokenCountsAreBoundedByEachOther() {
    assertInvalid("min_tokens", b -> b.minTokens(MAX_TOKENS + 1));
    assertInvalid("min_tokens", b -> b.minTokens(-1));
    assertInvalid("top_k", b -> b.topK(-2));
    assertInvalid("top_logprobs", b -> b.logprobs(true).topLogprobs(21));
    assertInvalid("top_logprobs", b -> b.topLogprobs(1));
    assertInvalid("top_logprobs", b -> b.logprobs(false).topLogprobs(1));
  }

  private static final Map<
          String, BiFunction<SamplingRequest.Builder, Float, SamplingRequest.Builder>>
      NUMBERS =
          Map.of(
              "temperature", SamplingRequest.Builder::temperature,
              "min_p", SamplingRequest.Builder::minP,
              "presence_penalty", SamplingRequest.Builder::presencePenalty,
              "frequency_penalty", SamplingRequest.Builder::frequencyPenalty,
              "logit_bias", (builder, bias) -> builder.logitBias(Map.of(1, bias)),
              "top_p", SamplingRequest.Builder::topP,
              "repetition_penalty", SamplingRequest.Builder::repetitionPenalty);

  private static SamplingRequest.Builder with(String field, float value) {
    return Objects.requireNonNull(NUMBERS.get(field)).apply(SamplingRequest.builder(), value);
  }

  private static void assertAccepted(String field, float value) {
    assertThatCode(() -> resolve(GenerationDefaults.NONE, with(field, value)))
        .as("%s %s", field, value)
        .doesNotThrowAnyException();
  }

  private static void assertRefused(String field, float value) {
    assertInvalid(field, builder -> with(field, value));
  }

  private static void assertInvalid(
      String field, java.util.function.UnaryOperator<SamplingRequest.Builder> change) {
    assertThatThrownBy(
            () -> resolve(GenerationDefaults.NONE, change.apply(SamplingRequest.builder())))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
              assertThat(e.param()).contains(field);
            })
        .hasMessageContaining(field);
  }

  private static SamplingParams resolve(
      GenerationDefaults defaults, SamplingRequest.Builder asked) {
    ServedModel model = LetterModel.served(defaults, 512);
    return new SamplingResolver(model, SamplingLimits.DEFAULT)
        .resolve(asked.build(), defaults, MAX_TOKENS, SEED, false);
  }
}
