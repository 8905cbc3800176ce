package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;

@QuarkusTest
class ChatHttpTest {
  @Test
  void answersAndNamesTheVersions() {
    chat("{\"model\":\"letters\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":5}")
        .then()
        .statusCode(200)
        .contentType("application/json")
        .header("x-talchum-model", "letters@0123456789ab")
        .body("id", startsWith("chatcmpl-"))
        .body("object", equalTo("chat.completion"))
        .body("model", equalTo("letters"))
        .body("system_fingerprint", equalTo("fp_0123456789ab"))
        .body("talchum.base", equalTo("letters@0123456789ab"))
        .body("choices[0].message.role", equalTo("assistant"))
        .body("choices[0].message.content.length()", equalTo(5))
        .body("choices[0].finish_reason", equalTo("length"))
        .body("usage.completion_tokens", equalTo(5));
  }

  @Test
  void streamsTheExactEvents() {
    Response response =
        chat(
            "{\"model\":\"letters\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                + "\"max_tokens\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    assertThat(response.contentType()).startsWith("text/event-stream");
    assertThat(response.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(response.header("X-Accel-Buffering")).isEqualTo("no");
    assertThat(response.body().asString()).endsWith("data: [DONE]\n\n");
  }

  private static Response chat(String body) {
    return given().contentType("application/json").body(body).post("/v1/chat/completions");
  }
}
