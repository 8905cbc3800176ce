package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.talchum.service.TokenizeService;
import io.talchum.v1.DetokenizeRequest;
import io.talchum.v1.DetokenizeResponse;
import io.talchum.v1.GetTokenizerInfoRequest;
import io.talchum.v1.TokenizeRequest;
import io.talchum.v1.TokenizeResponse;
import io.talchum.v1.TokenizeServiceGrpc;
import io.talchum.v1.TokenizerInfo;

/** {@code talchum.v1.TokenizeService}. */
@GrpcService
public class TokenizeGrpcService extends TokenizeServiceGrpc.TokenizeServiceImplBase {
  private final TokenizeService tokens;
  private final Calls calls;

  public TokenizeGrpcService(TokenizeService tokens, Calls calls) {
    this.tokens = tokens;
    this.calls = calls;
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> out) {
    calls.run(out, call -> call.send(TokenMapper.tokens(tokens(request))));
  }

  @Override
  public void detokenize(DetokenizeRequest request, StreamObserver<DetokenizeResponse> out) {
    calls.run(
        out,
        call -> {
          String model = request.hasModel() ? request.getModel() : null;
          String text = tokens.detokenize(model, "token_ids", request.getTokenIdsList());
          call.send(DetokenizeResponse.newBuilder().setText(text).build());
        });
  }

  @Override
  public void getTokenizerInfo(GetTokenizerInfoRequest request, StreamObserver<TokenizerInfo> out) {
    calls.run(out, call -> call.send(TokenMapper.info(tokens.info())));
  }

  private TokenizeService.Tokens tokens(TokenizeRequest request) {
    TokenMapper.check(request);
    String model = request.hasModel() ? request.getModel() : null;
    return request.hasPrompt()
        ? tokens.tokenize(
            model,
            request.getPrompt(),
            !request.hasAddSpecialTokens() || request.getAddSpecialTokens())
        : tokens.tokenize(
            model,
            MessageMapper.messages(request.getMessagesList()),
            MessageMapper.template(request.getTemplate()));
  }
}
