package io.talchum.api.grpc;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.talchum.core.Caller;
import io.talchum.core.ServeException;
import io.talchum.service.ApiKeys;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Says who calls and until when, and lets only strictly read messages through. */
@GlobalInterceptor
@Singleton
public class CallInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ApiKeys keys;
  private final InstantSource clock;

  public CallInterceptor(ApiKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Instant now = clock.instant();
    try {
      Caller caller = caller(call, headers, now);
      StrictListener<Q> listener =
          new StrictListener<>(
              call, Contexts.interceptCall(CallContext.with(caller, now), call, headers, next));
      cancelOnDisconnect(listener);
      return listener;
    } catch (ServeException e) {
      WireError.close(call, e);
      return new ServerCall.Listener<>() {};
    }
  }

  private Caller caller(ServerCall<?, ?> call, Metadata headers, Instant now) {
    String tenant =
        GrpcGate.isOpen("/" + call.getMethodDescriptor().getFullMethodName())
            ? Caller.ANONYMOUS.tenant()
            : keys.authenticate(headers.get(AUTHORIZATION));
    return new Caller(tenant, CallDeadline.of(headers, now));
  }

  /** The transport reports a reset stream, but not a lost connection. */
  private static void cancelOnDisconnect(ServerCall.Listener<?> listener) {
    RoutingContext http = http();
    if (http != null) {
      http.response().closeHandler(closed -> listener.onCancel());
    }
  }

  private static @Nullable RoutingContext http() {
    Context context = Vertx.currentContext();
    return context == null ? null : context.getLocal(RoutingContext.class.getName());
  }
}
