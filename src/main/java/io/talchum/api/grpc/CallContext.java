package io.talchum.api.grpc;

import io.grpc.Context;
import io.talchum.core.Caller;

/** Who calls, from the interceptor to the service. */
final class CallContext {
  private static final Context.Key<Caller> CALLER =
      Context.keyWithDefault("talchum.caller", Caller.ANONYMOUS);

  private CallContext() {}

  static Context with(Caller caller) {
    return Context.current().withValue(CALLER, caller);
  }

  /** The caller of the call that this thread serves. */
  static Caller caller() {
    return CALLER.get();
  }
}
