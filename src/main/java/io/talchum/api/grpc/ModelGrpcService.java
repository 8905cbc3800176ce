package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.ModelService;
import io.talchum.v1.GetModelRequest;
import io.talchum.v1.ListModelsRequest;
import io.talchum.v1.ListModelsResponse;
import io.talchum.v1.Model;
import io.talchum.v1.ModelServiceGrpc;

/** {@code talchum.v1.ModelService}. */
@GrpcService
public class ModelGrpcService extends ModelServiceGrpc.ModelServiceImplBase {
  private final ModelService models;
  private final Calls calls;

  public ModelGrpcService(ModelService models, Calls calls) {
    this.models = models;
    this.calls = calls;
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> out) {
    calls.run(out, call -> call.send(ModelMapper.models(models.models())));
  }

  @Override
  public void getModel(GetModelRequest request, StreamObserver<Model> out) {
    calls.run(out, call -> call.send(ModelMapper.model(models.model(request.getModel()))));
  }
}
