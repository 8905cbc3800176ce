package io.talchum.cli.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Speaks OpenAI's HTTP API. Calls block; an interrupt ends them with InterruptedException. */
final class ChatClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TO_CONNECT = Duration.ofSeconds(10);
  private static final int MAX_PORT = 65_535;
  private static final int MAX_ERROR_BYTES = 1 << 16;
  private static final String DATA = "data:";
  private static final String DONE = "[DONE]";

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TO_CONNECT)
          .build();
  private final String url;
  private final String apiKey;
  private final String startCommand;

  /**
   * @param url without a path, or with the one that comes before {@code /v1}
   * @param apiKey empty for none
   * @param startCommand what to type where no server runs
   */
  ChatClient(String url, String apiKey, String startCommand) {
    this.url = url.replaceAll("/+$", "").replaceAll("/v1$", "");
    this.apiKey = apiKey;
    this.startCommand = startCommand;
  }

  String url() {
    return url;
  }

  /**
   * Asks for the base and its adapters.
   *
   * @throws ServeException if there is no server, or it refuses
   */
  ServedNames names() throws InterruptedException {
    String base = "";
    List<String> adapters = new ArrayList<>();
    try (InputStream body = send(request("/v1/models").GET())) {
      for (JsonNode model : JSON.readTree(body).path("data")) {
        if (model.hasNonNull("parent")) {
          adapters.add(model.path("id").asText());
        } else if (base.isEmpty()) {
          base = model.path("id").asText();
        }
      }
    } catch (IOException e) {
      throw broken(e);
    }
    if (base.isEmpty()) {
      throw refused("%s/v1/models lists no model; is it a server of OpenAI's API?".formatted(url));
    }
    return new ServedNames(base, adapters);
  }

  /**
   * Asks, and hands the answer on piece by piece.
   *
   * @return the reason of its end as the wire spells it: stop, length
   * @throws ServeException if the server refuses or fails; what came before was handed on
   */
  String ask(String model, List<ChatTurn> messages, AnswerSink sink) throws InterruptedException {
    HttpRequest.Builder request =
        request("/v1/chat/completions")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(model, messages)));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(send(request), StandardCharsets.UTF_8))) {
      String reason = "";
      for (String line; (line = lines.readLine()) != null; ) {
        String data = line.startsWith(DATA) ? line.substring(DATA.length()).strip() : "";
        if (data.equals(DONE)) {
          return reason;
        }
        if (!data.isEmpty()) {
          reason = handOn(JSON.readTree(data), sink, reason);
        }
      }
      throw refused("the server closed the connection before the answer's end");
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private static String body(String model, List<ChatTurn> messages) {
    ObjectNode body = JSON.createObjectNode().put("model", model).put("stream", true);
    ArrayNode list = body.putArray("messages");
    for (ChatTurn turn : messages) {
      list.addObject().put("role", turn.role()).put("content", turn.content());
    }
    return body.toString();
  }

  private static String handOn(JsonNode event, AnswerSink sink, String reason) {
    if (event.has("error")) {
      throw refused(event.at("/error/message").asText(event.toString()));
    }
    JsonNode choice = event.at("/choices/0");
    String thought = choice.at("/delta/reasoning_content").asText("");
    if (!thought.isEmpty()) {
      sink.reasoning(thought);
    }
    String text = choice.at("/delta/content").asText("");
    if (!text.isEmpty()) {
      sink.text(text);
    }
    return choice.path("finish_reason").asText(reason);
  }

  private HttpRequest.Builder request(String path) {
    try {
      URI address = URI.create(url + path);
      if (address.getPort() > MAX_PORT) {
        throw new IllegalArgumentException("port " + address.getPort());
      }
      HttpRequest.Builder request = HttpRequest.newBuilder(address);
      return apiKey.isEmpty() ? request : request.header("Authorization", "Bearer " + apiKey);
    } catch (IllegalArgumentException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "'%s' is no address of a server, or the API key (TALCHUM_API_KEY) has characters that none has; give an address such as http://127.0.0.1:8000"
              .formatted(url),
          e);
    }
  }

  /** The body of an answer that is no error. */
  private InputStream send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() == 200) {
      return response.body();
    }
    try (InputStream body = response.body()) {
      String text = new String(body.readNBytes(MAX_ERROR_BYTES), StandardCharsets.UTF_8).strip();
      throw refused(explained(response.statusCode(), text));
    }
  }

  private static String explained(int status, String body) {
    if (status == 401) {
      return "the server wants an API key: give it by --api-key or in TALCHUM_API_KEY";
    }
    String message = "";
    try {
      message = JSON.readTree(body).at("/error/message").asText("");
    } catch (JsonProcessingException e) {
      // no JSON: the body as it is
    }
    return message.isEmpty() ? "the server answers %d: %s".formatted(status, body) : message;
  }

  private ServeException broken(IOException e) throws InterruptedException {
    if (Thread.interrupted() || e.getCause() instanceof InterruptedException) {
      throw (InterruptedException) new InterruptedException().initCause(e);
    }
    String message =
        e instanceof ConnectException
            ? "no server answers at %s; start one in another terminal: %s (or name another by --url)"
                .formatted(url, startCommand)
            : "the connection to %s broke (%s)".formatted(url, e.getMessage());
    return new ServeException(ErrorCode.INVALID_REQUEST, message, e);
  }

  private static ServeException refused(String message) {
    return new ServeException(ErrorCode.INVALID_REQUEST, message, null);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
