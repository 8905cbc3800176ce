import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Sends requests whose clients leave after up to a tenth of a second, in every way that a client
 * can leave, and counts by /metrics how many ran on. Usage: AbandonedRequests http://127.0.0.1:8000
 * [requests of each kind].
 */
class AbandonedRequests {
  private static final int CLIENTS = 4;
  private static final int MOST_DELAY_MILLIS = 100;
  private static final String PATH = "/v1/chat/completions";

  /** How a client talks, and how it leaves. */
  private enum Kind {
    HTTP1_WHOLE,
    HTTP1_STREAM,
    HTTP2_WHOLE_RESET,
    HTTP2_STREAM_RESET,
    HTTP2_WHOLE_NO_ERROR,
    HTTP2_WHOLE_CLOSED,
    GRPC_UNARY_RESET,
    GRPC_STREAM_RESET,
    GRPC_UNARY_NO_ERROR,
    GRPC_UNARY_CLOSED;

    boolean streams() {
      return name().contains("STREAM");
    }
  }

  private final URI server;

  AbandonedRequests(URI server) {
    this.server = server;
  }

  public static void main(String[] args) throws Exception {
    AbandonedRequests load = new AbandonedRequests(URI.create(args[0]));
    int requests = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
    for (Kind kind : Kind.values()) {
      Map<String, Double> before = load.ended();
      load.send(kind, requests);
      load.awaitIdle();
      Map<String, Double> after = load.ended();
      after.replaceAll((reason, count) -> count - before.getOrDefault(reason, 0.0));
      after.values().removeIf(count -> count == 0);
      double ranOn = after.getOrDefault("length", 0.0) + after.getOrDefault("stop", 0.0);
      System.out.printf("%-22s %d sent, ran on: %.0f %s%n", kind, requests, ranOn, after);
    }
  }

  private void send(Kind kind, int requests) throws Exception {
    try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> sent = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        long delay = (i * 37L) % MOST_DELAY_MILLIS; // all phases of a request
        sent.add(
            clients.submit(
                () -> {
                  abandon(kind, delay);
                  return null;
                }));
      }
      for (Future<?> one : sent) {
        one.get();
      }
    }
  }

  private void abandon(Kind kind, long delayMillis) throws IOException {
    try (Socket client = new Socket(server.getHost(), server.getPort())) {
      OutputStream out = client.getOutputStream();
      out.write(kind.name().startsWith("HTTP1") ? http1(kind) : http2(kind));
      LockSupport.parkNanos(delayMillis * 1_000_000);
      if (kind.name().endsWith("RESET") || kind.name().endsWith("NO_ERROR")) {
        int code = kind.name().endsWith("RESET") ? 8 : 0;
        out.write(frame(3, 0, 1, ByteBuffer.allocate(4).putInt(code).array()));
        LockSupport.parkNanos(20_000_000); // the connection outlives the stream
      }
    }
  }

  private static byte[] json(Kind kind) {
    return """
        {"messages":[{"role":"user","content":"Tell a long story."}],
         "max_tokens":400,"ignore_eos":true,"stream":%b}"""
        .formatted(kind.streams())
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] http1(Kind kind) {
    byte[] body = json(kind);
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(PATH, body.length);
    return joined(head.getBytes(StandardCharsets.US_ASCII), body);
  }

  /** Preface, settings, one request on stream 1 (RFC 9113; headers as literals of RFC 7541). */
  private static byte[] http2(Kind kind) {
    boolean grpc = kind.name().startsWith("GRPC");
    String path = grpc ? "/talchum.v1.ChatService/Chat" + (kind.streams() ? "Stream" : "") : PATH;
    byte[] headers =
        headers(
            Map.entry(":method", "POST"),
            Map.entry(":scheme", "http"),
            Map.entry(":path", path),
            Map.entry(":authority", "x"),
            Map.entry("content-type", grpc ? "application/grpc" : "application/json"),
            Map.entry(grpc ? "te" : "content-length", grpc ? "trailers" : "" + json(kind).length));
    return joined(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
        frame(4, 0, 0, new byte[0]),
        frame(1, 4, 1, headers),
        frame(0, 1, 1, grpc ? message() : json(kind)));
  }

  @SafeVarargs
  private static byte[] headers(Map.Entry<String, String>... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (Map.Entry<String, String> field : fields) {
      block.write(0); // literal without indexing, new name
      for (String part : List.of(field.getKey(), field.getValue())) {
        block.write(part.length()); // below 127: one byte, no Huffman code
        block.writeBytes(part.getBytes(StandardCharsets.US_ASCII));
      }
    }
    return block.toByteArray();
  }

  /** talchum.v1.ChatRequest: messages (role user, content), sampling (max_tokens, ignore_eos). */
  private static byte[] message() {
    byte[] content = "Tell a long story.".getBytes(StandardCharsets.US_ASCII);
    byte[] message = joined(new byte[] {8, 2, 18, (byte) content.length}, content);
    byte[] chat =
        joined(
            new byte[] {18, (byte) message.length},
            message,
            new byte[] {26, 5, 96, (byte) 0x90, 3, 112, 1}); // 400 tokens
    return joined(new byte[] {0, 0, 0, 0, (byte) chat.length}, chat);
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return joined(
        ByteBuffer.allocate(9)
            .put((byte) 0)
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .array(),
        payload);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Stream.of(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  private void awaitIdle() throws IOException {
    for (int i = 0; i < 600; i++) {
      if (value("vllm:num_requests_running") + value("vllm:num_requests_waiting") == 0) {
        return;
      }
      LockSupport.parkNanos(100_000_000);
    }
    System.out.println("still running after a minute: " + value("vllm:num_requests_running"));
  }

  private double value(String metric) throws IOException {
    Matcher found = Pattern.compile("(?m)^" + metric + "(?:\\{[^}]*})? ([\\d.E]+)").matcher(metrics());
    return found.find() ? Double.parseDouble(found.group(1)) : 0;
  }

  private Map<String, Double> ended() throws IOException {
    Map<String, Double> counts = new TreeMap<>();
    Matcher count =
        Pattern.compile("talchum_requests_total\\{finish_reason=\"(\\w+)\"} ([\\d.E]+)")
            .matcher(metrics());
    while (count.find()) {
      counts.put(count.group(1), Double.parseDouble(count.group(2)));
    }
    return counts;
  }

  private String metrics() throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) server.resolve("/metrics").toURL().openConnection();
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
