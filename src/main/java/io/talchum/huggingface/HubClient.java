package io.talchum.huggingface;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Requests to the hub: redirects, refusals, bounded retries. The token goes to the hub alone. */
final class HubClient {
  private static final int MAX_REDIRECTS = 10;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final HubSettings settings;
  private final RetryPolicy retries;
  private final InstantSource clock;
  private final HttpClient http =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(20))
          .build();

  HubClient(HubSettings settings, RetryPolicy retries, InstantSource clock) {
    this.settings = settings;
    this.retries = retries;
    this.clock = clock;
  }

  RetryPolicy retries() {
    return retries;
  }

  /** {@code GET /api/models/REPO/revision/REVISION}. */
  HttpResponse<InputStream> repository(HubId id) throws IOException {
    return checked(
        id,
        "GET",
        "/api/models/" + path(id.repo()) + "/revision/" + segment(id.revision()),
        Map.of());
  }

  /** What the hub itself says of a file, without going where its content lies. */
  HttpResponse<InputStream> head(HubId id, String commit, String file) throws IOException {
    return checked(id, "HEAD", resolve(id, commit, file), Map.of("Accept-Encoding", "identity"));
  }

  /** The content, from wherever the hub sends us. */
  HttpResponse<InputStream> content(
      HubId id, String commit, String file, Map<String, String> headers) throws IOException {
    return checked(id, "GET", resolve(id, commit, file), headers);
  }

  private HttpResponse<InputStream> checked(
      HubId id, String method, String path, Map<String, String> headers) throws IOException {
    URI uri = URI.create(settings.endpoint() + path);
    IOException last = new IOException("no attempt");
    for (int failed = 0; failed < retries.attempts(); failed++) {
      Duration wait = retries.backoff(failed);
      try {
        HttpResponse<InputStream> response = followed(method, uri, headers);
        int status = response.statusCode();
        if (status != 429 && status < 500) {
          HubRefusals.check(id, response, settings.token() != null);
          return response;
        }
        response.body().close();
        Duration asked = retryAfter(response);
        if (asked != null && retries.isTooLong(asked)) {
          throw new ServeException(
              ErrorCode.INTERNAL,
              "%s: the hub answers %d and asks to wait %d seconds; try again then%s"
                  .formatted(
                      id,
                      status,
                      asked.toSeconds(),
                      settings.token() == null ? ", or set HF_TOKEN" : ""));
        }
        wait = asked == null ? wait : asked;
        last = new IOException("the hub answers " + status);
      } catch (IOException e) {
        last = e;
      }
      if (failed + 1 < retries.attempts()) {
        pause(wait);
      }
    }
    throw last;
  }

  void pause(Duration wait) throws IOException {
    try {
      retries.pause().await(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** A HEAD stays on the hub, whose answer describes the file. */
  private HttpResponse<InputStream> followed(String method, URI start, Map<String, String> headers)
      throws IOException {
    URI uri = start;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HttpResponse<InputStream> response = send(method, uri, headers);
      String location = response.headers().firstValue("Location").orElse(null);
      if (!REDIRECTS.contains(response.statusCode()) || location == null) {
        return response;
      }
      URI next = next(uri, location);
      if (method.equals("HEAD") && !isHub(next)) {
        return response;
      }
      response.body().close();
      uri = next;
    }
    throw new IOException("more than " + MAX_REDIRECTS + " redirects");
  }

  private static URI next(URI from, String location) throws IOException {
    URI next;
    try {
      next = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException("a redirect leads to no URL", e);
    }
    boolean downgraded = "https".equals(from.getScheme()) && !"https".equals(next.getScheme());
    if (downgraded
        || next.getHost() == null
        || !Set.of("http", "https").contains(next.getScheme())) {
      throw new IOException("a redirect leads away from https");
    }
    return next;
  }

  private HttpResponse<InputStream> send(String method, URI uri, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(retries.stall())
            .header("User-Agent", "talchum")
            .method(method, HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    String token = settings.token();
    if (token != null && isHub(uri)) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private boolean isHub(URI uri) {
    URI hub = settings.endpoint();
    return hub.getScheme().equals(uri.getScheme())
        && hub.getHost().equalsIgnoreCase(uri.getHost())
        && hub.getPort() == uri.getPort();
  }

  private @Nullable Duration retryAfter(HttpResponse<?> response) {
    String value = response.headers().firstValue("Retry-After").orElse("").strip();
    if (value.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      ZonedDateTime until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
      Duration wait = Duration.between(clock.instant(), until.toInstant());
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static String resolve(HubId id, String commit, String file) {
    return "/" + path(id.repo()) + "/resolve/" + segment(commit) + "/" + path(file);
  }

  private static String path(String path) {
    return Arrays.stream(path.split("/", -1))
        .map(HubClient::segment)
        .collect(Collectors.joining("/"));
  }

  private static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
