package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.engine.Engine;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The official Java client, unmodified. */
@QuarkusTest
class OpenAiJavaTest {
  @TestHTTPResource("/v1")
  @Nullable URI root;

  @Inject @Nullable Engine engine;

  private @Nullable OpenAIClient opened;

  @BeforeEach
  void open() {
    opened =
        OpenAIOkHttpClient.builder()
            .baseUrl(String.valueOf(root))
            .apiKey("not-needed")
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void close() {
    client().close();
  }

  @Test
  void listsModels() {
    assertThat(client().models().list().data())
        .extracting(Model::id)
        .contains("letters", "lora_qv");
  }

  @Test
  void chats() {
    ChatCompletion answer = client().chat().completions().create(chat(5).build());
    assertThat(answer.choices().getFirst().message().content().orElseThrow()).hasSize(5);
    assertThat(answer.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(5);
    assertThat(answer.systemFingerprint()).contains("fp_0123456789ab");
  }

  @Test
  void streamsWithUsage() {
    String whole =
        client()
            .chat()
            .completions()
            .create(chat(12).build())
            .choices()
            .getFirst()
            .message()
            .content()
            .orElseThrow();
    ChatCompletionCreateParams params =
        chat(12)
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client().chat().completions().createStreaming(params)) {
      List<ChatCompletionChunk> chunks = stream.stream().toList();
      String text =
          chunks.stream()
              .flatMap(chunk -> chunk.choices().stream())
              .map(choice -> choice.delta().content().orElse(""))
              .collect(Collectors.joining());
      assertThat(text).isEqualTo(whole);
      assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(12);
    }
  }

  @Test
  void abortsAndTheSlotIsFree() {
    try (StreamResponse<ChatCompletionChunk> stream =
        client().chat().completions().createStreaming(chat(480).build())) {
      Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
      chunks.next();
      chunks.next();
    }
    Engine running = Objects.requireNonNull(engine);
    for (int i = 0; i < 2000 && running.stats().running() > 0; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(running.stats().running()).isZero();
  }

  @Test
  void completes() {
    assertThat(
            client()
                .completions()
                .create(
                    CompletionCreateParams.builder()
                        .model("letters")
                        .prompt("ab")
                        .maxTokens(4)
                        .build())
                .choices()
                .getFirst()
                .text())
        .hasSize(4);
  }

  @Test
  void readsErrors() {
    assertThatThrownBy(() -> client().chat().completions().create(chat(1).model("nobody").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            e -> {
              assertThat(e.code()).contains("model_not_found");
              assertThat(e.param()).contains("model");
              assertThat(e.type()).contains("invalid_request_error");
            });
    assertThatThrownBy(
            () ->
                client()
                    .chat()
                    .completions()
                    .create(
                        chat(1).putAdditionalBodyProperty("adaptor", JsonValue.from(1)).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).contains("adaptor"));
    assertThatThrownBy(
            () ->
                client()
                    .completions()
                    .create(
                        CompletionCreateParams.builder()
                            .model("letters")
                            .promptOfArrayOfStrings(Collections.nCopies(64, "a"))
                            .n(8)
                            .build()))
        .isInstanceOf(RateLimitException.class);
  }

  private static ChatCompletionCreateParams.Builder chat(int tokens) {
    return ChatCompletionCreateParams.builder()
        .model("letters")
        .addUserMessage("hi")
        .maxCompletionTokens(tokens);
  }

  private OpenAIClient client() {
    return Objects.requireNonNull(opened);
  }
}
