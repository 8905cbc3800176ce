package io.talchum.api.grpc;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.talchum.api.Transport;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.service.MixRequest;
import io.talchum.v1.ActivateAdapterRequest;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChatServiceGrpc;
import io.talchum.v1.CompletionServiceGrpc;
import io.talchum.v1.DeleteAdapterRequest;
import io.talchum.v1.DetokenizeRequest;
import io.talchum.v1.FinishReason;
import io.talchum.v1.GetStoredAdapterRequest;
import io.talchum.v1.ListModelsRequest;
import io.talchum.v1.ListStoredAdaptersRequest;
import io.talchum.v1.ListStoredAdaptersResponse;
import io.talchum.v1.LoadAdapterRequest;
import io.talchum.v1.MixAdaptersRequest;
import io.talchum.v1.ModelServiceGrpc;
import io.talchum.v1.ModelVersions;
import io.talchum.v1.PinAdapterRequest;
import io.talchum.v1.RollBackAdapterRequest;
import io.talchum.v1.StoredAdapter;
import io.talchum.v1.TokenLogprob;
import io.talchum.v1.TokenizeResponse;
import io.talchum.v1.TokenizeServiceGrpc;
import io.talchum.v1.UnloadAdapterRequest;
import io.talchum.v1.UploadAdapterRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
  public Stored upload(String name, Map<String, byte[]> files, boolean activate) {
    SingleAnswer<StoredAdapter> answer = new SingleAnswer<>();
    StreamObserver<UploadAdapterRequest> parts =
        AdapterServiceGrpc.newStub(channel).uploadAdapter(answer);
    parts.onNext(
        UploadAdapterRequest.newBuilder()
            .setHead(UploadAdapterRequest.Head.newBuilder().setName(name).setActivate(activate))
            .build());
    files.forEach(
        (file, bytes) -> {
          parts.onNext(UploadAdapterRequest.newBuilder().setFile(file).build());
          for (int at = 0; at < bytes.length; at += 10_000) {
            parts.onNext(
                UploadAdapterRequest.newBuilder()
                    .setData(ByteString.copyFrom(bytes, at, Math.min(10_000, bytes.length - at)))
                    .build());
          }
        });
    parts.onCompleted();
    return refusable(() -> stored(answer.await()));
  }

  private static Stored stored(StoredAdapter adapter) {
    return new Stored(
        adapter.getName(),
        adapter.getCurrent(),
        adapter.getPinned(),
        adapter.getVersionsList().stream().map(StoredAdapter.Version::getVersion).toList(),
        adapter.getHistoryList().stream().map(StoredAdapter.Event::getAction).toList(),
        adapter.getVersionsList().stream()
            .map(version -> version.getSelfTest().getStatus().name())
            .map(status -> status.substring("STATUS_".length()).toLowerCase(Locale.ROOT))
            .toList());
  }

  private AdapterServiceGrpc.AdapterServiceBlockingStub adapters() {
    return AdapterServiceGrpc.newBlockingStub(channel);
  }

  @Override
  public Stored mix(MixRequest request) {
    MixAdaptersRequest.Builder wire =
        MixAdaptersRequest.newBuilder()
            .setName(request.name())
            .addAllAdapters(RequestMessages.adapters(request.adapters()))
            .setCombinationType(request.combinationType())
            .setActivate(request.activate());
    Optional.ofNullable(request.density()).ifPresent(wire::setDensity);
    Optional.ofNullable(request.majoritySignMethod()).ifPresent(wire::setMajoritySignMethod);
    Optional.ofNullable(request.seed()).ifPresent(wire::setSeed);
    return refusable(() -> stored(adapters().mixAdapters(wire.build())));
  }

  @Override
  public Stored stored(String name) {
    return refusable(
        () ->
            stored(
                adapters()
                    .getStoredAdapter(GetStoredAdapterRequest.newBuilder().setName(name).build())));
  }

  @Override
  public List<String> storedNames() {
    return adapters()
        .listStoredAdapters(ListStoredAdaptersRequest.getDefaultInstance())
        .getAdaptersList()
        .stream()
        .map(ListStoredAdaptersResponse.Summary::getName)
        .toList();
  }

  @Override
  public Stored activate(String name, String version) {
    return refusable(
        () ->
            stored(
                adapters()
                    .activateAdapter(
                        ActivateAdapterRequest.newBuilder()
                            .setName(name)
                            .setVersion(version)
                            .build())));
  }

  @Override
  public Stored rollBack(String name) {
    return refusable(
        () ->
            stored(
                adapters()
                    .rollBackAdapter(RollBackAdapterRequest.newBuilder().setName(name).build())));
  }

  @Override
  public Stored pin(String name, boolean pinned) {
    return refusable(
        () ->
            stored(
                adapters()
                    .pinAdapter(
                        PinAdapterRequest.newBuilder().setName(name).setPinned(pinned).build())));
  }

  @Override
  public void deleteStored(String name, String version, boolean whenUnused) {
    DeleteAdapterRequest.Builder request =
        DeleteAdapterRequest.newBuilder().setName(name).setWhenUnused(whenUnused);
    if (!version.isEmpty()) {
      request.setVersion(version);
    }
    refusable(() -> adapters().deleteAdapter(request.build()));
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
            : versions.getAdaptersCount() > 0 ? versions.getModel() : "",
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
