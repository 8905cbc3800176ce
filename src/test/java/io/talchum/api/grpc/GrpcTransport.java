package io.talchum.api.grpc;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.talchum.api.Transport;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.CompletionServiceGrpc;
import io.talchum.v1.DetokenizeRequest;
import io.talchum.v1.FinishReason;
import io.talchum.v1.ListModelsRequest;
import io.talchum.v1.LoadAdapterRequest;
import io.talchum.v1.ModelServiceGrpc;
import io.talchum.v1.ModelVersions;
import io.talchum.v1.TokenLogprob;
import io.talchum.v1.TokenizeResponse;
import io.talchum.v1.TokenizeServiceGrpc;
import io.talchum.v1.UnloadAdapterRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** The contract's client over gRPC: the generated blocking stubs. */
final class GrpcTransport implements Transport {
  private final ManagedChannel channel;

  GrpcTransport(URI root) {
    this.channel = channel(root);
  }

  static ManagedChannel channel(URI root) {
    return NettyChannelBuilder.forAddress(root.getHost(), root.getPort()).usePlaintext().build();
  }

  @Override
  public Answer chat(ChatRequest request) {
    return refusable(
        () -> answer(ChatServiceGrpc.newBlockingStub(channel).chat(RequestMessages.chat(request))));
  }

  @Override
  public Answer chatStream(ChatRequest request) {
    return refusable(() -> answer(JoinedEvents.of(open(request))));
  }

  @Override
  public void chatAborted(ChatRequest request, int pieces) {
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(
          () -> {
            Iterator<AnswerEvent> events = open(request);
            for (int seen = 0; seen <= pieces; seen++) {
              events.next();
            }
          });
    }
  }

  @Override
  public Answer complete(CompletionRequest request) {
    return refusable(
        () ->
            answer(
                CompletionServiceGrpc.newBlockingStub(channel)
                    .complete(RequestMessages.completion(request))));
  }

  @Override
  public String rendered(ChatRequest request) {
    return refusable(
        () -> {
          TokenizeServiceGrpc.TokenizeServiceBlockingStub stub =
              TokenizeServiceGrpc.newBlockingStub(channel);
          TokenizeResponse tokens = stub.tokenize(RequestMessages.tokenize(request));
          return stub.detokenize(
                  DetokenizeRequest.newBuilder().addAllTokenIds(tokens.getTokenIdsList()).build())
              .getText();
        });
  }

  @Override
  public List<Model> models() {
    return refusable(
        () ->
            ModelServiceGrpc.newBlockingStub(channel)
                .listModels(ListModelsRequest.getDefaultInstance())
                .getModelsList()
                .stream()
                .map(
                    model ->
                        new Model(
                            model.getName(),
                            model.getVersion(),
                            model.getParent(),
                            model.getSamplingDefaults().getTemperature()))
                .toList());
  }

  @Override
  public void loadAdapter(String name, String folder, boolean replace) {
    LoadAdapterRequest request =
        LoadAdapterRequest.newBuilder()
            .setLoraName(name)
            .setLoraPath(folder)
            .setLoadInplace(replace)
            .build();
    String loaded =
        refusable(() -> AdapterServiceGrpc.newBlockingStub(channel).loadAdapter(request).getName());
    if (!loaded.equals(name)) {
      throw new AssertionError(loaded + " was loaded instead of " + name);
    }
  }

  @Override
  public void unloadAdapter(String name) {
    UnloadAdapterRequest request = UnloadAdapterRequest.newBuilder().setLoraName(name).build();
    refusable(() -> AdapterServiceGrpc.newBlockingStub(channel).unloadAdapter(request));
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private Iterator<AnswerEvent> open(ChatRequest request) {
    return ChatServiceGrpc.newBlockingStub(channel).chatStream(RequestMessages.chat(request));
  }

  private static Answer answer(io.talchum.v1.Answer wire) {
    ModelVersions versions = wire.getVersions();
    List<Choice> choices = new ArrayList<>();
    for (io.talchum.v1.Choice choice : wire.getChoicesList()) {
      choices.add(
          new Choice(
              choice.getText(),
              choice.getReasoningContent(),
              choice.getFinishReason() == FinishReason.FINISH_REASON_STOP ? "stop" : "length",
              choice.getLogprobsList().stream().map(TokenLogprob::getLogprob).toList()));
    }
    return new Answer(
        versions.getBaseName() + "@" + versions.getBaseVersion(),
        versions.hasAdapterName()
            ? versions.getAdapterName() + "@" + versions.getAdapterVersion()
            : "",
        choices,
        wire.getUsage().getPromptTokens(),
        wire.getUsage().getCompletionTokens(),
        wire.getUsage().hasReasoningTokens() ? wire.getUsage().getReasoningTokens() : -1,
        wire.getUsage().getCachedTokens());
  }

  private static <T> T refusable(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw refused(e);
    }
  }

  /** The refusal of a call that must be refused. */
  static Refused refusal(Supplier<?> call) {
    try {
      Object answer = call.get();
      throw new AssertionError("not refused but answered with " + answer);
    } catch (StatusRuntimeException e) {
      return refused(e);
    }
  }

  private static Refused refused(StatusRuntimeException error) {
    Metadata trailers = error.getTrailers();
    String word = trailers == null ? null : trailers.get(WireError.CODE);
    if (word == null) {
      throw error;
    }
    ErrorCode code = ErrorCode.valueOf(word);
    Status status = error.getStatus();
    if (StatusTable.of(code) != status.getCode()) {
      throw new AssertionError(word + " came with status " + status);
    }
    return new Refused(code, status.getDescription());
  }
}
