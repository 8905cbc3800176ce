package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.Abandonment;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients do to calls below gRPC's own interface. */
@QuarkusTest
class AbandonedGrpcTest {
  private static final int TIMES = 12;
  private static final long NO_ERROR = 0;
  private static final long CANCEL = 8;

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Abandonment abandonment;
  @Inject @Nullable Vertx vertx;

  private @Nullable HttpClient client;

  @BeforeEach
  void open() {
    client =
        Objects.requireNonNull(vertx)
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false));
  }

  @AfterEach
  void close() throws Exception {
    await(client().close());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Chat", "ChatStream"})
  void aResetCall(String method) throws Throwable {
    for (int i = 0; i < TIMES; i++) {
      long code = i % 2 == 0 ? CANCEL : NO_ERROR;
      assertCancels(method, request -> request.reset(code));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Chat", "ChatStream"})
  void aClosedConnection(String method) throws Throwable {
    for (int i = 0; i < TIMES; i++) {
      assertCancels(method, request -> request.connection().close());
    }
  }

  /** The late answer of a call that was reset would tear down the connection of the others. */
  @ParameterizedTest
  @ValueSource(longs = {NO_ERROR, CANCEL})
  void aResetCallDoesNotHarmOthersOfItsConnection(long code) throws Throwable {
    HttpClientRequest other = request("Chat").setChunked(true);
    other.write(message(300));
    assertCancels("Chat", request -> request.reset(code));
    assertThat(status(other, other.end())).isEqualTo("0");
  }

  /** The deadline passes before the request is there. */
  @Test
  void aDeadlineThatIsOverAtOnce() throws Throwable {
    HttpClientRequest request = request("Chat").putHeader("grpc-timeout", "1n");
    assertThat(status(request, request.end(message(Abandonment.TOKENS)))).isEqualTo("4");
  }

  /** Of an answer's trailers, or of its head if there is nothing else. */
  private static String status(HttpClientRequest request, Future<Void> sent) throws Exception {
    return await(
        sent.compose(unused -> request.response())
            .compose(
                response ->
                    response
                        .body()
                        .map(
                            body -> {
                              String inHead = response.getHeader("grpc-status");
                              return inHead == null
                                  ? response.trailers().get("grpc-status")
                                  : inHead;
                            })));
  }

  private void assertCancels(String method, Consumer<HttpClientRequest> leave) throws Throwable {
    HttpClientRequest request = request(method);
    Objects.requireNonNull(abandonment)
        .assertCancels(() -> request.end(message(Abandonment.TOKENS)), () -> leave.accept(request));
  }

  private HttpClientRequest request(String method) throws Exception {
    URI at = Objects.requireNonNull(root);
    return await(
            client()
                .request(
                    HttpMethod.POST,
                    at.getPort(),
                    at.getHost(),
                    "/talchum.v1.ChatService/" + method))
        .putHeader("Content-Type", "application/grpc")
        .putHeader("TE", "trailers");
  }

  private static Buffer message(int tokens) {
    byte[] chat =
        ChatRequest.newBuilder()
            .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
            .setSampling(Sampling.newBuilder().setMaxTokens(tokens).setIgnoreEos(true))
            .build()
            .toByteArray();
    return Buffer.buffer().appendByte((byte) 0).appendInt(chat.length).appendBytes(chat);
  }

  private HttpClient client() {
    return Objects.requireNonNull(client);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
