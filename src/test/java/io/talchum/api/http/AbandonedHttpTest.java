package io.talchum.api.http;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.Abandonment;
import io.talchum.api.StepGate;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever way a client leaves, its request ends. Often, since what was wrong was a race. */
@QuarkusTest
class AbandonedHttpTest {
  private static final int TIMES = 12;
  private static final int SLOTS = 4; // of the letter model
  private static final long NO_ERROR = 0;
  private static final long CANCEL = 8;
  private static final String PATH = "/v1/completions";

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Abandonment abandonment;
  @Inject @Nullable StepGate gate;
  @Inject @Nullable Vertx vertx;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClosedConnectionOfHttp1(boolean stream) throws Throwable {
    for (int i = 0; i < TIMES; i++) {
      try (Socket client = new Socket(root().getHost(), root().getPort())) {
        abandonment().assertCancels(() -> send(client, stream), client::close);
      }
    }
  }

  /** The connection is used again after an answer, and each request is listened for. */
  @Test
  void aKeptConnectionThatIsClosedLater() throws Throwable {
    try (Socket client = new Socket(root().getHost(), root().getPort())) {
      send(client, body(1, false));
      byte[] head = client.getInputStream().readNBytes("HTTP/1.1 200 OK".length());
      org.assertj.core.api.Assertions.assertThat(head).asString().isEqualTo("HTTP/1.1 200 OK");
      abandonment().assertCancels(() -> send(client, true), client::close);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aResetStreamOfHttp2(boolean stream) throws Throwable {
    for (int i = 0; i < TIMES; i++) {
      long code = i % 2 == 0 ? CANCEL : NO_ERROR;
      assertHttp2Cancels(stream, request -> request.reset(code));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClosedConnectionOfHttp2(boolean stream) throws Throwable {
    for (int i = 0; i < TIMES; i++) {
      assertHttp2Cancels(stream, request -> request.connection().close());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRequestThatStillWaitsForASlot(boolean stream) throws Throwable {
    List<Socket> others = new ArrayList<>();
    Objects.requireNonNull(gate).hold();
    try (Socket client = new Socket(root().getHost(), root().getPort())) {
      for (int i = 0; i < SLOTS; i++) {
        Socket other = new Socket(root().getHost(), root().getPort());
        others.add(other);
        send(other, true);
        abandonment().stepUntilRunning(i + 1);
      }
      abandonment().assertLeavesTheQueue(SLOTS, () -> send(client, stream), client::close);
    } finally {
      for (Socket other : others) {
        other.close();
      }
      Objects.requireNonNull(gate).open();
      abandonment().awaitLoad(0, 0);
    }
  }

  private void assertHttp2Cancels(boolean stream, Consumer<HttpClientRequest> leave)
      throws Throwable {
    HttpClient client =
        Objects.requireNonNull(vertx)
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false));
    try {
      HttpClientRequest request =
          await(client.request(HttpMethod.POST, root().getPort(), root().getHost(), PATH));
      request.putHeader("Content-Type", "application/json");
      abandonment()
          .assertCancels(
              () -> request.end(Buffer.buffer(body(Abandonment.TOKENS, stream))),
              () -> leave.accept(request));
    } finally {
      await(client.close());
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static void send(Socket client, boolean stream) throws java.io.IOException {
    send(client, body(Abandonment.TOKENS, stream));
  }

  private static void send(Socket client, String body) throws java.io.IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(PATH, body.length());
    client.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
  }

  private static String body(int tokens, boolean stream) {
    return "{\"prompt\":\"hi\",\"max_tokens\":%d,\"ignore_eos\":true,\"stream\":%b}"
        .formatted(tokens, stream);
  }

  private URI root() {
    return Objects.requireNonNull(root);
  }

  private Abandonment abandonment() {
    return Objects.requireNonNull(abandonment);
  }
}
