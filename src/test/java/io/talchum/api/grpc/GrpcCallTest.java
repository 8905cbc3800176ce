package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.talchum.api.EndedRequests;
import io.talchum.api.Transport;
import io.talchum.core.ErrorCode;
import io.talchum.engine.Engine;
import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.ChatServiceGrpc.ChatServiceBlockingStub;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the contract cannot say because only gRPC has it: deadlines, flow control, connections. */
@QuarkusTest
class GrpcCallTest {
  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable Engine engine;
  @Inject @Nullable MeterRegistry meters;

  private @Nullable ManagedChannel channel;

  @BeforeEach
  void open() {
    channel = GrpcTransport.channel(root());
  }

  @AfterEach
  void close() {
    Objects.requireNonNull(channel).shutdownNow();
  }

  /** Sent as a header, so that the client itself knows of no deadline. */
  @Test
  void theServerEndsACallAtItsDeadline() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "20m");
    ChatServiceBlockingStub stub =
        stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    Transport.Refused refused = GrpcTransport.refusal(() -> stub.chat(chat(480)));
    assertThat(refused.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    ended().assertIdle();
  }

  @Test
  void aLostConnectionFreesTheSlot() throws IOException {
    try (CuttableProxy proxy = new CuttableProxy(root())) {
      ManagedChannel through = GrpcTransport.channel(proxy.root());
      Iterator<AnswerEvent> events = ChatServiceGrpc.newBlockingStub(through).chatStream(chat(480));
      readTwo(events);
      double before = ended().cancelled();
      proxy.cut();
      ended().assertOneMoreCancelledThan(before);
      through.shutdownNow();
    }
  }

  @Test
  void aCancelledCallFreesTheSlot() {
    double before = ended().cancelled();
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(() -> readTwo(stub().chatStream(chat(480))));
    }
    ended().assertOneMoreCancelledThan(before);
  }

  @Test
  void aCancelledUnaryCallFreesTheSlot() {
    ended().assertIdle();
    double before = ended().cancelled();
    Future<Answer> answer = ChatServiceGrpc.newFutureStub(channel).chat(chat(480));
    awaitRunning();
    answer.cancel(true);
    ended().assertOneMoreCancelledThan(before);
  }

  @Test
  void aSlowReaderHoldsUpNobodyAndMissesNothing() {
    ChatRequest verbose =
        chat(400).toBuilder()
            .setSampling(
                Sampling.newBuilder().setMaxTokens(400).setLogprobs(true).setTopLogprobs(20))
            .build();
    ManagedChannel narrow =
        NettyChannelBuilder.forAddress(root().getHost(), root().getPort())
            .usePlaintext()
            .flowControlWindow(1024)
            .build();
    SlowReader reader = new SlowReader();
    ChatServiceGrpc.newStub(narrow).chatStream(verbose, reader);
    assertThat(stub().chat(chat(20)).getUsage().getCompletionTokens()).isEqualTo(20);
    ended().assertIdle();
    assertThat(reader.ended).isNotDone();
    Answer whole = stub().chat(verbose);
    Answer slow = JoinedEvents.of(reader.rest().iterator());
    assertThat(slow.getChoicesList()).isEqualTo(whole.getChoicesList());
    assertThat(slow.getUsage()).isEqualTo(whole.getUsage());
    narrow.shutdownNow();
  }

  /** Asks for no message before it is told to. */
  private static final class SlowReader
      implements ClientResponseObserver<ChatRequest, AnswerEvent> {
    private final List<AnswerEvent> events = new ArrayList<>();
    private final CompletableFuture<List<AnswerEvent>> ended = new CompletableFuture<>();
    private @Nullable ClientCallStreamObserver<ChatRequest> call;

    @Override
    public void beforeStart(ClientCallStreamObserver<ChatRequest> started) {
      call = started;
      started.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(AnswerEvent event) {
      events.add(event);
    }

    @Override
    public void onError(Throwable t) {
      ended.completeExceptionally(t);
    }

    @Override
    public void onCompleted() {
      ended.complete(events);
    }

    private List<AnswerEvent> rest() {
      Objects.requireNonNull(call).request(Integer.MAX_VALUE - 1);
      return ended.join();
    }
  }

  private static ChatRequest chat(int maxTokens) {
    return ChatRequest.newBuilder()
        .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
        .setSampling(Sampling.newBuilder().setMaxTokens(maxTokens))
        .build();
  }

  /** The start and a delta: the request has a slot. */
  private static void readTwo(Iterator<AnswerEvent> events) {
    assertThat(events.next().hasStart()).isTrue();
    assertThat(events.next().hasDelta()).isTrue();
  }

  private void awaitRunning() {
    Engine running = Objects.requireNonNull(engine);
    while (running.stats().running() == 0) {
      LockSupport.parkNanos(100_000);
    }
  }

  private EndedRequests ended() {
    return new EndedRequests(Objects.requireNonNull(meters), Objects.requireNonNull(engine));
  }

  private ChatServiceBlockingStub stub() {
    return ChatServiceGrpc.newBlockingStub(channel);
  }

  private URI root() {
    return Objects.requireNonNull(root);
  }
}
