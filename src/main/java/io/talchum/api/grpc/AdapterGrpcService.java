package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.Services;
import io.talchum.v1.Adapter;
import io.talchum.v1.AdapterServiceGrpc;
import io.talchum.v1.ListAdaptersRequest;
import io.talchum.v1.ListAdaptersResponse;
import io.talchum.v1.LoadAdapterRequest;
import io.talchum.v1.UnloadAdapterRequest;
import io.talchum.v1.UnloadAdapterResponse;

/** {@code talchum.v1.AdapterService}. */
@GrpcService
public class AdapterGrpcService extends AdapterServiceGrpc.AdapterServiceImplBase {
  private final Services services;
  private final Calls calls;

  public AdapterGrpcService(Services services, Calls calls) {
    this.services = services;
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
          services.adapters().unload(Required.text("lora_name", request.getLoraName()));
          call.send(UnloadAdapterResponse.getDefaultInstance());
        });
  }

  @Override
  public void listAdapters(ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> out) {
    calls.run(out, call -> call.send(AdapterMapper.adapters(services.adapters().list())));
  }

  private LoadedAdapter load(LoadAdapterRequest request) {
    return services
        .adapters()
        .load(
            Required.text("lora_name", request.getLoraName()),
            Required.text("lora_path", request.getLoraPath()),
            request.hasBaseModelName() ? request.getBaseModelName() : null,
            request.getLoadInplace());
  }
}
