package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.catalog.ModelDescription;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiModelCatalog;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** LangChain4j's client, unmodified. */
@QuarkusTest
class LangChain4jTest {
  @TestHTTPResource("/v1")
  @Nullable URI root;

  @Test
  void listsModels() {
    assertThat(
            OpenAiModelCatalog.builder()
                .baseUrl(String.valueOf(root))
                .apiKey("not-needed")
                .build()
                .listModels())
        .extracting(ModelDescription::name)
        .contains("letters", "lora_qv");
  }

  @Test
  void chats() {
    ChatResponse answer = model("letters", 5).chat(UserMessage.from("hi"));
    assertThat(answer.aiMessage().text()).hasSize(5);
    assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(5);
  }

  @Test
  void streams() throws Exception {
    StringBuilder pieces = new StringBuilder();
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    OpenAiStreamingChatModel.builder()
        .baseUrl(String.valueOf(root))
        .apiKey("not-needed")
        .modelName("letters")
        .maxTokens(7)
        .build()
        .chat(
            ChatRequest.builder().messages(UserMessage.from("hi")).build(),
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String piece) {
                pieces.append(piece);
              }

              @Override
              public void onCompleteResponse(ChatResponse answer) {
                whole.complete(answer);
              }

              @Override
              public void onError(Throwable error) {
                whole.completeExceptionally(error);
              }
            });
    ChatResponse answer = whole.get(60, TimeUnit.SECONDS);
    assertThat(pieces.toString()).hasSize(7).isEqualTo(answer.aiMessage().text());
    assertThat(answer.aiMessage().text())
        .isEqualTo(model("letters", 7).chat(UserMessage.from("hi")).aiMessage().text());
  }

  @Test
  void readsErrors() {
    assertThatThrownBy(() -> model("nobody", 1).chat(UserMessage.from("hi")))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("model_not_found");
  }

  private OpenAiChatModel model(String name, int tokens) {
    return OpenAiChatModel.builder()
        .baseUrl(String.valueOf(root))
        .apiKey("not-needed")
        .modelName(name)
        .maxTokens(tokens)
        .maxRetries(0)
        .build();
  }
}
