import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Mixed traffic for a while, and what it does to the server's memory. Against loopback only; the
 * adapters r0000 .. are those of RandomAdapters.java. Usage: java Soak.java URL PID [MINUTES=30]
 * [ADAPTERS=200] [CALLERS=8]
 */
public class Soak {
  private static final long START = System.nanoTime();
  private static final Map<String, AtomicLong> COUNTS = new ConcurrentSkipListMap<>();
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static volatile boolean on = true;

  /** Resident memory in KB, threads and open files at a second. */
  private record Sample(double second, long rss, long threads, long files) {}

  private interface Kind {
    int send(URI url, SplittableRandom random, int adapters) throws Exception;
  }

  private static final Map<String, Kind> KINDS =
      Map.of(
          "chat", (url, random, n) -> post(url, "/v1/chat/completions", chat(model(random, n), random, false)),
          "stream", (url, random, n) -> post(url, "/v1/chat/completions", chat(model(random, n), random, true)),
          "two", (url, random, n) -> post(url, "/v1/completions", "{\"prompt\":\"%s\",\"n\":2,\"max_tokens\":8,\"stop\":[\"e \"]}".formatted(words(random))),
          "mix", (url, random, n) -> post(url, "/v1/completions", "{\"prompt\":\"%s\",\"max_tokens\":8,\"adapters\":[{\"name\":\"%s\",\"weight\":0.5},{\"name\":\"%s\",\"weight\":0.25}]}".formatted(words(random), name(random, n / 2), "r%04d".formatted(n / 2 + random.nextInt(n / 2)))),
          "tokenize", (url, random, n) -> post(url, "/tokenize", "{\"prompt\":\"%s\"}".formatted(words(random).repeat(50))),
          "bad", (url, random, n) -> post(url, "/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":%d}]}".formatted(random.nextInt())),
          "unknown", (url, random, n) -> post(url, "/v1/completions", "{\"model\":\"nobody%d\",\"prompt\":\"a\"}".formatted(random.nextInt(1 << 20))),
          "leave", Soak::leave,
          "models", (url, random, n) -> CLIENT.send(HttpRequest.newBuilder(url.resolve("/v1/models")).build(), HttpResponse.BodyHandlers.discarding()).statusCode(),
          "metrics", (url, random, n) -> CLIENT.send(HttpRequest.newBuilder(url.resolve("/metrics")).build(), HttpResponse.BodyHandlers.discarding()).statusCode());

  public static void main(String[] args) throws Exception {
    URI url = URI.create(args[0]);
    if (!List.of("127.0.0.1", "localhost").contains(url.getHost())) {
      throw new IllegalArgumentException("only against this machine: " + url);
    }
    Path process = Path.of("/proc", args[1]);
    double minutes = args.length > 2 ? Double.parseDouble(args[2]) : 30;
    int adapters = args.length > 3 ? Integer.parseInt(args[3]) : 200;
    int callers = args.length > 4 ? Integer.parseInt(args[4]) : 8;
    for (int i = 0; i < callers; i++) {
      SplittableRandom random = new SplittableRandom(i);
      Thread.ofPlatform().daemon().start(() -> call(url, random, adapters));
    }
    List<Sample> samples = new ArrayList<>();
    while (seconds() < minutes * 60) {
      Thread.sleep(5000);
      samples.add(sample(process));
      if (samples.size() % 24 == 0) {
        System.out.println(samples.getLast());
      }
    }
    on = false;
    Thread.sleep(10_000);
    System.out.println("answers by kind and status: " + COUNTS);
    System.out.println("after 10 s of rest: " + sample(process));
    slope("whole", samples);
    slope("last two thirds", samples.subList(samples.size() / 3, samples.size()));
    System.exit(0);
  }

  private static void call(URI url, SplittableRandom random, int adapters) {
    List<String> names = KINDS.keySet().stream().sorted().toList();
    while (on) {
      String name = names.get(random.nextInt(names.size()));
      String result;
      try {
        result = name + " " + KINDS.get(name).send(url, random, adapters);
      } catch (Exception e) {
        result = name + " " + e.getClass().getSimpleName();
      }
      COUNTS.computeIfAbsent(result, key -> new AtomicLong()).incrementAndGet();
    }
  }

  private static int post(URI url, String path, String body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve(path))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(60))
            .POST(BodyPublishers.ofString(body))
            .build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  /** Asks for a long answer and leaves within 50 ms. */
  private static int leave(URI url, SplittableRandom random, int adapters) throws Exception {
    byte[] body = chat(model(random, adapters), random, random.nextBoolean()).replace("\"max_tokens\":16", "\"max_tokens\":1000").getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(body);
      Thread.sleep(random.nextInt(50));
    }
    return 0;
  }

  private static String chat(String model, SplittableRandom random, boolean stream) {
    return "{%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"max_tokens\":16,\"stream\":%s}".formatted(model, words(random), stream);
  }

  /** Half of the requests ask the base. */
  private static String model(SplittableRandom random, int adapters) {
    return random.nextBoolean() ? "" : "\"model\":\"" + name(random, adapters) + "\",";
  }

  private static String name(SplittableRandom random, int adapters) {
    return "r%04d".formatted(random.nextInt(adapters));
  }

  private static String words(SplittableRandom random) {
    StringBuilder words = new StringBuilder("What");
    for (int i = random.nextInt(20); i >= 0; i--) {
      words.append(" is the batch ").append(random.nextInt(1000));
    }
    return words.toString();
  }

  private static double seconds() {
    return (System.nanoTime() - START) / 1e9;
  }

  private static Sample sample(Path process) throws IOException {
    List<String> status = Files.readAllLines(process.resolve("status"));
    try (Stream<Path> files = Files.list(process.resolve("fd"))) {
      return new Sample(seconds(), number(status, "VmRSS:"), number(status, "Threads:"), files.count());
    }
  }

  private static long number(List<String> status, String key) {
    return status.stream().filter(line -> line.startsWith(key)).mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", ""))).sum();
  }

  /** Least squares; the error is that of independent samples, which is too small where they are not. */
  private static void slope(String what, List<Sample> samples) {
    double x = samples.stream().mapToDouble(Sample::second).average().orElseThrow();
    double y = samples.stream().mapToDouble(Sample::rss).average().orElseThrow();
    double xx = samples.stream().mapToDouble(s -> (s.second() - x) * (s.second() - x)).sum();
    double b = samples.stream().mapToDouble(s -> (s.second() - x) * (s.rss() - y)).sum() / xx;
    double rest = samples.stream().mapToDouble(s -> Math.pow(s.rss() - y - b * (s.second() - x), 2)).sum();
    double error = Math.sqrt(rest / (samples.size() - 2) / xx);
    System.out.printf(
        "%s: RSS %.1f MB (%.1f to %.1f), %.3f MB a minute, standard error %.3f; threads %d to %d, files %d to %d%n",
        what, y / 1024, samples.stream().mapToLong(Sample::rss).min().orElseThrow() / 1024.0, samples.stream().mapToLong(Sample::rss).max().orElseThrow() / 1024.0,
        b * 60 / 1024, error * 60 / 1024,
        samples.stream().mapToLong(Sample::threads).min().orElseThrow(), samples.stream().mapToLong(Sample::threads).max().orElseThrow(),
        samples.stream().mapToLong(Sample::files).min().orElseThrow(), samples.stream().mapToLong(Sample::files).max().orElseThrow());
  }
}
