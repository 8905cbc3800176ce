package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.ChatService;
import io.talchum.service.Generation;
import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.ChatServiceGrpc;

/** {@code talchum.v1.ChatService}. */
@GrpcService
public class ChatGrpcService extends ChatServiceGrpc.ChatServiceImplBase {
  private final ChatService chat;
  private final Calls calls;

  public ChatGrpcService(ChatService chat, Calls calls) {
    this.chat = chat;
    this.calls = calls;
  }

  @Override
  public void chat(ChatRequest request, StreamObserver<Answer> out) {
    calls.run(out, call -> call.send(AnswerMapper.whole(start(request, call))));
  }

  @Override
  public void chatStream(ChatRequest request, StreamObserver<AnswerEvent> out) {
    calls.run(out, call -> AnswerMapper.stream(start(request, call), call::send));
  }

  private Generation start(ChatRequest request, RunningCall<?> call) {
    return call.hold(chat.chat(ChatRequestMapper.map(request, call.caller())));
  }
}
