package io.talchum.api.grpc;

import io.talchum.api.gate.BodyBudget;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.zip.GZIPInputStream;

/**
 * The messages of one call as they arrive: bounded in size, counted, and unpacked. A message is one
 * byte (1: compressed), four of length, and its bytes. Owned by the call's event loop.
 */
final class MessageFrames {
  private static final int HEAD_BYTES = 5;
  private static final int PIECE = 1 << 16;

  /** As many messages of a stream may wait in the transport before it stops reading. */
  private static final int KEPT_MESSAGES = 17;

  private final long maxBytes;
  private final boolean gzip;
  private final BodyBudget.Share share;
  private final Deque<Long> kept = new ArrayDeque<>();
  private final byte[] head = new byte[HEAD_BYTES];
  private int headBytes;
  private long left;
  private long counted;
  private Buffer packed = Buffer.buffer();

  /**
   * @param gzip whether the call's {@code grpc-encoding} is gzip
   * @param share what the messages take
   */
  MessageFrames(long maxBytes, boolean gzip, BodyBudget.Share share) {
    this.maxBytes = maxBytes;
    this.gzip = gzip;
    this.share = share;
  }

  /** Whether a message has begun and not ended. */
  boolean inMessage() {
    return headBytes > 0;
  }

  /**
   * Takes what has arrived.
   *
   * @return the same with every message unpacked; what is not whole yet may come later
   * @throws ServeException PAYLOAD_TOO_LARGE, OVERLOADED, INVALID_REQUEST; UNSUPPORTED for a
   *     compressed message of a call that names no encoding
   */
  Buffer take(Buffer piece) {
    Buffer out = gzip ? Buffer.buffer() : piece;
    int at = 0;
    while (at < piece.length()) {
      at += headBytes < HEAD_BYTES ? takeHead(piece, at, out) : takeBytes(piece, at, out);
    }
    return out;
  }

  private int takeHead(Buffer piece, int at, Buffer out) {
    int taken = Math.min(HEAD_BYTES - headBytes, piece.length() - at);
    piece.getBytes(at, at + taken, head, headBytes);
    headBytes += taken;
    if (headBytes == HEAD_BYTES) {
      left = Buffer.buffer(head).getUnsignedInt(1);
      checkHead();
      if (gzip && !isPacked()) {
        out.appendBytes(head);
      }
      if (left == 0) {
        ended(out);
      }
    }
    return taken;
  }

  private void checkHead() {
    if (left > maxBytes) {
      throw tooLarge("%d bytes".formatted(left));
    }
    if (isPacked() && !gzip) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          "grpc-encoding",
          "a message is marked as compressed, but the call names no grpc-encoding; send 'grpc-encoding: gzip', or no mark");
    }
  }

  private boolean isPacked() {
    return head[0] != 0;
  }

  private int takeBytes(Buffer piece, int at, Buffer out) {
    int taken = (int) Math.min(left, piece.length() - at);
    count(taken);
    left -= taken;
    if (gzip) {
      (isPacked() ? packed : out).appendBuffer(piece, at, taken);
    }
    if (left == 0) {
      ended(out);
    }
    return taken;
  }

  private void count(int bytes) {
    share.take(bytes);
    counted += bytes;
  }

  private void ended(Buffer out) {
    if (isPacked()) {
      Buffer message = unpack();
      out.appendByte((byte) 0).appendInt(message.length()).appendBuffer(message);
      packed = Buffer.buffer();
    }
    headBytes = 0;
    kept.add(counted);
    counted = 0;
    if (kept.size() > KEPT_MESSAGES) {
      share.give(kept.remove());
    }
  }

  private Buffer unpack() {
    Buffer message = Buffer.buffer();
    byte[] piece = new byte[PIECE];
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed.getBytes()), PIECE)) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        if (message.length() + (long) read > maxBytes) {
          throw tooLarge("more than %d bytes when unpacked".formatted(maxBytes));
        }
        count(read);
        message.appendBytes(piece, 0, read);
      }
      return message;
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "a message is not the gzip that it is marked as", e);
    }
  }

  private ServeException tooLarge(String bytes) {
    return new ServeException(
        ErrorCode.PAYLOAD_TOO_LARGE,
        "the message has %s; at most %d bytes are allowed".formatted(bytes, maxBytes));
  }
}
