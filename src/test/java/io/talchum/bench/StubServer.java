package io.talchum.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers like a server, at once, with as many tokens as asked; remembers what it was asked. */
final class StubServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Queue<JsonNode> asked = new ConcurrentLinkedQueue<>();
  private final AtomicInteger modelMillis = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final List<String> adapters;

  /** Tokens that it leaves out at the end. */
  volatile int missingTokens;

  StubServer(String... adapters) throws IOException {
    this.adapters = List.of(adapters);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/v1/models", exchange -> reply(exchange, 200, models()));
    server.createContext("/lora-adapters", exchange -> reply(exchange, 200, loras()));
    server.createContext("/v1/completions", this::complete);
    server.createContext(
        "/metrics",
        exchange ->
            reply(
                exchange,
                200,
                "talchum_step_seconds_sum{phase=\"decode\"} " + modelMillis.get() / 1e3));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  Target target(ServerKind kind) {
    return new Target(kind.word(), kind, Endpoint.parse(url()), "base", adapters, "secret", null);
  }

  /** Bodies of the completions, in order of arrival. */
  List<JsonNode> asked() {
    return List.copyOf(asked);
  }

  private String models() {
    StringBuilder list = new StringBuilder("{\"data\":[{\"id\":\"base\",\"parent\":null}");
    for (String adapter : adapters) {
      list.append(",{\"id\":\"%s\",\"parent\":\"base\"}".formatted(adapter));
    }
    return list.append("]}").toString();
  }

  private String loras() {
    return "[{\"id\":0,\"path\":\"folder/a.gguf\"},{\"id\":1,\"path\":\"folder/b.gguf\"}]";
  }

  private void complete(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody());
    asked.add(body);
    modelMillis.incrementAndGet();
    int tokens = body.path("max_tokens").intValue() - missingTokens;
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int i = 1; i <= tokens; i++) {
        event(out, "{\"choices\":[{\"text\":\"t\",\"finish_reason\":null}]}");
      }
      event(
          out,
          "{\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}}"
              .formatted(body.path("prompt").size(), tokens));
      event(out, "[DONE]");
    }
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
