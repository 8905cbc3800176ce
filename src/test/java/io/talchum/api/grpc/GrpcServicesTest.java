package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.core.ErrorCode;
import io.talchum.v1.Adapter;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.Answer;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.CompletionRequest;
import io.talchum.v1.CompletionServiceGrpc;
import io.talchum.v1.DetokenizeRequest;
import io.talchum.v1.GetModelRequest;
import io.talchum.v1.GetTokenizerInfoRequest;
import io.talchum.v1.ListAdaptersRequest;
import io.talchum.v1.Model;
import io.talchum.v1.ModelServiceGrpc;
import io.talchum.v1.Prompt;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import io.talchum.v1.TokenLogprob;
import io.talchum.v1.TokenizeRequest;
import io.talchum.v1.TokenizeResponse;
import io.talchum.v1.TokenizeServiceGrpc;
import io.talchum.v1.TokenizeServiceGrpc.TokenizeServiceBlockingStub;
import io.talchum.v1.TokenizerInfo;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The services that the contract does not reach. */
@QuarkusTest
class GrpcServicesTest {
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
  void echoesThePromptWithItsLogprobs() {
    CompletionRequest request =
        CompletionRequest.newBuilder()
            .addPrompt(Prompt.newBuilder().setText("abc"))
            .setEcho(true)
            .setSampling(Sampling.newBuilder().setMaxTokens(3).setLogprobs(true).setTopLogprobs(1))
            .build();
    CompletionServiceGrpc.CompletionServiceBlockingStub stub =
        CompletionServiceGrpc.newBlockingStub(channel);
    Answer whole = stub.complete(request);
    assertThat(whole.getChoices(0).getText()).hasSize(6).startsWith("abc");
    List<TokenLogprob> tokens = whole.getChoices(0).getLogprobsList();
    assertThat(tokens)
        .extracting(TokenLogprob::hasLogprob)
        .containsExactly(false, true, true, true, true, true);
    assertThat(tokens.get(0).getToken().toStringUtf8()).isEqualTo("a");
    assertThat(tokens.get(5).getTopCount()).isEqualTo(1);
    Answer streamed = JoinedEvents.of(stub.completeStream(request));
    assertThat(streamed.getChoicesList()).isEqualTo(whole.getChoicesList());
    assertThat(streamed.getUsage()).isEqualTo(whole.getUsage());
  }

  @Test
  void showsOneModel() {
    ModelServiceGrpc.ModelServiceBlockingStub stub = ModelServiceGrpc.newBlockingStub(channel);
    Model model = stub.getModel(GetModelRequest.newBuilder().setModel("lora_qv").build());
    assertThat(model.getParent()).isEqualTo("letters");
    assertThat(model.getExactName()).isEqualTo("lora_qv@" + model.getVersion().substring(0, 12));
    assertThat(model.getContextTokens()).isEqualTo(512);
    assertThat(
            GrpcTransport.refusal(
                    () -> stub.getModel(GetModelRequest.newBuilder().setModel("no").build()))
                .code())
        .isEqualTo(ErrorCode.MODEL_NOT_FOUND);
  }

  @Test
  void listsAdapters() {
    List<Adapter> adapters =
        AdapterServiceGrpc.newBlockingStub(channel)
            .listAdapters(ListAdaptersRequest.getDefaultInstance())
            .getAdaptersList();
    assertThat(adapters).extracting(Adapter::getName).contains("lora_qv", "lora_r1").isSorted();
    assertThat(adapters)
        .filteredOn(adapter -> adapter.getName().equals("lora_r1"))
        .singleElement()
        .satisfies(
            adapter -> {
              assertThat(adapter.getRank()).isEqualTo(1);
              assertThat(adapter.getVersion()).hasSize(64);
              assertThat(adapter.getSource()).isEqualTo("lora_r1");
            });
  }

  @Test
  void tokenizesWhatARequestCanHold() {
    TokenizeServiceBlockingStub stub = TokenizeServiceGrpc.newBlockingStub(channel);
    assertThatThrownBy(
            () -> stub.tokenize(TokenizeRequest.newBuilder().setPrompt("x".repeat(2000)).build()))
        .hasMessageContaining("cannot fit the context of 512 tokens");
    assertThatThrownBy(
            () ->
                stub.detokenize(
                    DetokenizeRequest.newBuilder()
                        .addAllTokenIds(Collections.nCopies(513, 97))
                        .build()))
        .hasMessageContaining("token_ids has 513 ids, but the context holds 512");
  }

  @Test
  void tokenizesAndBack() {
    TokenizeServiceBlockingStub stub = TokenizeServiceGrpc.newBlockingStub(channel);
    TokenizeResponse text = stub.tokenize(TokenizeRequest.newBuilder().setPrompt("ab").build());
    assertThat(text.getTokenIdsList()).containsExactly((int) 'a', (int) 'b');
    assertThat(text.getTokensList()).containsExactly("a", "b");
    TokenizeResponse chat =
        stub.tokenize(
            TokenizeRequest.newBuilder()
                .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
                .build());
    assertThat(
            stub.detokenize(
                    DetokenizeRequest.newBuilder().addAllTokenIds(chat.getTokenIdsList()).build())
                .getText())
        .isEqualTo("user:hi\nassistant:");
    TokenizerInfo info = stub.getTokenizerInfo(GetTokenizerInfoRequest.getDefaultInstance());
    assertThat(info.hasBosToken()).isFalse();
    assertThat(info.getEosToken()).isEqualTo("<eos>");
    assertThat(info.getVocabularySize()).isEqualTo(256);
  }

  @Test
  void reflectionShowsTheServices() throws InvalidProtocolBufferException {
    assertThat(
            reflect(ServerReflectionRequest.newBuilder().setListServices("").build())
                .getListServicesResponse()
                .getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(
            "talchum.v1.ChatService",
            "talchum.v1.CompletionService",
            "talchum.v1.ModelService",
            "talchum.v1.AdapterService",
            "talchum.v1.TokenizeService",
            "grpc.health.v1.Health");
    ServerReflectionResponse file =
        reflect(
            ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("talchum.v1.ChatService")
                .build());
    assertThat(
            FileDescriptorProto.parseFrom(
                    file.getFileDescriptorResponse().getFileDescriptorProto(0))
                .getPackage())
        .isEqualTo("talchum.v1");
  }

  @Test
  void healthIsThatOfTheEngine() {
    HealthGrpc.HealthBlockingStub stub = HealthGrpc.newBlockingStub(channel);
    assertThat(stub.check(service("")).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(stub.check(service("talchum.v1.ChatService")).getStatus())
        .isEqualTo(ServingStatus.SERVING);
    assertThat(GrpcTransport.refusal(() -> stub.check(service("nobody"))).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(stub.watch(service("")).next())
        .isEqualTo(HealthCheckResponse.newBuilder().setStatus(ServingStatus.SERVING).build());
    assertThat(stub.watch(service("nobody")).next().getStatusValue()).isEqualTo(3);
  }

  private static HealthCheckRequest service(String name) {
    return HealthCheckRequest.newBuilder().setService(name).build();
  }

  private ServerReflectionResponse reflect(ServerReflectionRequest request) {
    return Reflection.ask(Objects.requireNonNull(channel), request);
  }
}
