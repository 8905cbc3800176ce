import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Callers without a key against one with a key: what they cost the server's memory and the good
 * caller's time. Against loopback only. Usage: java Strangers.java URL KEY PID [SECONDS=60] [N=200].
 * With the key "-" there is no good caller, with N = 0 there are no attackers: two processes, so
 * that the attackers can have a lower priority, as if they ran elsewhere.
 */
public class Strangers {
  private static final byte[] PIECE = ("10000\r\n" + " ".repeat(65536) + "\r\n").getBytes(StandardCharsets.US_ASCII);
  private static final String CHUNKED = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final AtomicBoolean ATTACK = new AtomicBoolean(true);
  private static final AtomicLong SENT = new AtomicLong();
  private static final AtomicLong CONNECTIONS = new AtomicLong();

  private interface Attack {
    void run(Socket socket) throws IOException, InterruptedException;
  }

  public static void main(String[] args) throws Exception {
    URI url = URI.create(args[0]);
    if (!List.of("127.0.0.1", "localhost").contains(url.getHost())) {
      throw new IllegalArgumentException("only against this machine: " + url);
    }
    int seconds = args.length > 3 ? Integer.parseInt(args[3]) : 60;
    int callers = args.length > 4 ? Integer.parseInt(args[4]) : 200;
    Path status = Path.of("/proc", args[2], "status");
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    boolean attackOnly = args[1].equals("-");
    long rss = 0;
    if (!attackOnly) {
      measure("warm-up", client, url, args[1], status, 20);
      rss = measure("before", client, url, args[1], status, 20);
    }
    List<Attack> attacks =
        List.of(
            endless("POST /health HTTP/1.1\r\nHost: x\r\n" + CHUNKED),
            endless("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + CHUNKED),
            Strangers::slowHead,
            Strangers::health,
            endless("POST /v1/adapters?name=x HTTP/1.1\r\nHost: x\r\n" + CHUNKED));
    for (int i = 0; i < callers; i++) {
      Attack attack = attacks.get(i % attacks.size());
      Thread.ofPlatform().daemon().start(() -> repeat(url, attack));
    }
    if (attackOnly) {
      Thread.sleep(seconds * 1000L);
      System.out.printf("%d connections, %d MB sent%n", CONNECTIONS.get(), SENT.get() >> 20);
      System.exit(0);
    }
    long during = measure("during", client, url, args[1], status, seconds);
    ATTACK.set(false);
    System.out.printf("%d connections, %d MB sent%n", CONNECTIONS.get(), SENT.get() >> 20);
    measure("after", client, url, args[1], status, 10);
    System.out.printf("RSS grew by %d MB%n", (during - rss) >> 10);
    System.exit(0);
  }

  /** Chats one after the other; the largest resident set in KB. */
  private static long measure(String name, HttpClient client, URI url, String key, Path status, int seconds) throws Exception {
    HttpRequest chat =
        HttpRequest.newBuilder(url.resolve("/v1/chat/completions"))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .POST(HttpRequest.BodyPublishers.ofString("{\"messages\":[{\"role\":\"user\",\"content\":\"What is the batch size?\"}],\"max_tokens\":8,\"temperature\":0}"))
            .build();
    List<Double> millis = new ArrayList<>();
    int failures = 0;
    long rss = 0;
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      try {
        failures += client.send(chat, HttpResponse.BodyHandlers.ofString()).statusCode() == 200 ? 0 : 1;
      } catch (IOException e) {
        failures++;
      }
      millis.add((System.nanoTime() - start) / 1e6);
      rss = Math.max(rss, resident(status));
    }
    Collections.sort(millis);
    System.out.printf("%-8s %5d chats, %d failed, p50 %.1f ms, p99 %.1f ms, max %.1f ms, RSS up to %d MB%n",
        name, millis.size(), failures, at(millis, 0.5), at(millis, 0.99), millis.getLast(), rss >> 10);
    return rss;
  }

  private static double at(List<Double> sorted, double part) {
    return sorted.get((int) Math.min(sorted.size() - 1, part * sorted.size()));
  }

  private static long resident(Path status) throws IOException {
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }

  private static void repeat(URI url, Attack attack) {
    while (ATTACK.get()) {
      try (Socket socket = new Socket(url.getHost(), url.getPort())) {
        CONNECTIONS.incrementAndGet();
        attack.run(socket);
      } catch (IOException e) {
        // refused or closed: that is what the server should do
      } catch (InterruptedException e) {
        return;
      }
      pause(50);
    }
  }

  private static Attack endless(String head) {
    return socket -> {
      send(socket, head.getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < 31 * 16 && ATTACK.get(); i++) {
        send(socket, PIECE);
        pause(5);
      }
      socket.getInputStream().read();
    };
  }

  private static void slowHead(Socket socket) throws IOException {
    for (byte b : ("GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: " + "x".repeat(1000)).getBytes(StandardCharsets.US_ASCII)) {
      if (ATTACK.get()) {
        send(socket, new byte[] {b});
        pause(500);
      }
    }
  }

  /** Health/Check whose message says 31 MB, as fast as the windows of HTTP/2 allow. */
  private static void health(Socket socket) throws IOException {
    socket.setSoTimeout(20);
    send(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    send(socket, frame(4, 0, 0, new byte[0]));
    send(socket, frame(1, 4, 1, heads()));
    send(socket, frame(0, 0, 1, ByteBuffer.allocate(5).put((byte) 0).putInt(31 << 20).array()));
    InputStream in = socket.getInputStream();
    byte[] answers = new byte[1 << 16];
    for (int i = 0; i < 2000 && ATTACK.get(); i++) {
      send(socket, frame(0, 0, 1, new byte[512]));
      try {
        if (in.read(answers) < 0) {
          return;
        }
      } catch (java.net.SocketTimeoutException e) {
        pause(5);
      }
    }
  }

  private static byte[] heads() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String[] fields = {":method", "POST", ":scheme", "http", ":path", "/grpc.health.v1.Health/Check", ":authority", "x", "content-type", "application/grpc", "te", "trailers"};
    for (int i = 0; i < fields.length; i += 2) {
      out.write(0); // a literal with its name, not kept
      for (String text : new String[] {fields[i], fields[i + 1]}) {
        out.write(text.length());
        out.write(text.getBytes(StandardCharsets.US_ASCII));
      }
    }
    return out.toByteArray();
  }

  private static byte[] frame(int type, int flags, int stream, byte[] body) {
    return ByteBuffer.allocate(9 + body.length)
        .put((byte) (body.length >> 16)).putShort((short) body.length)
        .put((byte) type).put((byte) flags).putInt(stream).put(body).array();
  }

  private static void send(Socket socket, byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    SENT.addAndGet(bytes.length);
  }

  private static void pause(long millis) {
    java.util.concurrent.locks.LockSupport.parkNanos(millis * 1_000_000);
  }
}
