package io.talchum.api.grpc;

import io.grpc.Context;
import io.talchum.core.Caller;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Who calls, from the interceptor to the service. */
final class CallContext {
  private static final Context.Key<Caller> CALLER =
      Context.keyWithDefault("talchum.caller", Caller.ANONYMOUS);

  private CallContext() {}

  private static final Context.Key<Instant> ARRIVED = Context.key("talchum.arrived");

  static Context with(Caller caller, Instant arrivedAt) {
    return Context.current().withValues(CALLER, caller, ARRIVED, arrivedAt);
  }

  /** When the head of the call was there; null outside a call. */
  static @Nullable Instant arrivedAt() {
    return ARRIVED.get();
  }

  /** The caller of the call that this thread serves. */
  static Caller caller() {
    return CALLER.get();
  }
}
