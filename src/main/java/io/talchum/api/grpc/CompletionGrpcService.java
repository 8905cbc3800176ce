package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.CompletionService;
import io.talchum.service.Generation;
import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.CompletionRequest;
import io.talchum.v1.CompletionServiceGrpc;

/** {@code talchum.v1.CompletionService}. */
@GrpcService
public class CompletionGrpcService extends CompletionServiceGrpc.CompletionServiceImplBase {
  private final CompletionService completion;
  private final Calls calls;

  public CompletionGrpcService(CompletionService completion, Calls calls) {
    this.completion = completion;
    this.calls = calls;
  }

  @Override
  public void complete(CompletionRequest request, StreamObserver<Answer> out) {
    calls.run(out, call -> call.send(AnswerMapper.whole(start(request, call))));
  }

  @Override
  public void completeStream(CompletionRequest request, StreamObserver<AnswerEvent> out) {
    calls.run(out, call -> AnswerMapper.stream(start(request, call), call::send));
  }

  private Generation start(CompletionRequest request, RunningCall<?> call) {
    return call.hold(completion.complete(CompletionRequestMapper.map(request, call.caller())));
  }
}
