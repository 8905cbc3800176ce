package io.talchum.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on a connection of its own: connected first, sent when told. Belongs to one thread,
 * which blocks.
 */
final class Exchange implements AutoCloseable {
  private static final int MAX_BYTES = 64 << 20;
  private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Socket socket = new Socket();
  private final byte[] request;

  private Exchange(byte[] request) {
    this.request = request;
  }

  static Exchange get(Target target, String path, Duration timeout) throws IOException {
    return open(target, "GET", path, null, timeout);
  }

  static Exchange post(Target target, String path, byte[] body, Duration timeout)
      throws IOException {
    return open(target, "POST", path, body, timeout);
  }

  private static Exchange open(
      Target target, String method, String path, byte @Nullable [] body, Duration timeout)
      throws IOException {
    Exchange exchange = new Exchange(request(target, method, path, body));
    int millis = (int) Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
    try {
      exchange.socket.setTcpNoDelay(true);
      exchange.socket.setSoTimeout(millis);
      exchange.socket.connect(
          new InetSocketAddress(target.endpoint().host(), target.endpoint().port()), millis);
      return exchange;
    } catch (IOException e) {
      exchange.close();
      throw e;
    }
  }

  private static byte[] request(Target target, String method, String path, byte @Nullable [] body) {
    Endpoint at = target.endpoint();
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(at.path()).append(path).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(at.host()).append(':').append(at.port()).append("\r\n");
    head.append("Connection: close\r\n");
    if (target.apiKey() != null) {
      head.append("Authorization: Bearer ").append(target.apiKey()).append("\r\n");
    }
    if (body != null) {
      head.append("Content-Type: application/json\r\nAccept: text/event-stream\r\n");
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    if (body == null) {
      return start;
    }
    byte[] all = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  /** Sends the request and reads until the answer ends. */
  Recording run() throws IOException {
    List<Recording.Read> reads = new ArrayList<>();
    byte[] buffer = new byte[1 << 16];
    long sent = System.nanoTime();
    socket.getOutputStream().write(request);
    InputStream in = socket.getInputStream();
    for (int total = 0; ; ) {
      int count = in.read(buffer);
      long now = System.nanoTime();
      if (count < 0) {
        return new Recording(sent, reads);
      }
      total += count;
      if (total > MAX_BYTES) {
        throw new IOException("the answer is longer than " + MAX_BYTES + " bytes");
      }
      reads.add(new Recording.Read(now, Arrays.copyOf(buffer, count)));
      if (endsWithLastChunk(buffer, count)) {
        return new Recording(sent, reads);
      }
    }
  }

  /** Saves waiting for the server to close; JSON in the body holds no raw line breaks. */
  private static boolean endsWithLastChunk(byte[] buffer, int count) {
    int from = count - LAST_CHUNK.length;
    return from >= 0 && Arrays.equals(buffer, from, count, LAST_CHUNK, 0, LAST_CHUNK.length);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
