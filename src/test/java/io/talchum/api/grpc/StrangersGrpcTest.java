package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.talchum.api.gate.BodyBudget;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Bytes that no gRPC client of ours would send. */
@QuarkusTest
@TestProfile(StrangersGrpcTest.Strict.class)
class StrangersGrpcTest {
  private static final String HEALTH = "/grpc.health.v1.Health/Check";
  private static final String CHAT = "/talchum.v1.ChatService/Chat";
  private static final String KEY = "a-key-for-all";

  public static class Strict implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "talchum.api-keys", KEY + ",a-key-for-metrics metrics", "talchum.body-timeout", "1s");
    }
  }

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Vertx vertx;
  @Inject @Nullable BodyBudget budget;

  @Test
  void healthTakesSmallMessagesOnly() throws Exception {
    Buffer large = Buffer.buffer().appendByte((byte) 0).appendInt(31 << 20);
    assertThat(call(HEALTH, "", large, false)).startsWith("8 ").contains("at most 4096 bytes");
    assertThat(call(HEALTH, "", message(), true)).startsWith("0 ");
    assertNothingHeld();
  }

  @Test
  void messagesThatStopTimeOut() throws Exception {
    assertThat(call(HEALTH, "", Buffer.buffer(new byte[] {0, 0}), false)).startsWith("4 ");
    assertThat(call(HEALTH, "", message(), false)).startsWith("4 ");
    Buffer begun = Buffer.buffer().appendByte((byte) 0).appendInt(1 << 20).appendInt(0);
    assertThat(call(CHAT, KEY, begun, false)).startsWith("4 ");
    assertNothingHeld();
  }

  @Test
  void nothingIsReadWithoutAKeyOrItsScope() throws Exception {
    Buffer begun = Buffer.buffer().appendByte((byte) 0).appendInt(1 << 20);
    assertThat(call(CHAT, "", begun, false)).startsWith("16 ");
    assertThat(call(CHAT, "a-key-for-metrics", begun, false))
        .startsWith("7 ")
        .contains("the scope 'inference'");
    assertThat(call("/talchum.v1.Nothing/Here", KEY, begun, false)).startsWith("12 ");
    assertThat(call("/grpc.health.v1.Health/List", "", begun, false)).startsWith("16 ");
  }

  @Test
  void aCompressedMessageWithoutEncodingIsRefused() throws Exception {
    Buffer marked = Buffer.buffer().appendByte((byte) 1).appendInt(1).appendByte((byte) 0);
    assertThat(call(CHAT, KEY, marked, true)).startsWith("12 ").contains("names no grpc-encoding");
  }

  @Test
  void anotherEncodingIsRefusedAndThoseThatAreTakenAreNamed() throws Exception {
    assertThat(call(CHAT, KEY, message(), true, "snappy"))
        .startsWith("12 ")
        .contains("grpc-encoding 'snappy' is not supported");
  }

  private static Buffer message() {
    return Buffer.buffer().appendByte((byte) 0).appendInt(0);
  }

  /** Status and message of a call whose stream may stay open. */
  private String call(String path, String key, Buffer bytes, boolean ends) throws Exception {
    return call(path, key, bytes, ends, "");
  }

  private String call(String path, String key, Buffer bytes, boolean ends, String encoding)
      throws Exception {
    URI server = Objects.requireNonNull(root);
    HttpClient client =
        Objects.requireNonNull(vertx)
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false));
    try {
      return client
          .request(
              new RequestOptions()
                  .setHost(server.getHost())
                  .setPort(server.getPort())
                  .setMethod(HttpMethod.POST)
                  .setURI(path)
                  .putHeader("Content-Type", "application/grpc")
                  .putHeader("Authorization", "Bearer " + key)
                  .putHeader(encoding.isEmpty() ? "x-none" : "grpc-encoding", encoding))
          .compose(request -> send(request, bytes, ends))
          .toCompletionStage()
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
    } finally {
      client.close();
    }
  }

  private static Future<String> send(HttpClientRequest request, Buffer bytes, boolean ends) {
    Future<HttpClientResponse> answered = request.response();
    request.setChunked(true);
    if (ends) {
      request.end(bytes);
    } else {
      request.write(bytes);
    }
    return answered.compose(StrangersGrpcTest::status);
  }

  private static Future<String> status(HttpClientResponse answer) {
    String status = answer.getHeader("grpc-status");
    return status != null
        ? Future.succeededFuture(status + " " + answer.getHeader("grpc-message"))
        : answer
            .end()
            .map(end -> answer.getTrailer("grpc-status") + " " + answer.getTrailer("grpc-message"));
  }

  private void assertNothingHeld() {
    BodyBudget all = Objects.requireNonNull(budget);
    for (int i = 0; i < 10_000 && all.used() > 0; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(all.used()).isZero();
  }
}
