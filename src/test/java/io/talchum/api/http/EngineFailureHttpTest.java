package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
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

/** The model fails for good while a stream runs. In a profile of its own: nothing works after. */
@QuarkusTest
@TestProfile(EngineFailureHttpTest.Alone.class)
class EngineFailureHttpTest {
  public static class Alone implements QuarkusTestProfile {}

  @TestHTTPResource("/v1/completions")
  @Nullable URI completions;

  @Test
  void aFailureEndsTheStreamWithAnErrorAndShowsInHealth() throws Exception {
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
      given()
          .contentType("application/json")
          .body("{\"prompt\":[1]}")
          .post("/v1/completions")
          .then()
          .statusCode(503)
          .body("error.code", equalTo("engine_unhealthy"));
      String last = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line.isEmpty() ? last : line;
      }
      assertThat(last).startsWith("data: {\"error\":{\"message\":\"").contains("engine_unhealthy");
    }
    given().get("/health").then().statusCode(503);
    given()
        .get("/metrics")
        .then()
        .statusCode(200)
        .body(org.hamcrest.Matchers.containsString("talchum_engine_healthy 0.0"));
  }
}
