package io.talchum.api.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.AdapterService;
import io.talchum.service.AdapterUpload;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.SavedMixes;
import io.talchum.service.StoredAdapters;
import io.talchum.v1.ActivateAdapterRequest;
import io.talchum.v1.Adapter;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.DeleteAdapterRequest;
import io.talchum.v1.DeleteAdapterResponse;
import io.talchum.v1.GetStoredAdapterRequest;
import io.talchum.v1.ListAdaptersRequest;
import io.talchum.v1.ListAdaptersResponse;
import io.talchum.v1.ListStoredAdaptersRequest;
import io.talchum.v1.ListStoredAdaptersResponse;
import io.talchum.v1.LoadAdapterRequest;
import io.talchum.v1.MixAdaptersRequest;
import io.talchum.v1.PinAdapterRequest;
import io.talchum.v1.RollBackAdapterRequest;
import io.talchum.v1.StoredAdapter;
import io.talchum.v1.UnloadAdapterRequest;
import io.talchum.v1.UnloadAdapterResponse;
import io.talchum.v1.UploadAdapterRequest;
import java.util.function.Supplier;

/** {@code talchum.v1.AdapterService}. */
@GrpcService
public class AdapterGrpcService extends AdapterServiceGrpc.AdapterServiceImplBase {
  private final AdapterService adapters;
  private final StoredAdapters stored;
  private final SavedMixes mixes;
  private final Calls calls;

  public AdapterGrpcService(
      AdapterService adapters, StoredAdapters stored, SavedMixes mixes, Calls calls) {
    this.adapters = adapters;
    this.stored = stored;
    this.mixes = mixes;
    this.calls = calls;
  }

  @Override
  public void loadAdapter(LoadAdapterRequest request, StreamObserver<Adapter> out) {
    calls.run(out, call -> call.send(AdapterMapper.adapter(load(request))));
  }

  @Override
  public void unloadAdapter(
      UnloadAdapterRequest request, StreamObserver<UnloadAdapterResponse> out) {
    calls.run(
        out,
        call -> {
          adapters.unload(Required.text("lora_name", request.getLoraName()));
          call.send(UnloadAdapterResponse.getDefaultInstance());
        });
  }

  @Override
  public void listAdapters(ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> out) {
    calls.run(out, call -> call.send(AdapterMapper.adapters(adapters.list())));
  }

  @Override
  public StreamObserver<UploadAdapterRequest> uploadAdapter(StreamObserver<StoredAdapter> out) {
    UploadStream parts = new UploadStream((ServerCallStreamObserver<StoredAdapter>) out);
    calls.run(
        out,
        call -> {
          try (AdapterUpload upload = stored.upload()) {
            call.send(StoredAdapterMapper.adapter(parts.readInto(upload)));
          }
        });
    return parts;
  }

  @Override
  public void mixAdapters(MixAdaptersRequest request, StreamObserver<StoredAdapter> out) {
    answer(out, () -> mixes.save(MixMapper.saved(request)));
  }

  @Override
  public void listStoredAdapters(
      ListStoredAdaptersRequest request, StreamObserver<ListStoredAdaptersResponse> out) {
    calls.run(out, call -> call.send(StoredAdapterMapper.list(stored.list())));
  }

  @Override
  public void getStoredAdapter(GetStoredAdapterRequest request, StreamObserver<StoredAdapter> out) {
    answer(out, () -> stored.get(Required.text("name", request.getName())));
  }

  @Override
  public void activateAdapter(ActivateAdapterRequest request, StreamObserver<StoredAdapter> out) {
    answer(
        out,
        () ->
            stored.activate(
                Required.text("name", request.getName()),
                Required.text("version", request.getVersion())));
  }

  @Override
  public void rollBackAdapter(RollBackAdapterRequest request, StreamObserver<StoredAdapter> out) {
    answer(out, () -> stored.rollBack(Required.text("name", request.getName())));
  }

  @Override
  public void pinAdapter(PinAdapterRequest request, StreamObserver<StoredAdapter> out) {
    answer(
        out,
        () ->
            stored.pin(
                Required.text("name", request.getName()),
                !request.hasPinned() || request.getPinned()));
  }

  @Override
  public void deleteAdapter(
      DeleteAdapterRequest request, StreamObserver<DeleteAdapterResponse> out) {
    calls.run(
        out,
        call -> {
          stored.delete(
              Required.text("name", request.getName()),
              request.hasVersion() ? request.getVersion() : null,
              request.getWhenUnused());
          call.send(DeleteAdapterResponse.getDefaultInstance());
        });
  }

  private void answer(
      StreamObserver<StoredAdapter> out, Supplier<io.talchum.service.StoredAdapter> work) {
    calls.run(out, call -> call.send(StoredAdapterMapper.adapter(work.get())));
  }

  private LoadedAdapter load(LoadAdapterRequest request) {
    return adapters.load(
        Required.text("lora_name", request.getLoraName()),
        Required.text("lora_path", request.getLoraPath()),
        request.hasBaseModelName() ? request.getBaseModelName() : null,
        request.getLoadInplace());
  }
}
