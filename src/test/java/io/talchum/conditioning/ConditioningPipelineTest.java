package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSource;
import io.talchum.api.LetterModel;
import io.talchum.core.Caller;
import io.talchum.core.ChatMessage;
import io.talchum.core.ChatRequest;
import io.talchum.core.ChatRole;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ContentHash;
import io.talchum.core.ModelVersions;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import java.util.List;
import java.util.OptionalInt;
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
    assertThat(pipeline().condition(request, target(12, 0)).getFirst().sampling().maxTokens())
        .isEqualTo(16);
  }

  @Test
  void virtualTokensOfTheAdapterTakeRoom() {
    ConditioningPipeline pipeline = pipeline();
    int room = pipeline.condition(request(null), target(1000, 0)).sampling().maxTokens();
    assertThat(pipeline.condition(request(null), target(1000, 10)).sampling().maxTokens())
        .isEqualTo(room - 10);
    assertThatThrownBy(() -> pipeline.condition(request(room), target(1000, 10)))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("max_tokens " + room + " exceeds 64 − prompt " + (64 - room))
        .hasMessageContaining("− adapter 10; lower max_tokens to " + (room - 10) + " or less");
  }

  private static int chat(@Nullable Integer said, @Nullable Integer asked) {
    return pipeline().condition(request(asked), target(said, 0)).sampling().maxTokens();
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

  private static ConditioningPipeline pipeline() {
    return new ConditioningPipeline(
        LetterModel.served(GenerationDefaults.NONE, CONTEXT),
        SamplingLimits.DEFAULT,
        RandomGenerator.of("L64X128MixRandom"));
  }

  /** An adapter with its own defaults. */
  private static ResolvedTarget target(@Nullable Integer maxTokens, int virtualTokens) {
    ContentHash version = new ContentHash("ab".repeat(32));
    return new ResolvedTarget.Adapter(
        new ModelVersions("base", version, "adapter", version),
        new GenerationDefaults(true, null, null, null, null, null, maxTokens),
        new AdapterId("adapter", version),
        NOTHING,
        OptionalInt.empty(),
        new AdapterFacts(0, virtualTokens));
  }

  private static final AdapterSource NOTHING =
      new AdapterSource() {
        @Override
        public AdapterContent read(AdapterId id) {
          throw new AssertionError("nothing is read");
        }

        @Override
        public long residentBytes(AdapterId id) {
          throw new AssertionError("nothing is loaded");
        }

        @Override
        public boolean isPinned(AdapterId id) {
          return false;
        }
      };
}
