package io.talchum.huggingface;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A hub with one repository, and a second server where large files lie; both misbehave on demand.
 */
final class StubHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  static final String REPO = "org/tiny";

  /** What goes wrong with one request of content. */
  sealed interface Fault {
    record Status(int code, Map<String, String> headers) implements Fault {}

    record Truncate(int bytes) implements Fault {}

    record Stall(int bytes) implements Fault {}

    record Flip() implements Fault {}

    record Longer() implements Fault {}

    record IgnoreRange() implements Fault {}

    record WrongRange() implements Fault {}
  }

  /** One request as it came. */
  record Seen(String server, String method, String path, Map<String, String> headers) {}

  final Map<String, byte[]> files = new TreeMap<>();
  final Deque<Fault> contentFaults = new ArrayDeque<>();
  final Deque<Fault> hubFaults = new ArrayDeque<>();
  final List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch closing = new CountDownLatch(1);
  private final HttpServer hub;
  private final HttpServer storage;

  StubHub() {
    hub = start(this::hub);
    storage = start(this::storage);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
  }

  void put(String name, String text) {
    files.put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  List<Seen> requests(String server, String method) {
    return seen.stream()
        .filter(s -> s.server().equals(server) && s.method().equals(method))
        .toList();
  }

  static String etag(String name, byte[] content) {
    try {
      boolean large = isLarge(name);
      MessageDigest digest = MessageDigest.getInstance(large ? "SHA-256" : "SHA-1");
      if (!large) {
        digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isLarge(String name) {
    return name.endsWith(".safetensors") || name.endsWith(".gguf");
  }

  private void hub(HttpExchange exchange) throws IOException {
    note("hub", exchange);
    Fault fault = hubFaults.poll();
    if (fault instanceof Fault.Status status) {
      refuse(exchange, status);
      return;
    }
    String path = exchange.getRequestURI().getPath();
    if (path.startsWith("/api/models/" + REPO + "/revision/")) {
      answer(exchange, listing(), "application/json");
      return;
    }
    String prefix = "/" + REPO + "/resolve/" + COMMIT + "/";
    byte[] content = path.startsWith(prefix) ? files.get(path.substring(prefix.length())) : null;
    if (content == null) {
      refuse(exchange, new Fault.Status(404, Map.of("X-Error-Code", "EntryNotFound")));
      return;
    }
    String name = path.substring(prefix.length());
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (isLarge(name)) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + etag(name, content) + '"');
      exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(content.length));
      exchange
          .getResponseHeaders()
          .set(
              "Location",
              "http://127.0.0.1:"
                  + storage.getAddress().getPort()
                  + "/"
                  + name
                  + "?signature=secret");
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
      return;
    }
    exchange.getResponseHeaders().set("ETag", '"' + etag(name, content) + '"');
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    } else {
      answer(exchange, content, "text/plain");
    }
  }

  private byte[] listing() {
    String siblings =
        files.keySet().stream()
            .map(name -> "{\"rfilename\":\"" + name + "\"}")
            .collect(Collectors.joining(","));
    return ("{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + siblings + "]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private void storage(HttpExchange exchange) throws IOException {
    note("storage", exchange);
    Fault fault = contentFaults.poll();
    if (fault instanceof Fault.Status status) {
      refuse(exchange, status);
      return;
    }
    byte[] content =
        files.getOrDefault(exchange.getRequestURI().getPath().substring(1), new byte[0]);
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from =
        range == null || fault instanceof Fault.IgnoreRange
            ? 0
            : Integer.parseInt(range.replaceAll("[^0-9]", ""));
    byte[] rest = Arrays.copyOfRange(content, from, content.length);
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d"
                  .formatted(
                      fault instanceof Fault.WrongRange ? from - 1 : from,
                      content.length - 1,
                      content.length));
    }
    exchange.getResponseHeaders().set("ETag", "\"storage-etag\"");
    send(exchange, fault, from > 0 ? 206 : 200, rest);
  }

  private void send(HttpExchange exchange, Fault fault, int status, byte[] rest)
      throws IOException {
    int bytes = rest.length;
    if (fault instanceof Fault.Flip) {
      rest[rest.length / 2] ^= 1;
    } else if (fault instanceof Fault.Truncate truncate) {
      bytes = Math.min(bytes, truncate.bytes());
    } else if (fault instanceof Fault.Stall stall) {
      bytes = Math.min(bytes, stall.bytes());
    }
    boolean longer = fault instanceof Fault.Longer;
    exchange.sendResponseHeaders(status, longer ? 0 : rest.length);
    exchange.getResponseBody().write(rest, 0, bytes);
    exchange.getResponseBody().flush();
    if (longer) {
      exchange.getResponseBody().write(new byte[100]);
    }
    if (fault instanceof Fault.Stall) {
      await();
    }
    exchange.close();
  }

  private void await() {
    try {
      boolean unused = closing.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void refuse(HttpExchange exchange, Fault.Status status) throws IOException {
    status.headers().forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(status.code(), -1);
    exchange.close();
  }

  private static void answer(HttpExchange exchange, byte[] content, String type)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, content.length == 0 ? -1 : content.length);
    exchange.getResponseBody().write(content);
    exchange.close();
  }

  private void note(String server, HttpExchange exchange) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.getFirst()));
    seen.add(
        new Seen(
            server, exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(), headers));
  }

  private static HttpServer start(com.sun.net.httpserver.HttpHandler handler) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", handler);
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    hub.stop(0);
    storage.stop(0);
  }
}
