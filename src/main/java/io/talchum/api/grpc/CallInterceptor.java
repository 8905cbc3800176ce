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
      ClientDeparture client = client();
      ServerCall<Q, R> heard = client == null ? call : new HeardCall<>(call, client);
      StrictListener<Q> listener =
          new StrictListener<>(
              heard, Contexts.interceptCall(CallContext.with(caller, now), heard, headers, next));
      if (client != null) {
        client.then(listener::onCancel);
      }
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

  /** The transport reports some resets of a stream, but not all, and no lost connection. */
  private static @Nullable ClientDeparture client() {
    Context context = Vertx.currentContext();
    RoutingContext http = context == null ? null : context.getLocal(RoutingContext.class.getName());
    return http == null ? null : ClientDeparture.of(http.request());
  }

  /** A call that no longer listens for its client once it has answered. */
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
