package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies over HTTP/2, whose length nobody said. */
@QuarkusTest
class Http2Test {
  private static final String BODY = "{\"prompt\":\"a\",\"max_tokens\":3}";

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Vertx vertx;

  /** By an upgrade from HTTP/1, with which the body begins. */
  @Test
  void takesAStreamedBodyAfterAnUpgrade() throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(Objects.requireNonNull(root).resolve("/v1/completions"))
                    .header("Content-Type", "application/json")
                    .POST(
                        HttpRequest.BodyPublishers.ofInputStream(
                            () -> new ByteArrayInputStream(BODY.getBytes(StandardCharsets.UTF_8))))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"completion_tokens\":3");
      }
    }
  }

  /** As a client does that knows that this is HTTP/2. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesABodyInPieces(boolean upgrade) throws Exception {
    assertThat(exchange(upgrade, HttpMethod.POST, "/v1/completions", BODY))
        .startsWith("200 ")
        .contains("\"completion_tokens\":3");
  }

  @Test
  void errorsHaveTheFormOfTheApi() throws Exception {
    assertThat(exchange(false, HttpMethod.POST, "/health", BODY)).startsWith("405 {\"error\":{");
    assertThat(exchange(false, HttpMethod.POST, "/nowhere", BODY)).startsWith("404 {\"error\":{");
    assertThat(exchange(false, HttpMethod.POST, "/v1/completions", "nonsense"))
        .startsWith("400 {\"error\":{");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models/%", "/v1/completions?a=%zz", "/nowhere/%e", "/v1/models/a b"})
  void aPathThatIsNoUriIsRefusedInTheFormOfTheApi(String path) throws Exception {
    assertThat(exchange(false, HttpMethod.POST, path, BODY))
        .startsWith("400 {\"error\":{")
        .contains("the path '" + path + "' is no URI (");
  }

  private String exchange(boolean upgrade, HttpMethod method, String path, String body)
      throws Exception {
    URI server = Objects.requireNonNull(root);
    io.vertx.core.http.HttpClient client =
        Objects.requireNonNull(vertx)
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(upgrade));
    try {
      return client
          .request(
              new RequestOptions()
                  .setHost(server.getHost())
                  .setPort(server.getPort())
                  .setMethod(method)
                  .setURI(path)
                  .putHeader("Content-Type", "application/json"))
          .compose(request -> send(request, body))
          .toCompletionStage()
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
    } finally {
      client.close();
    }
  }

  private static Future<String> send(HttpClientRequest request, String body) {
    Future<HttpClientResponse> answered = request.response();
    request.setChunked(true);
    request.write(Buffer.buffer(body.substring(0, 4)));
    request.end(Buffer.buffer(body.substring(4)));
    return answered.compose(answer -> answer.body().map(text -> answer.statusCode() + " " + text));
  }
}
