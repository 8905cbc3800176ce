package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.api.OpenAiApi;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.web.client.RestClient;

/** Spring AI's client, unmodified: it streams its bodies and asks for HTTP/2. */
@QuarkusTest
class SpringAiTest {
  @TestHTTPResource @Nullable URI root;

  @Test
  void listsModels() {
    String models = RestClient.create(url()).get().uri("/v1/models").retrieve().body(String.class);
    assertThat(models).contains("\"letters\"", "\"lora_qv\"");
  }

  @Test
  void chats() {
    ChatResponse answer = model("letters", 5).call(new Prompt("hi"));
    assertThat(answer.getResult().getOutput().getText()).hasSize(5);
    assertThat(answer.getMetadata().getUsage().getCompletionTokens()).isEqualTo(5);
  }

  @Test
  void streams() {
    List<ChatResponse> pieces =
        Objects.requireNonNull(
            model("letters", 7).stream(new Prompt("hi"))
                .collectList()
                .block(Duration.ofSeconds(60)));
    String text =
        pieces.stream()
            .filter(piece -> !piece.getResults().isEmpty())
            .map(piece -> String.valueOf(piece.getResult().getOutput().getText()))
            .filter(piece -> !piece.equals("null"))
            .collect(Collectors.joining());
    assertThat(text)
        .isEqualTo(model("letters", 7).call(new Prompt("hi")).getResult().getOutput().getText());
  }

  @Test
  void readsErrors() {
    assertThatThrownBy(() -> model("nobody", 1).call(new Prompt("hi")))
        .isInstanceOf(NonTransientAiException.class)
        .hasMessageContaining("404")
        .hasMessageContaining("model_not_found");
  }

  private OpenAiChatModel model(String name, int tokens) {
    return OpenAiChatModel.builder()
        .openAiApi(OpenAiApi.builder().baseUrl(url()).apiKey("not-needed").build())
        .defaultOptions(OpenAiChatOptions.builder().model(name).maxTokens(tokens).build())
        .build();
  }

  private String url() {
    return String.valueOf(root).replaceAll("/$", "");
  }
}
