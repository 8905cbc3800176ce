package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With API keys configured. */
@QuarkusTest
@TestProfile(ApiKeyHttpTest.WithKeys.class)
class ApiKeyHttpTest {
  public static class WithKeys implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("talchum.api-keys", "first-key-1234,second-key-1234");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/models",
        "/metrics",
        "/openapi",
        "/version",
        "/tokenizer_info",
        "/nowhere",
        "/q/swagger-ui",
        "//v1/models",
        "/health/../v1/models",
        "/health/x"
      })
  void everythingAsksForAKey(String path) {
    given()
        .urlEncodingEnabled(false)
        .get(path)
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", equalTo("Bearer"))
        .body("error.code", equalTo("invalid_api_key"));
  }

  @Test
  void saysSoToCallersWhoCloseAfterIt() {
    for (int i = 0; i < 20; i++) {
      given()
          .header("Connection", "close")
          .get("/v1/models")
          .then()
          .statusCode(401)
          .body("error.code", equalTo("invalid_api_key"));
    }
  }

  @Test
  void healthDoesNot() {
    given().get("/health").then().statusCode(200);
  }

  @Test
  void eachKeyOpens() {
    for (String key : new String[] {"first-key-1234", "second-key-1234"}) {
      given().header("Authorization", "Bearer " + key).get("/v1/models").then().statusCode(200);
    }
    given()
        .header("Authorization", "Bearer first-key")
        .get("/v1/models")
        .then()
        .statusCode(401)
        .body("error.message", not(containsString("first-key")));
  }

  /**
   * gRPC runs on HTTP/2 only and has a gate of its own there; the content type alone opens nothing.
   */
  @Test
  void theContentTypeOfGrpcOpensNothingOverHttp1() {
    given()
        .contentType("application/grpc")
        .body(new byte[5])
        .post("/talchum.v1.ChatService/Chat")
        .then()
        .statusCode(401)
        .body("error.code", equalTo("invalid_api_key"));
  }
}
