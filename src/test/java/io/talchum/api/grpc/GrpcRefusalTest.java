package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.Transport;
import io.talchum.core.ErrorCode;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.ChatServiceGrpc.ChatServiceBlockingStub;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bad input that only gRPC can carry, and how errors look on its wire. */
@QuarkusTest
class GrpcRefusalTest {
  private static final String CHAT = "talchum.v1.ChatService/Chat";
  private static final int MAX_BYTES = 4 << 20;

  @TestHTTPResource @Nullable URI root;

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
  void errorsNameTheFieldAndSayWhatHttpSays() throws IOException, InterruptedException {
    ChatRequest bad = chat().setSampling(Sampling.newBuilder().setTopP(2f)).build();
    StatusRuntimeException error =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().chat(bad));
    Metadata trailers = Objects.requireNonNull(error.getTrailers());
    assertThat(trailers.get(WireError.PARAM)).isEqualTo("top_p");
    JsonNode http = postHttp("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"top_p\":2}");
    assertThat(error.getStatus().getDescription())
        .isEqualTo(http.path("error").path("message").asText());
    assertThat(trailers.get(WireError.PARAM)).isEqualTo(http.path("error").path("param").asText());
  }

  @Test
  void refusesUnknownFields() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    ChatRequest request = chat().setUnknownFields(unknown).build();
    Transport.Refused refused = GrpcTransport.refusal(() -> stub().chat(request));
    assertThat(refused.code()).isEqualTo(ErrorCode.UNSUPPORTED);
    assertThat(refused).hasMessageContaining("field number 99 of ChatRequest");
    assertServes();
  }

  @Test
  void refusesBytesThatAreNoMessage() {
    assertNoMessage(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff});
    assertNoMessage("\n\u0005ab".getBytes(StandardCharsets.US_ASCII)); // cut in field 1
    assertNoMessage(new byte[] {'\n', 1, (byte) 0xc3}); // not UTF-8
    byte[] deep = new byte[2000]; // groups in groups, unknown all of them
    java.util.Arrays.fill(deep, (byte) 0x1b);
    assertNoMessage(deep);
    assertServes();
  }

  @Test
  void refusesMessagesThatAreTooLarge() {
    ChatRequest request = chat().setModel("x".repeat(MAX_BYTES)).build();
    Transport.Refused refused = GrpcTransport.refusal(() -> stub().chat(request));
    assertThat(refused.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
    assertThat(refused).hasMessageContaining("at most " + MAX_BYTES + " bytes");
    assertServes();
  }

  @Test
  void readsMessagesUpToTheLimit() {
    ChatRequest request = chat().setModel("x".repeat(MAX_BYTES - 100)).build();
    Transport.Refused refused = GrpcTransport.refusal(() -> stub().chat(request));
    assertThat(refused.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
  }

  @Test
  void takesGzip() {
    ChatRequest request = chat().setModel("x".repeat(1000)).build();
    Transport.Refused refused =
        GrpcTransport.refusal(() -> stub().withCompression("gzip").chat(request));
    assertThat(refused.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    assertThat(stub().withCompression("gzip").chat(chat().build()).getUsage().getCompletionTokens())
        .isEqualTo(2);
    ChatRequest bomb = chat().setModel("x".repeat(2 * MAX_BYTES)).build();
    Transport.Refused large =
        GrpcTransport.refusal(() -> stub().withCompression("gzip").chat(bomb));
    assertThat(large.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE);
    assertThat(large).hasMessageContaining("when unpacked");
  }

  @Test
  void refusesTimeoutsThatAreNone() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "soon");
    ChatServiceBlockingStub stub =
        stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    Transport.Refused refused = GrpcTransport.refusal(() -> stub.chat(chat().build()));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused).hasMessageContaining("grpc-timeout 'soon'");
  }

  private void assertNoMessage(byte[] bytes) {
    Transport.Refused refused = RawCalls.refused(Objects.requireNonNull(channel), CHAT, bytes);
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused).hasMessageContaining("no valid protobuf message for " + CHAT);
  }

  private void assertServes() {
    assertThat(stub().chat(chat().build()).getUsage().getCompletionTokens()).isEqualTo(2);
  }

  private JsonNode postHttp(String body) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(Objects.requireNonNull(root).resolve("/v1/chat/completions"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      return new ObjectMapper()
          .readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
  }

  private static ChatRequest.Builder chat() {
    return ChatRequest.newBuilder()
        .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
        .setSampling(Sampling.newBuilder().setMaxTokens(2));
  }

  private ChatServiceBlockingStub stub() {
    return ChatServiceGrpc.newBlockingStub(channel);
  }
}
