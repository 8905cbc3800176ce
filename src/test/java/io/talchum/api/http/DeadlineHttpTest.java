package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** With a deadline that a slow model cannot meet: prompt 2 asks the stand-in to be slow. */
@QuarkusTest
@TestProfile(DeadlineHttpTest.WithDeadline.class)
class DeadlineHttpTest {
  public static class WithDeadline implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("talchum.deadline", "1s");
    }
  }

  @Test
  void aRequestThatTakesTooLongEndsWith504() {
    given()
        .contentType("application/json")
        .body("{\"prompt\":[2],\"max_tokens\":500}")
        .post("/v1/completions")
        .then()
        .statusCode(504)
        .body("error.type", equalTo("server_error"))
        .body("error.code", equalTo("deadline_exceeded"));
    given().get("/metrics").then().body(containsString("finish_reason=\"deadline_exceeded\""));
  }

  @Test
  void aStreamThatTakesTooLongEndsWithAnError() {
    String stream =
        given()
            .contentType("application/json")
            .body("{\"prompt\":[2],\"max_tokens\":500,\"stream\":true}")
            .post("/v1/completions")
            .asString();
    String[] events = stream.split("\n\n");
    assertThat(events).hasSizeGreaterThan(1);
    assertThat(events[0]).startsWith("data: {\"id\"");
    assertThat(events[events.length - 1])
        .startsWith("data: {\"error\":")
        .contains("\"code\":\"deadline_exceeded\"");
  }
}
