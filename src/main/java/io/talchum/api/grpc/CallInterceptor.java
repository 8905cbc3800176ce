package io.talchum.api.grpc;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.talchum.core.Caller;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Hands on who calls and until when, and lets only strictly read messages through. */
@GlobalInterceptor
@Singleton
public class CallInterceptor implements ServerInterceptor {
  private final InstantSource clock;

  public CallInterceptor(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Instant now = clock.instant();
    try {
      GrpcBody body = admitted(GrpcBody.current());
      Caller caller = new Caller(body.principal(), CallDeadline.of(headers, now));
      StrictListener<Q> listener =
          new StrictListener<>(
              call, Contexts.interceptCall(CallContext.with(caller, now), call, headers, next));
      endOnDisconnect(body, listener);
      return listener;
    } catch (ServeException e) {
      WireError.close(call, e);
      return new ServerCall.Listener<>() {};
    }
  }

  /** No call comes here past the gate. */
  private static GrpcBody admitted(@Nullable GrpcBody body) {
    if (body == null) {
      throw new ServeException(ErrorCode.UNAUTHENTICATED, "the call did not come through the gate");
    }
    return body;
  }

  /** The transport reports a reset stream, but not a lost connection. */
  private static void endOnDisconnect(GrpcBody body, ServerCall.Listener<?> listener) {
    body.response()
        .closeHandler(
            closed -> {
              body.release();
              listener.onCancel();
            });
  }
}
