package io.talchum.api.http;

import io.talchum.api.gate.BodyWatch;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as a stream, with few pieces of it in memory. Made on the request's event loop,
 * read by one virtual thread.
 */
final class BodyStream extends InputStream {
  private static final int HIGH_PIECES = 32;
  private static final int LOW_PIECES = 8;
  private static final Buffer END = Buffer.buffer();

  private final HttpServerRequest request;
  private final long maxBytes;
  private final BodyWatch watch;

  /** Keeps a pause from overtaking the resume that follows it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final BlockingQueue<Buffer> pieces = new LinkedBlockingQueue<>();
  private volatile @Nullable Throwable failure;
  private boolean paused; // guarded by lock
  private @Nullable Buffer piece;
  private int position;
  private long bytes;
  private boolean ended;

  BodyStream(Vertx vertx, HttpServerRequest request, long maxBytes, Duration timeout) {
    this.request = request;
    this.maxBytes = maxBytes;
    this.watch = new BodyWatch(vertx, timeout, this::fail);
    request.handler(this::received);
    request.endHandler(end -> end());
    request.exceptionHandler(this::fail);
  }

  private void fail(Throwable error) {
    failure = error;
    end();
  }

  private void end() {
    watch.stop();
    pieces.add(END);
  }

  private void received(Buffer arrived) {
    watch.received(arrived.length());
    if (arrived.length() > 0) {
      pieces.add(arrived);
      pauseIfFull();
    }
  }

  private void pauseIfFull() {
    lock.lock();
    try {
      if (pieces.size() >= HIGH_PIECES && !paused) {
        paused = true;
        watch.pause();
        request.pause();
      }
    } finally {
      lock.unlock();
    }
  }

  /** It cannot have ended: the end does not come while it is paused. */
  private void resumeIfEmpty() {
    lock.lock();
    try {
      if (pieces.size() < LOW_PIECES && paused) {
        paused = false;
        watch.resume();
        request.resume();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws ServeException PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Buffer current = current();
    if (current == null) {
      return -1;
    }
    int end = Math.min(current.length(), position + length);
    current.getBytes(position, end, target, offset);
    int read = end - position;
    position = end;
    return read;
  }

  /** The piece that is being read; null at the end. */
  private @Nullable Buffer current() throws IOException {
    Buffer current = piece;
    if (ended || (current != null && position < current.length())) {
      return ended ? null : current;
    }
    try {
      current = pieces.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
    resumeIfEmpty();
    if (current == END) {
      ended = true;
      if (failure instanceof ServeException refused) {
        throw refused;
      }
      if (failure != null) {
        throw new IOException("the connection broke off", failure);
      }
      return null;
    }
    bytes += current.length();
    if (bytes > maxBytes) {
      throw new ServeException(
          ErrorCode.PAYLOAD_TOO_LARGE,
          "the body has more than %d bytes; raise talchum.max-adapter-upload".formatted(maxBytes));
    }
    piece = current;
    position = 0;
    return current;
  }
}
