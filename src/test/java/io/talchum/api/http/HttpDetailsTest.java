package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only HTTP has: bytes, headers, statuses, routes. */
@QuarkusTest
class HttpDetailsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String COMPLETIONS = "/v1/completions";

  @TestHTTPResource @Nullable URI root;

  @Test
  void answersAndNamesTheVersions() {
    post(CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":5}")
        .then()
        .statusCode(200)
        .contentType("application/json")
        .header("x-talchum-model", "letters@0123456789ab")
        .header("x-request-id", startsWith("chatcmpl-"))
        .body("id", startsWith("chatcmpl-"))
        .body("object", equalTo("chat.completion"))
        .body("model", equalTo("letters"))
        .body("system_fingerprint", equalTo("fp_0123456789ab"))
        .body("talchum.base", equalTo("letters@0123456789ab"))
        .body("talchum.adapter", nullValue())
        .body("choices[0].message.role", equalTo("assistant"))
        .body("choices[0].logprobs", nullValue())
        .body("usage.total_tokens", equalTo(23));
  }

  /**
   * The transport closes after such an answer by writing nothing more; the answer goes out first.
   */
  @ParameterizedTest
  @CsvSource({
    "GET, /health, 200",
    "GET, /v1/models, 200",
    "GET, /v1/nothing, 404",
    "DELETE, /health, 405",
    "POST, /v1/completions, 400",
    "POST, /v1/embeddings, 404"
  })
  void answersWholeWhereTheClientAskedToClose(String method, String path, int status)
      throws Exception {
    for (int i = 0; i < 20; i++) {
      try (RawHttp connection = new RawHttp(Objects.requireNonNull(root))) {
        connection.send(
            "%s %s HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 0\n\n"
                .formatted(method, path));
        assertThat(connection.untilClosed())
            .startsWith("HTTP/1.1 " + status + " ")
            .endsWith("}")
            .doesNotContain("(reset)");
      }
    }
  }

  @Test
  void streamsTheExactBytes() {
    Response response =
        post(
            CHAT,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":2,"
                + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    assertThat(response.contentType()).startsWith("text/event-stream");
    assertThat(response.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(response.header("X-Accel-Buffering")).isEqualTo("no");
    String[] events = response.body().asString().split("\n\n", -1);
    assertThat(events).hasSize(7);
    String head =
        "data: \\{\"id\":\"chatcmpl-[0-9a-f]{32}\",\"object\":\"chat.completion.chunk\","
            + "\"created\":[0-9]+,\"model\":\"letters\",\"system_fingerprint\":\"fp_0123456789ab\",";
    assertThat(events[0])
        .matches(
            head
                + "\"talchum\":\\{\"base\":\"letters@0123456789ab\",\"adapter\":null},"
                + "\"choices\":\\[\\{\"index\":0,\"delta\":\\{\"role\":\"assistant\",\"content\":\"\"},"
                + "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}");
    assertThat(events[1])
        .matches(
            head
                + "\"choices\":\\[\\{\"index\":0,\"delta\":\\{\"content\":\"[a-z]\"},"
                + "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}");
    assertThat(events[3])
        .matches(
            head
                + "\"choices\":\\[\\{\"index\":0,\"delta\":\\{},\"logprobs\":null,"
                + "\"finish_reason\":\"length\",\"stop_reason\":null}],\"usage\":null}");
    assertThat(events[4])
        .matches(
            head
                + "\"choices\":\\[],\"usage\":\\{\"prompt_tokens\":18,\"completion_tokens\":2,"
                + "\"total_tokens\":20,\"prompt_tokens_details\":\\{\"cached_tokens\":0}}}");
    assertThat(events[5]).isEqualTo("data: [DONE]");
    assertThat(events[6]).isEmpty();
  }

  @Test
  void continuousUsageCountsEachToken() {
    String[] events =
        post(
                CHAT,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":2,\"stream\":true,"
                    + "\"stream_options\":{\"continuous_usage_stats\":true}}")
            .body()
            .asString()
            .split("\n\n", -1);
    assertThat(events[1]).contains("\"completion_tokens\":1,");
    assertThat(events[2]).contains("\"completion_tokens\":2,");
  }

  @Test
  void streamsCompletionsWithEcho() {
    String body =
        post(COMPLETIONS, "{\"prompt\":\"ab\",\"max_tokens\":1,\"echo\":true,\"stream\":true}")
            .body()
            .asString();
    assertThat(body)
        .contains("\"object\":\"text_completion\"")
        .contains("\"choices\":[{\"index\":0,\"text\":\"ab\",\"logprobs\":null")
        .endsWith("data: [DONE]\n\n");
  }

  /** The request of lm-evaluation-harness for log-likelihoods, and what it reads of the answer. */
  @Test
  void scoresPromptsAsTheEvaluationHarnessExpects() {
    Response response =
        post(
            COMPLETIONS,
            "{\"model\":\"letters\",\"prompt\":[[97,98,99],[120,121]],\"temperature\":0,"
                + "\"max_tokens\":1,\"logprobs\":1,\"seed\":1234,\"echo\":true}");
    response
        .then()
        .statusCode(200)
        .body("choices", hasSize(2))
        .body("choices[1].index", equalTo(1));
    for (int prompt = 0; prompt < 2; prompt++) {
      Map<String, List<Object>> logprobs = response.path("choices[%d].logprobs".formatted(prompt));
      int tokens = (prompt == 0 ? 3 : 2) + 1;
      assertThat(logprobs.get("tokens")).hasSize(tokens);
      assertThat(logprobs.get("token_logprobs")).hasSize(tokens).startsWith((Object) null);
      assertThat(logprobs.get("top_logprobs")).hasSize(tokens).startsWith((Object) null);
      assertThat(logprobs.get("text_offset")).hasSize(tokens).startsWith(0, 1);
      for (int i = 1; i < tokens; i++) {
        String where = "choices[%d].logprobs.".formatted(prompt);
        Map<String, Object> top = response.path(where + "top_logprobs[" + i + "]");
        String token = response.path(where + "tokens[" + i + "]");
        assertThat(top).containsEntry(token, response.path(where + "token_logprobs[" + i + "]"));
      }
    }
    assertThat(response.<String>path("choices[0].text")).startsWith("abc").hasSize(4);
  }

  @Test
  void echoesThePromptAlone() {
    post(COMPLETIONS, "{\"prompt\":\"abc\",\"max_tokens\":0,\"echo\":true,\"logprobs\":0}")
        .then()
        .statusCode(200)
        .body("choices[0].text", equalTo("abc"))
        .body("choices[0].logprobs.tokens", equalTo(List.of("a", "b", "c")))
        .body("usage.completion_tokens", equalTo(0));
  }

  @Test
  void spellsTokensAsVllmDoes() {
    post("/tokenize", "{\"prompt\":\"ab\",\"return_token_strs\":true}")
        .then()
        .statusCode(200)
        .body("count", equalTo(2))
        .body("max_model_len", equalTo(512))
        .body("tokens", equalTo(List.of(97, 98)))
        .body("token_strs", equalTo(List.of("a", "b")));
    post("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
        .then()
        .body("count", equalTo("user:x\nassistant:".length()))
        .body("token_strs", nullValue());
    post("/detokenize", "{\"tokens\":[97,98]}").then().body("prompt", equalTo("ab"));
    given()
        .get("/tokenizer_info")
        .then()
        .statusCode(200)
        .body("eos_token", equalTo("<eos>"))
        .body("bos_token", nullValue())
        .body("chat_template", equalTo("{# letters #}"));
  }

  @Test
  void listsModels() {
    given()
        .get("/v1/models")
        .then()
        .statusCode(200)
        .body("object", equalTo("list"))
        .body("data[0].id", equalTo("letters"))
        .body("data[0].parent", nullValue())
        .body("data.id", hasItems("lora_qv", "rslora"))
        .body("data[1].parent", equalTo("letters"));
    given().get("/v1/models/lora_qv").then().body("id", equalTo("lora_qv"));
    given()
        .get("/v1/models/nobody")
        .then()
        .statusCode(404)
        .body("error.code", equalTo("model_not_found"));
  }

  @Test
  void tellsHealthAndVersion() {
    given().get("/health").then().statusCode(200).body("status", equalTo("ok"));
    given().get("/version").then().statusCode(200).body("version", startsWith("0."));
    given().get("/openapi").then().statusCode(200).body(containsString("/v1/chat/completions"));
  }

  @Test
  void refusesUnknownRoutesAndMethods() {
    given().get("/nowhere").then().statusCode(404).body("error.code", equalTo("not_found"));
    given().get("/v1/nowhere/x").then().statusCode(404).body("error.code", equalTo("not_found"));
    given()
        .get(CHAT)
        .then()
        .statusCode(405)
        .header("Allow", containsString("POST"))
        .body("error.code", equalTo("method_not_allowed"));
  }

  @Test
  void refusesOtherMediaTypes() {
    given()
        .contentType("text/plain")
        .body("{}")
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.message", containsString("send 'Content-Type: application/json'"));
  }

  @Test
  void refusesPackedBodies() {
    given()
        .header("Content-Encoding", "gzip")
        .contentType("application/json")
        .body("{}")
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.message", containsString("Content-Encoding is 'gzip'"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "multipart/form-data|--x--|names no boundary between its parts",
        "multipart/form-data; boundary=|--b|names no boundary between its parts",
        "multipart/form-data; boundary=b|--b\\r\\nfoo\\r\\n\\r\\n|a part's head cannot be read",
        "multipart/form-data; boundary=b|--b\\r\\nContent-Disposition: form-data\\r\\n\\r\\nabc\\r\\n--b--\\r\\n"
            + "|has no name",
      })
  void refusesBrokenParts(String type, String body, String message) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(Objects.requireNonNull(root).resolve("/v1/adapters"))
              .header("Content-Type", type)
              .POST(HttpRequest.BodyPublishers.ofString(body.translateEscapes()))
              .build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
      assertThat(answer.body()).contains(message);
    }
  }

  @Test
  void takesABodyWithoutAMediaType() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(Objects.requireNonNull(root).resolve(COMPLETIONS))
              .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"a\",\"max_tokens\":1}"))
              .build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void refusesJsonThatWouldTakeMuchMemory() {
    post(CHAT, "{\"metadata\":{\"a\":[" + "{},".repeat(1_000_000) + "1]}}")
        .then()
        .statusCode(413)
        .body("error.code", equalTo("payload_too_large"))
        .body("error.message", containsString("more than 100000 names and values"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"prompt\":\"a\",\"messages\":[]}|prompt|exclude each other",
        "{}|prompt|are missing; send one of them",
        "{\"messages\":[]}|messages|messages is empty",
        "{\"prompt\":\"a\",\"tools\":[]}|tools|tools needs messages",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"add_special_tokens\":true}|add_special_tokens|needs a prompt",
      })
  void tokenizeRefusesWhatWouldBeIgnored(String body, String param, String message) {
    post("/tokenize", body)
        .then()
        .statusCode(400)
        .body("error.param", equalTo(param))
        .body("error.message", containsString(message));
  }

  @Test
  void tokenizeAndDetokenizeTakeWhatARequestCanHold() {
    String text = "x".repeat(2000);
    post("/tokenize", "{\"prompt\":\"" + text + "\"}")
        .then()
        .statusCode(400)
        .body("error.code", equalTo("context_length_exceeded"))
        .body("error.message", containsString("cannot fit the context of 512 tokens"));
    post("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}")
        .then()
        .statusCode(400)
        .body("error.param", equalTo("messages"));
    post("/detokenize", "{\"tokens\":[" + "97,".repeat(511) + "97]}").then().statusCode(200);
    post("/detokenize", "{\"tokens\":[" + "97,".repeat(512) + "97]}")
        .then()
        .statusCode(400)
        .body("error.param", equalTo("tokens"))
        .body("error.message", containsString("tokens has 513 ids, but the context holds 512"));
    post("/detokenize", "{\"tokens\":[999]}").then().body("error.param", equalTo("tokens"));
  }

  @Test
  void refusesBodiesBeyondTheLimit() {
    given()
        .contentType("application/json")
        .body(" ".repeat(4 * 1024 * 1024 + 1))
        .post(CHAT)
        .then()
        .statusCode(413)
        .body("error.code", equalTo("payload_too_large"))
        .body("error.message", containsString("at most 4194304"));
  }

  /** As many clients do: they read when all is sent. */
  @Test
  void refusesBodiesFarBeyondTheLimitToClientsThatSendThemWhole() throws Exception {
    int length = 31 << 20;
    try (RawHttp connection = new RawHttp(Objects.requireNonNull(root))) {
      connection
          .send(
              "POST /v1/chat/completions HTTP/1.1\nHost: x\nContent-Type: application/json\n"
                  + "Content-Length: %d\n\n".formatted(length))
          .send(" ".repeat(length));
      assertThat(connection.untilClosed())
          .startsWith("HTTP/1.1 413 ")
          .contains("the body has 32505856 bytes; at most 4194304 are allowed");
    }
  }

  @Test
  void refusesBodiesBeyondTheLimitWhoseLengthNobodySaid() throws Exception {
    HttpResponse<String> refused = postInPieces(" ".repeat(4 * 1024 * 1024 + 1));
    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused.body())
        .contains("\"code\":\"payload_too_large\"", "at most 4194304 are allowed");
    assertThat(postInPieces("{\"prompt\":\"a\",\"max_tokens\":1}").statusCode()).isEqualTo(200);
    assertThat(postInPieces("").body()).contains("the body is empty");
  }

  private HttpResponse<String> postInPieces(String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(Objects.requireNonNull(root).resolve(COMPLETIONS))
              .version(HttpClient.Version.HTTP_1_1)
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofInputStream(
                      () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))))
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void refusesLongPromptsByFieldAndLimit() {
    post(CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(3_000_000) + "\"}]}")
        .then()
        .statusCode(400)
        .body("error.code", equalTo("context_length_exceeded"))
        .body("error.message", containsString("512"));
  }

  @Test
  void refusesInvalidUtf8() {
    byte[] body = "{\"prompt\":\"?\"}".getBytes(StandardCharsets.US_ASCII);
    body[11] = (byte) 0xff;
    json()
        .body(body)
        .post(COMPLETIONS)
        .then()
        .statusCode(400)
        .body("error.message", containsString("not valid UTF-8 at byte 11"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"prompt\":\"a\",\"temperature\":NaN}|temperature|temperature NaN is out of range",
        "{\"prompt\":\"a\",\"temperature\":1e999}|temperature|temperature Infinity is out of range",
        "{\"prompt\":\"a\",\"max_token\":1}|max_token|did you mean max_tokens?",
        "{\"prompt\":\"a\",\"guided_json\":{}}|guided_json|not supported",
        "{\"prompt\":[],\"n\":1}|prompt|prompt is empty",
        "{\"prompt\":\"\"}|prompt|no tokens",
        "{\"prompt\":[1,999]}|prompt|token 999",
        "{\"prompt\":\"a\",\"max_tokens\":600}|max_tokens|lower max_tokens to 511 or less",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}||has the name 'prompt' twice in one object; send it once",
        "{\"prompt\":\"a\",\"max_tokens\":0}|max_tokens|choose 1 or more",
      })
  void refusesBadValues(String body, String param, String message) {
    post(COMPLETIONS, body)
        .then()
        .statusCode(400)
        .body("error.type", equalTo("invalid_request_error"))
        .body("error.param", param == null ? nullValue() : equalTo(param))
        .body("error.message", containsString(message));
  }

  @Test
  void tellsWhenToComeBackIfTheQueueIsFull() {
    String prompts = "\"a\",".repeat(63) + "\"a\"";
    post(COMPLETIONS, "{\"prompt\":[" + prompts + "],\"n\":8,\"max_tokens\":100}")
        .then()
        .statusCode(429)
        .header("Retry-After", matchesPattern("[1-9]|[1-5][0-9]|60"))
        .body("error.code", equalTo("rate_limit_exceeded"));
    post(COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":1}").then().statusCode(200);
  }

  private static Response post(String path, String body) {
    return json().body(body).post(path);
  }

  private static RequestSpecification json() {
    return given().contentType("application/json");
  }
}
