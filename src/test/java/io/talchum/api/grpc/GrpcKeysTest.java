package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.talchum.api.Transport;
import io.talchum.core.ErrorCode;
import io.talchum.engine.Engine;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.ListModelsRequest;
import io.talchum.v1.ModelServiceGrpc;
import io.talchum.v1.Role;
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
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server with API keys, whose engine stops in the end. */
@QuarkusTest
@TestProfile(GrpcKeysTest.WithKeys.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GrpcKeysTest {
  private static final String KEY = "a-key-of-this-test";

  /** One key. */
  public static final class WithKeys implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("talchum.api-keys", KEY);
    }
  }

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Engine engine;
  @Inject @Nullable Vertx vertx;

  private @Nullable ManagedChannel channel;

  @BeforeEach
  void open() {
    channel = GrpcTransport.channel(Objects.requireNonNull(root));
  }

  @AfterEach
  void close() {
    Objects.requireNonNull(channel).shutdownNow();
  }

  @Test
  void callsNeedAKey() {
    assertUnauthenticated(plain(), "this server needs an API key");
    assertUnauthenticated(with("Bearer wrong"), "not one of this server's keys");
    assertUnauthenticated(with("Basic " + KEY), "not of the form 'Bearer KEY'");
    assertThat(list(with("Bearer " + KEY))).isPositive();
    assertThat(list(with("bearer " + KEY))).isPositive();
  }

  @Test
  void reflectionNeedsAKeyAndHealthDoesNot() {
    assertThat(GrpcTransport.refusal(() -> reflect(plain())).code())
        .isEqualTo(ErrorCode.UNAUTHENTICATED);
    assertThat(reflect(with("Bearer " + KEY))).isPositive();
    assertThat(health().check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  /** What calls itself gRPC must not slip past the gate of HTTP. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/models",
        "/metrics",
        "/openapi",
        "/grpc.health.v1.Health/../v1/models",
        "/grpc.health.v1.Health/Check/../../v1/models",
        "/grpc.health.v1.Health/%2e%2e/v1/models"
      })
  void nothingElseOpensByContentType(String path) {
    for (HttpVersion version : new HttpVersion[] {HttpVersion.HTTP_1_1, HttpVersion.HTTP_2}) {
      assertThat(get(version, path)).as(version + " " + path).doesNotContain("letters", "vllm:");
    }
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void healthFollowsTheEngine() {
    Iterator<HealthCheckResponse> watched = health().watch(HealthCheckRequest.getDefaultInstance());
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    Objects.requireNonNull(engine).close();
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health().check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.NOT_SERVING);
    ChatRequest chat =
        ChatRequest.newBuilder()
            .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
            .build();
    Transport.Refused refused =
        GrpcTransport.refusal(
            () -> ChatServiceGrpc.newBlockingStub(with("Bearer " + KEY)).chat(chat));
    assertThat(refused.code()).isEqualTo(ErrorCode.SHUTTING_DOWN);
  }

  private static void assertUnauthenticated(Channel caller, String reason) {
    Transport.Refused refused = GrpcTransport.refusal(() -> list(caller));
    assertThat(refused.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
    assertThat(refused).hasMessageContaining(reason);
  }

  private static int list(Channel caller) {
    return ModelServiceGrpc.newBlockingStub(caller)
        .listModels(ListModelsRequest.getDefaultInstance())
        .getModelsCount();
  }

  private static int reflect(Channel caller) {
    ServerReflectionRequest request =
        ServerReflectionRequest.newBuilder().setListServices("").build();
    return Reflection.ask(caller, request).getListServicesResponse().getServiceCount();
  }

  /** The body, or the reason for none. */
  private String get(HttpVersion version, String path) {
    URI server = Objects.requireNonNull(root);
    HttpClient client =
        Objects.requireNonNull(vertx)
            .createHttpClient(
                new HttpClientOptions()
                    .setProtocolVersion(version)
                    .setHttp2ClearTextUpgrade(false));
    try {
      return client
          .request(
              new RequestOptions()
                  .setHost(server.getHost())
                  .setPort(server.getPort())
                  .setMethod(HttpMethod.GET)
                  .setURI(path)
                  .putHeader("Content-Type", "application/grpc"))
          .compose(GrpcKeysTest::body)
          .map(body -> body.toString())
          .otherwise(Throwable::toString)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } finally {
      client.close();
    }
  }

  /** Listens before it sends, so that nothing of the answer is missed. */
  private static Future<Buffer> body(HttpClientRequest request) {
    Future<Buffer> body = request.response().compose(HttpClientResponse::body);
    return request.end().compose(sent -> body);
  }

  private HealthGrpc.HealthBlockingStub health() {
    return HealthGrpc.newBlockingStub(channel);
  }

  private Channel plain() {
    return Objects.requireNonNull(channel);
  }

  private Channel with(String authorization) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
    return ClientInterceptors.intercept(
        plain(), MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
