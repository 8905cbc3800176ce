package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The model fails again and again. In a profile of its own: nothing works after. */
@QuarkusTest
@TestProfile(EngineFailureHttpTest.Alone.class)
class EngineFailureHttpTest {
  public static class Alone implements QuarkusTestProfile {}

  private static final int MANY = 20;

  @TestHTTPResource("/v1/completions")
  @Nullable URI completions;

  @Test
  void aFailedStepEndsItsRequestAndManyInARowTheService() throws Exception {
    HttpURLConnection stream =
        (HttpURLConnection) Objects.requireNonNull(completions).toURL().openConnection();
    stream.setDoOutput(true);
    stream.setRequestProperty("Content-Type", "application/json");
    stream
        .getOutputStream()
        .write(
            "{\"prompt\":[2],\"max_tokens\":500,\"stream\":true}".getBytes(StandardCharsets.UTF_8));
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(stream.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).startsWith("data: {\"id\"");
      assertThat(poisoned()).isEqualTo(500);
      given().get("/health").then().statusCode(200);
      String last = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line.isEmpty() ? last : line;
      }
      assertThat(last).as("the stream went on to its end").isEqualTo("data: [DONE]");
    }
    int refused = 0;
    for (int i = 0; i < MANY && refused != 503; i++) {
      refused = poisoned();
      assertThat(refused).isIn(500, 503);
    }
    assertThat(refused).isEqualTo(503);
    given()
        .get("/health")
        .then()
        .statusCode(503)
        .body("error.code", equalTo("engine_unhealthy"))
        .body("error.message", containsString("steps in a row failed, the last with"));
    given()
        .get("/metrics")
        .then()
        .statusCode(200)
        .body(containsString("talchum_engine_healthy 0.0"));
  }

  /** The status of the answer to a prompt with which the model fails. */
  private static int poisoned() {
    return given()
        .contentType("application/json")
        .body("{\"prompt\":[1]}")
        .post("/v1/completions")
        .statusCode();
  }
}
