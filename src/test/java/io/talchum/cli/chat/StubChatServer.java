package io.talchum.cli.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Answers chats with events that a test wrote down; remembers what it was asked. */
final class StubChatServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODELS =
      "{\"data\":[{\"id\":\"base\",\"parent\":null},{\"id\":\"pirate\",\"parent\":\"base\"},{\"id\":\"terse\",\"parent\":\"base\"}]}";

  private final Queue<JsonNode> asked = new ConcurrentLinkedQueue<>();
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final Queue<String> keys = new ConcurrentLinkedQueue<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  /** Without it every request is let in. */
  volatile String wantedKey = "";

  /**
   * @param staysOpen whether the stream has no end
   */
  private record Answer(int status, List<String> events, boolean staysOpen) {}

  StubChatServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/v1/models", exchange -> reply(exchange, 200, MODELS));
    server.createContext("/v1/chat/completions", this::chat);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Bodies of the chats, in order. */
  List<JsonNode> asked() {
    return List.copyOf(asked);
  }

  /** The headers {@code Authorization} of all requests. */
  List<String> keys() {
    return List.copyOf(keys);
  }

  /** The next chat gets these pieces of text and ends for this reason. */
  void answer(String reason, String... pieces) {
    List<String> events = new ArrayList<>();
    for (String piece : pieces) {
      events.add(delta("content", piece));
    }
    events.add("{\"choices\":[{\"delta\":{},\"finish_reason\":\"%s\"}]}".formatted(reason));
    events.add("[DONE]");
    answers.add(new Answer(200, events, false));
  }

  /** The next chat gets exactly these events. */
  void events(String... events) {
    answers.add(new Answer(200, List.of(events), false));
  }

  /** The next chat gets this piece, and then nothing more. */
  void hangs(String piece) {
    answers.add(new Answer(200, List.of(delta("content", piece)), true));
  }

  void refuses(int status, String body) {
    answers.add(new Answer(status, List.of(body), false));
  }

  static String delta(String field, String text) {
    return JSON.createObjectNode()
        .set(
            "choices",
            JSON.createArrayNode()
                .add(
                    JSON.createObjectNode().set("delta", JSON.createObjectNode().put(field, text))))
        .toString();
  }

  private void chat(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    if (!isLetIn(exchange)) {
      return;
    }
    asked.add(body);
    Answer answer = answers.remove();
    if (answer.status() != 200) {
      reply(exchange, answer.status(), answer.events().getFirst());
      return;
    }
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (String event : answer.events()) {
        out.write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
      if (answer.staysOpen() && !closed.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody ended this answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isLetIn(HttpExchange exchange) throws IOException {
    String key = exchange.getRequestHeaders().getFirst("Authorization");
    keys.add(key == null ? "" : key);
    if (wantedKey.isEmpty() || ("Bearer " + wantedKey).equals(key)) {
      return true;
    }
    reply(exchange, 401, "{\"error\":{\"message\":\"no key\"}}");
    return false;
  }

  private void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.close();
  }
}
