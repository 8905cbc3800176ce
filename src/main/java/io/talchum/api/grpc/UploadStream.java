package io.talchum.api.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterUpload;
import io.talchum.service.StoredAdapter;
import io.talchum.v1.UploadAdapterRequest;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The messages of an upload, one at a time: the next is asked for when one was written. The event
 * loop adds them, the call's virtual thread takes them.
 */
final class UploadStream implements StreamObserver<UploadAdapterRequest> {
  private static final int PIECE = 1 << 16;

  /** What the event loop has to tell. */
  private sealed interface Event {
    record Message(UploadAdapterRequest request) implements Event {}

    record End() implements Event {}

    record Broken() implements Event {}
  }

  private final ServerCallStreamObserver<?> call;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private UploadAdapterRequest.@Nullable Head head;

  /** Must be made before the service method returns. */
  UploadStream(ServerCallStreamObserver<?> call) {
    this.call = call;
    call.disableAutoRequest();
    call.request(1);
  }

  @Override
  public void onNext(UploadAdapterRequest request) {
    events.add(new Event.Message(request));
  }

  @Override
  public void onError(Throwable failure) {
    events.add(new Event.Broken());
  }

  @Override
  public void onCompleted() {
    events.add(new Event.End());
  }

  /**
   * Takes all messages and adds what they hold to the store.
   *
   * @throws ServeException INVALID_REQUEST, CANCELLED and what the upload refuses
   */
  StoredAdapter readInto(AdapterUpload upload) {
    while (true) {
      switch (next()) {
        case Event.Message message -> {
          take(message.request(), upload);
          call.request(1);
        }
        case Event.End end -> {
          return finish(upload);
        }
        case Event.Broken broken ->
            throw new ServeException(ErrorCode.CANCELLED, "the client went away");
      }
    }
  }

  private Event next() {
    try {
      return events.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
  }

  private void take(UploadAdapterRequest request, AdapterUpload upload) {
    if ((head == null) != request.hasHead()) {
      throw ServeException.invalid("head", "the first message, and no other, must be the head");
    }
    switch (request.getPartCase()) {
      case HEAD -> head = request.getHead();
      case FILE -> upload.begin(request.getFile());
      case DATA -> write(request.getData(), upload);
      case PART_NOT_SET ->
          throw ServeException.invalid("part", "a message is empty; send head, file or data");
    }
  }

  private static void write(ByteString data, AdapterUpload upload) {
    byte[] piece = new byte[Math.min(PIECE, data.size())];
    for (int at = 0; at < data.size(); at += piece.length) {
      int length = Math.min(piece.length, data.size() - at);
      data.copyTo(piece, at, 0, length);
      upload.write(piece, 0, length);
    }
  }

  private StoredAdapter finish(AdapterUpload upload) {
    UploadAdapterRequest.Head asked = head;
    if (asked == null) {
      throw ServeException.invalid("head", "the stream holds no message; begin with the head");
    }
    return upload.finish(
        Required.text("head.name", asked.getName()),
        asked.hasBase() ? asked.getBase() : null,
        !asked.hasActivate() || asked.getActivate());
  }
}
