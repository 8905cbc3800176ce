package io.talchum.api.grpc;

import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.BlockingClientCall;
import java.util.Objects;

/** Asks the server what it serves. */
final class Reflection {
  private Reflection() {}

  static ServerReflectionResponse ask(Channel channel, ServerReflectionRequest request) {
    BlockingClientCall<ServerReflectionRequest, ServerReflectionResponse> call =
        ServerReflectionGrpc.newBlockingV2Stub(channel).serverReflectionInfo();
    try {
      call.write(request);
      call.halfClose();
      return Objects.requireNonNull(call.read());
    } catch (StatusException e) {
      throw new StatusRuntimeException(e.getStatus(), e.getTrailers());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
