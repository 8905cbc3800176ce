package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.talchum.api.RecordingProfile;
import io.talchum.api.Transport;
import io.talchum.core.ErrorCode;
import io.talchum.core.Interaction;
import io.talchum.service.MemoryRecorder;
import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.ChatServiceGrpc;
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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of an answer leaves when it is recorded, and not before. */
@QuarkusTest
@TestProfile(RecordingProfile.class)
class RecordedGrpcTest {
  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable MemoryRecorder recorder;

  private @Nullable ManagedChannel channel;

  @BeforeEach
  void open() {
    channel = GrpcTransport.channel(Objects.requireNonNull(root));
    recorder().clear();
    recorder().hold(true);
  }

  @AfterEach
  void close() {
    recorder().hold(false);
    Objects.requireNonNull(channel).shutdownNow();
  }

  @Test
  void aWholeAnswerWaits() throws Exception {
    ListenableFuture<Answer> answer = ChatServiceGrpc.newFutureStub(channel).chat(chat(3));
    MemoryRecorder.Handed handed = recorder().next();
    CompletableFuture<Boolean> kept = new CompletableFuture<>();
    answer.addListener(() -> kept.complete(handed.word().isDone()), Runnable::run);
    handed.word().complete(null);
    assertThat(kept.get(60, TimeUnit.SECONDS)).isTrue();
    assertThat(answer.get().getId()).isEqualTo(handed.interaction().id());
    assertThat(answer.get().getChoices(0).getLogprobsList()).isEmpty();
    assertThat(handed.interaction().choices().getFirst().logprobs()).hasSize(3);
  }

  @Test
  void theLastEventOfAStreamWaits() throws Exception {
    Iterator<AnswerEvent> events = ChatServiceGrpc.newBlockingStub(channel).chatStream(chat(3));
    MemoryRecorder.Handed handed = recorder().next();
    assertThat(events.next().hasStart()).isTrue();
    for (int delta = 0; delta < 3; delta++) {
      assertThat(events.next().hasDelta()).isTrue();
    }
    CompletableFuture<Boolean> kept =
        CompletableFuture.supplyAsync(
            () -> {
              assertThat(events.next().hasFinish()).isTrue();
              return handed.word().isDone();
            });
    handed.word().complete(null);
    assertThat(kept.get(60, TimeUnit.SECONDS)).isTrue();
    List<AnswerEvent> rest = new ArrayList<>();
    events.forEachRemaining(rest::add);
    assertThat(rest).hasSize(1).allMatch(AnswerEvent::hasUsage);
  }

  @Test
  void aFailureOfTheRecorderIsTheStatus() throws Exception {
    CompletableFuture<Transport.Refused> whole =
        CompletableFuture.supplyAsync(
            () ->
                GrpcTransport.refusal(
                    () -> ChatServiceGrpc.newBlockingStub(channel).chat(chat(3))));
    recorder().next().word().completeExceptionally(new IOException("disk full"));
    assertRefused(whole);
    CompletableFuture<Transport.Refused> stream =
        CompletableFuture.supplyAsync(
            () ->
                GrpcTransport.refusal(
                    () -> {
                      ChatServiceGrpc.newBlockingStub(channel)
                          .chatStream(chat(3))
                          .forEachRemaining(event -> {});
                      return "a stream";
                    }));
    recorder().next().word().completeExceptionally(new IOException("disk full"));
    assertRefused(stream);
  }

  private static void assertRefused(CompletableFuture<Transport.Refused> call) throws Exception {
    Transport.Refused refused = call.get(60, TimeUnit.SECONDS);
    assertThat(refused.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(refused).hasMessageContaining("could not be recorded");
  }

  @Test
  void anAbandonedCallIsRecordedToo() throws Exception {
    Iterator<AnswerEvent> events = ChatServiceGrpc.newBlockingStub(channel).chatStream(chat(480));
    assertThat(events.next().hasStart()).isTrue();
    Objects.requireNonNull(channel).shutdownNow();
    Interaction interaction = recorder().next().interaction();
    assertThat(interaction.choices().getFirst().ending())
        .isEqualTo(new Interaction.Ending.Failed(ErrorCode.CANCELLED));
  }

  private static ChatRequest chat(int maxTokens) {
    return ChatRequest.newBuilder()
        .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent("hi"))
        .setSampling(Sampling.newBuilder().setMaxTokens(maxTokens).setIgnoreEos(true))
        .build();
  }

  private MemoryRecorder recorder() {
    return Objects.requireNonNull(recorder);
  }
}
