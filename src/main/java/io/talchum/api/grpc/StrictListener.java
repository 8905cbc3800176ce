package io.talchum.api.grpc;

import com.google.protobuf.Message;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;

/** Refuses messages that protobuf cannot read or reads only in part; owned by the event loop. */
final class StrictListener<Q> extends SimpleForwardingServerCallListener<Q> {
  private final ServerCall<Q, ?> call;
  private boolean received;
  private boolean refused;

  StrictListener(ServerCall<Q, ?> call, ServerCall.Listener<Q> next) {
    super(next);
    this.call = call;
  }

  @Override
  public void onMessage(Q message) {
    received = true;
    try {
      UnknownFields.check((Message) message);
    } catch (ServeException e) {
      refuse(e);
      return;
    }
    super.onMessage(message);
  }

  /** The transport drops a message that cannot be parsed. */
  @Override
  public void onHalfClose() {
    boolean one = call.getMethodDescriptor().getType().clientSendsOneMessage();
    if (one && !received) {
      refuse(
          new ServeException(
              ErrorCode.INVALID_REQUEST,
              "the request holds no valid protobuf message for "
                  + call.getMethodDescriptor().getFullMethodName()));
    }
    if (!refused) {
      super.onHalfClose();
    }
  }

  private void refuse(ServeException error) {
    refused = true;
    WireError.close(call, error);
  }
}
