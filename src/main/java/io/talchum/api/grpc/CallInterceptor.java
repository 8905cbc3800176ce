package io.talchum.api.grpc;

import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import io.talchum.api.connection.ClientDeparture;
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
      ClientDeparture client = ClientDeparture.of(body);
      ServerCall<Q, R> heard = new HeardCall<>(call, client);
      StrictListener<Q> listener =
          new StrictListener<>(
              heard, Contexts.interceptCall(CallContext.with(caller, now), heard, headers, next));
      client.then(
          () -> {
            body.release();
            listener.onCancel();
          });
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

  /**
   * A call that no longer listens for its client once it has answered. The transport reports some
   * resets of a stream, but not all, and no lost connection.
   */
  private static final class HeardCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final ClientDeparture client;

    HeardCall(ServerCall<Q, R> call, ClientDeparture client) {
      super(call);
      this.client = client;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      client.close();
      super.close(status, trailers);
    }
  }
}
