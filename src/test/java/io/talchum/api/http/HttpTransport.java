package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.api.Transport;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.service.MixRequest;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The contract's client over HTTP. */
final class HttpTransport implements Transport {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI root;

  HttpTransport(URI root) {
    this.root = root;
  }

  @Override
  public Answer chat(ChatRequest request) {
    return whole(post("/v1/chat/completions", RequestJson.chat(request)));
  }

  @Override
  public Answer complete(CompletionRequest request) {
    return whole(post("/v1/completions", RequestJson.completion(request)));
  }

  @Override
  public Answer chatStream(ChatRequest request) {
    Map<String, Object> body = RequestJson.chat(request);
    body.put("stream", true);
    body.put("stream_options", Map.of("include_usage", true));
    StreamedAnswer answer = new StreamedAnswer(request.choices());
    try (BufferedReader lines = open(body)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: {")) {
          answer.add(MAPPER.readTree(line.substring("data: ".length())));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return answer.build();
  }

  @Override
  public void chatAborted(ChatRequest request, int pieces) {
    Map<String, Object> body = RequestJson.chat(request);
    body.put("stream", true);
    try (BufferedReader lines = open(body)) {
      for (int seen = 0; seen <= pieces; ) {
        String line = lines.readLine();
        if (line == null) {
          throw new AssertionError("the stream ended by itself");
        }
        seen += line.startsWith("data: {") ? 1 : 0;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String rendered(ChatRequest request) {
    JsonNode tokens = post("/tokenize", RequestJson.tokenize(request)).path("tokens");
    return post("/detokenize", Map.of("tokens", tokens)).path("prompt").asText();
  }

  @Override
  public List<Model> models() {
    List<Model> models = new ArrayList<>();
    for (JsonNode model : send(request("/v1/models").GET()).path("data")) {
      models.add(
          new Model(
              model.path("id").asText(),
              model.path("version").asText(),
              model.path("parent").asText(""),
              model.path("sampling_defaults").path("temperature").floatValue()));
    }
    return models;
  }

  @Override
  public void loadAdapter(String name, String folder, boolean replace) {
    text(
        "/v1/load_lora_adapter",
        Map.of("lora_name", name, "lora_path", folder, "load_inplace", replace),
        "Success: LoRA adapter '" + name + "' added successfully.");
  }

  @Override
  public void unloadAdapter(String name) {
    text(
        "/v1/unload_lora_adapter",
        Map.of("lora_name", name),
        "Success: LoRA adapter '" + name + "' removed successfully.");
  }

  @Override
  public Stored upload(String name, Map<String, byte[]> files, boolean activate) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    part(body, "name", "", name.getBytes(StandardCharsets.UTF_8));
    part(body, "activate", "", Boolean.toString(activate).getBytes(StandardCharsets.UTF_8));
    files.forEach((file, bytes) -> part(body, "files", "; filename=\"" + file + "\"", bytes));
    body.writeBytes("--limit--\r\n".getBytes(StandardCharsets.UTF_8));
    return stored(
        send(
            HttpRequest.newBuilder(root.resolve("/v1/adapters"))
                .header("Content-Type", "multipart/form-data; boundary=limit")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))));
  }

  private static void part(ByteArrayOutputStream body, String name, String more, byte[] bytes) {
    body.writeBytes(
        ("--limit\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8));
    body.writeBytes(bytes);
    body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }

  private static Stored stored(JsonNode adapter) {
    return new Stored(
        adapter.path("name").asText(),
        adapter.path("current").asText(),
        adapter.path("pinned").asBoolean(),
        adapter.findValues("versions").getFirst().findValuesAsText("version"),
        adapter.findValuesAsText("action"),
        adapter.findValuesAsText("status"));
  }

  @Override
  public Stored mix(MixRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("adapters", RequestJson.adapters(request.adapters()));
    body.put("combination_type", request.combinationType());
    body.put("density", request.density());
    body.put("majority_sign_method", request.majoritySignMethod());
    body.put("seed", request.seed());
    body.put("activate", request.activate());
    return stored(post("/v1/adapters/" + request.name() + "/mix", body));
  }

  @Override
  public Stored stored(String name) {
    return stored(send(request("/v1/adapters/" + name).GET()));
  }

  @Override
  public List<String> storedNames() {
    return send(request("/v1/adapters").GET()).findValuesAsText("name");
  }

  @Override
  public Stored activate(String name, String version) {
    return stored(post("/v1/adapters/" + name + "/activate", Map.of("version", version)));
  }

  @Override
  public Stored rollBack(String name) {
    return stored(post("/v1/adapters/" + name + "/rollback", Map.of()));
  }

  @Override
  public Stored pin(String name, boolean pinned) {
    return stored(post("/v1/adapters/" + name + "/pin", Map.of("pinned", pinned)));
  }

  @Override
  public void deleteStored(String name, String version, boolean whenUnused) {
    JsonNode unused =
        send(
            request(
                    "/v1/adapters/"
                        + name
                        + (version.isEmpty() ? "" : "/versions/" + version)
                        + "?when_unused="
                        + whenUnused)
                .DELETE());
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  private static Answer whole(JsonNode body) {
    List<Choice> choices = new ArrayList<>();
    for (JsonNode choice : body.path("choices")) {
      JsonNode text =
          choice.has("message") ? choice.path("message").path("content") : choice.path("text");
      List<Float> logprobs = new ArrayList<>();
      choice
          .path("logprobs")
          .path("content")
          .forEach(token -> logprobs.add(token.path("logprob").floatValue()));
      choices.add(
          new Choice(
              text.asText(),
              choice.path("message").path("reasoning_content").asText(""),
              choice.path("finish_reason").asText(),
              List.copyOf(logprobs)));
    }
    return new Answer(
        body.path("talchum").path("base").asText(),
        adapter(body.path("talchum")),
        choices,
        body.path("usage").path("prompt_tokens").intValue(),
        body.path("usage").path("completion_tokens").intValue(),
        reasoningTokens(body.path("usage")),
        cachedTokens(body.path("usage")));
  }

  static String adapter(JsonNode versions) {
    List<String> mixed = new ArrayList<>();
    versions
        .path("adapters")
        .forEach(
            part -> mixed.add(part.path("weight").asDouble() + "*" + part.path("name").asText()));
    return mixed.isEmpty() ? versions.path("adapter").asText("") : String.join("+", mixed);
  }

  static int cachedTokens(JsonNode usage) {
    return usage.path("prompt_tokens_details").path("cached_tokens").asInt(-1);
  }

  static int reasoningTokens(JsonNode usage) {
    return usage.path("completion_tokens_details").path("reasoning_tokens").asInt(-1);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(root.resolve(path)).header("Content-Type", "application/json");
  }

  private HttpRequest.Builder body(String path, Object body) {
    try {
      return request(path)
          .POST(HttpRequest.BodyPublishers.ofString(MAPPER.writeValueAsString(body)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode post(String path, Object body) {
    return send(body(path, body));
  }

  private void text(String path, Object body, String expected) {
    String text = sendForText(body(path, body));
    if (!text.equals(expected)) {
      throw new AssertionError(text);
    }
  }

  private JsonNode send(HttpRequest.Builder request) {
    try {
      return MAPPER.readTree(sendForText(request));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String sendForText(HttpRequest.Builder request) {
    HttpResponse<InputStream> response = exchange(request);
    try (InputStream body = response.body()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BufferedReader open(Object body) {
    return new BufferedReader(
        new InputStreamReader(
            exchange(body("/v1/chat/completions", body)).body(), StandardCharsets.UTF_8));
  }

  private HttpResponse<InputStream> exchange(HttpRequest.Builder request) {
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        throw refused(response);
      }
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Refused refused(HttpResponse<InputStream> response) throws IOException {
    JsonNode error = MAPPER.readTree(response.body()).path("error");
    String word = error.path("code").asText();
    ErrorCode code =
        Arrays.stream(ErrorCode.values())
            .filter(candidate -> StatusTable.of(candidate).code().equals(word))
            .findFirst()
            .orElseThrow(() -> new AssertionError("unknown error code " + word));
    if (StatusTable.of(code).status() != response.statusCode()) {
      throw new AssertionError(word + " came with status " + response.statusCode());
    }
    return new Refused(code, error.path("message").asText());
  }
}
