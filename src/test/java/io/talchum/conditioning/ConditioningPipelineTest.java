package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.api.LetterModel;
import io.talchum.core.Caller;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.ChatRole;
import io.talchum.core.CompletionRequest;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConditioningPipelineTest {
  private static final int CONTEXT = 64;

  @Test
  void theModelsLengthAppliesToChatsThatSayNone() {
    assertThat(chat(12, null)).isEqualTo(12);
    assertThat(chat(12, 20)).isEqualTo(20);
    assertThat(chat(1000, null)).isEqualTo(chat(null, null)).isLessThan(CONTEXT);
  }

  @Test
  void completionsKeepTheirOwn() {
    CompletionRequest request =
        new CompletionRequest(
            null,
            List.of(new PromptInput.Text("ab")),
            SamplingRequest.builder().build(),
            1,
            false,
            Caller.ANONYMOUS);
    assertThat(pipeline(12).condition(request, 0).getFirst().sampling().maxTokens()).isEqualTo(16);
  }

  @Test
  void virtualTokensOfTheAdapterTakeRoom() {
    ConditioningPipeline pipeline = pipeline(1000);
    int room = pipeline.condition(request(null), 0).sampling().maxTokens();
    assertThat(pipeline.condition(request(null), 10).sampling().maxTokens()).isEqualTo(room - 10);
    assertThatThrownBy(() -> pipeline.condition(request(room), 10))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("max_tokens " + room + " exceeds 64 − prompt " + (64 - room))
        .hasMessageContaining("− adapter 10; lower max_tokens to " + (room - 10) + " or less");
  }

  private static int chat(@Nullable Integer said, @Nullable Integer asked) {
    return pipeline(said).condition(request(asked), 0).sampling().maxTokens();
  }

  private static ChatRequest request(@Nullable Integer maxTokens) {
    return new ChatRequest(
        null,
        List.of(new ChatMessage(ChatRole.USER, "ab")),
        TemplateOptions.DEFAULT,
        SamplingRequest.builder().maxTokens(maxTokens).build(),
        1,
        Caller.ANONYMOUS);
  }

  private static ConditioningPipeline pipeline(@Nullable Integer maxTokens) {
    GenerationDefaults defaults =
        new GenerationDefaults(true, null, null, null, null, null, maxTokens);
    return new ConditioningPipeline(
        LetterModel.served(defaults, CONTEXT),
        SamplingLimits.DEFAULT,
        RandomGenerator.of("L64X128MixRandom"));
  }
}
