package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.talchum.api.gate.BodyBudget;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers send before they are known, and what known ones send slowly or ambiguously. */
@QuarkusTest
@TestProfile(StrangersHttpTest.Strict.class)
class StrangersHttpTest {
  private static final String KEY = "Authorization: Bearer a-key-for-all\n";
  private static final String CHAT = "POST /v1/completions HTTP/1.1\nHost: x\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\n\n";
  private static final int MANY = 3 << 20;

  /** Short times, so that the test need not wait. */
  public static class Strict implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "talchum.api-keys", "a-key-for-all,a-key-for-answers inference",
          "talchum.body-memory", "4M",
          "talchum.body-timeout", "3s",
          "talchum.head-timeout", "1s",
          "talchum.idle-timeout", "2s",
          "talchum.max-connections", "40",
          "talchum.cors-origins", "https://page.example");
    }
  }

  /** Fails where the framework's own code could. */
  @Singleton
  static class Failing {
    void install(@Observes Filters filters) {
      filters.register(
          context -> {
            if ("route".equals(context.request().getHeader("x-fail"))) {
              throw new OutOfMemoryError("of the test");
            }
            context.next();
          },
          500);
    }

    @ServerRequestFilter
    public void resource(jakarta.ws.rs.container.ContainerRequestContext context) {
      if ("resource".equals(context.getHeaderString("x-fail"))) {
        throw new OutOfMemoryError("of the test");
      }
    }
  }

  @TestHTTPResource @Nullable URI root;
  @Inject @Nullable BodyBudget budget;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /health HTTP/1.1\nHost: x\n" + CHUNKED,
        "PUT /health HTTP/1.1\nHost: x\nContent-Length: 31000000\n\n",
        "DELETE /health HTTP/1.1\nHost: x\n" + CHUNKED
      })
  void aMethodThatIsNotServedIsRefusedBeforeItsBody(String head) throws IOException {
    assertThat(answer(head))
        .startsWith("HTTP/1.1 405 ")
        .contains("Allow: GET", "method_not_allowed", "; use GET");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/models/%", "/health?a=%zz", "/nowhere/%e", "/health|", "http://[x/health"})
  void aPathThatIsNoUriIsRefusedInTheFormOfTheApi(String path) throws IOException {
    assertThat(answer("GET " + path + " HTTP/1.1\nHost: x\nConnection: close\n\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("{\"error\":{", " is no URI (", "percent-encode it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "health",
        "\\health",
        "",
        "//",
        "http://x/nowhere",
        "/%FF",
        "/%2F%2e%2e",
        "/..",
        "?"
      })
  void aPathThatNobodyServesIsRefusedInTheFormOfTheApi(String path) throws IOException {
    assertThat(answer("GET " + path + " HTTP/1.1\nHost: x\nConnection: close\n\n"))
        .startsWith("HTTP/1.1 4")
        .contains("{\"error\":{");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 31000000\n\n", CHUNKED})
  void aRouteWithoutABodyTakesNone(String body) throws IOException {
    assertThat(answer("GET /health HTTP/1.1\nHost: x\n" + body))
        .startsWith("HTTP/1.1 400 ")
        .contains("takes no body");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHAT + CHUNKED,
        CHAT + "Content-Length: 1000000\n\n{",
        CHAT + "Authorization: Bearer wrong-key\nContent-Length: 1000000\n\n{",
        "POST /nowhere HTTP/1.1\nHost: x\nContent-Length: 1000000\n\n{",
        "POST /v1/adapters?name=x HTTP/1.1\nHost: x\nContent-Length: 1000000\n\n{",
      })
  void withoutAKeyNothingIsReadAndTheConnectionCloses(String head) throws IOException {
    assertThat(answer(head)).startsWith("HTTP/1.1 401 ").contains("invalid_api_key");
    assertNothingHeld();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\n" + CHUNKED + "0\n\n",
        "Content-Length: 5\nContent-Length: 6\n\n{}   ",
        "Content-Length: five\n\n{}   ",
        "Transfer-Encoding: chunked, identity\n\n0\n\n",
        "Transfer-Encoding: xchunked\n\n0\n\n",
        CHUNKED + "nonsense\n{}\n0\n\n",
        "Host: y\nContent-Length: 2\n\n{}",
      })
  void whatAProxyMayReadInAnotherWayIsRefused(String rest) throws IOException {
    assertThat(answer(CHAT + KEY + rest)).startsWith("HTTP/1.1 400 ").contains("{\"error\":{");
    assertNothingHeld();
  }

  @Test
  void theNameOfAnEncodingIsWrittenInAnyCase() throws IOException {
    String body = "1d\n{\"prompt\":\"a\",\"max_tokens\":1}\n0\n\n";
    assertThat(answer(CHAT + KEY + "Connection: close\nTransfer-Encoding: Chunked\n\n" + body))
        .startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NONSENSE\n\n",
        "GET / HTTP/1.1\nUpgrade: h2c\nConnection: Upgrade\n\n",
        "GET /health HTTP/1.1\nHost : x\n\n"
      })
  void whatIsNotHttpGetsAnErrorOfTheApi(String head) throws IOException {
    assertThat(answer(head)).startsWith("HTTP/1.1 400 ").contains("{\"error\":{");
  }

  @Test
  void headsThatAreTooLongGetAnErrorOfTheApi() throws IOException {
    String line = "GET /" + "x".repeat(9000) + " HTTP/1.1\nHost: x\n\n";
    assertThat(answer(line)).startsWith("HTTP/1.1 414 ").contains("{\"error\":{");
    String header = "GET /health HTTP/1.1\nHost: x\nX-Y: " + "x".repeat(30_000) + "\n\n";
    assertThat(answer(header)).startsWith("HTTP/1.1 431 ").contains("{\"error\":{");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}",
        "GET /health HTTP/1.1\nHost: x\n" + CHUNKED + "2\n{}\n0\n\n",
        "POST /health HTTP/1.1\nHost: x\n\n",
        "GET /v1/models HTTP/1.1\nHost: x\n\n",
      })
  void nothingIsAnsweredBehindAnAnswerThatCloses(String refused) throws IOException {
    String next = "GET /health HTTP/1.1\nHost: x\n\n";
    assertThat(answer(refused + next + next))
        .startsWith("HTTP/1.1 4")
        .contains("onnection: close")
        .doesNotContain("HTTP/1.1 200");
  }

  @Test
  void aClientThatSpeaksTlsIsToldAtOnce() throws IOException {
    assertThat(answer("\u0016\u0003\u0001\u0002\u0000\u0001"))
        .startsWith("HTTP/1.1 400 ")
        .contains("this port speaks plain HTTP");
  }

  @ParameterizedTest
  @ValueSource(strings = {"utf-16", "\"ISO-8859-1\""})
  void jsonIsUtf8(String charset) {
    given()
        .header("Authorization", "Bearer a-key-for-all")
        .header("Content-Type", "application/json; charset=" + charset)
        .body("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .post("/v1/completions")
        .then()
        .statusCode(400)
        .body("error.message", containsString("send UTF-8"));
  }

  @Test
  void headsAndBodiesThatStopTimeOut() throws IOException {
    assertThat(answer("GET /health HTTP/1.1\nHos"))
        .startsWith("HTTP/1.1 408 ")
        .contains("request_timeout");
    assertThat(answer("")).isEmpty();
    assertThat(answer(CHAT + KEY + "Content-Length: 1000\n\n{"))
        .startsWith("HTTP/1.1 408 ")
        .contains("request_timeout");
    assertThat(answer(CHAT + KEY + CHUNKED + "1\n{\n")).startsWith("HTTP/1.1 408 ");
    assertNothingHeld();
  }

  @Test
  void aConnectionWithoutRequestsClosesAfterAWhile() throws IOException {
    try (RawHttp client = new RawHttp(root())) {
      assertThat(client.send("GET /health HTTP/1.1\nHost: x\n\n").untilClosed())
          .startsWith("HTTP/1.1 200 ")
          .endsWith("{\"status\":\"ok\"}");
    }
  }

  @Test
  void allBodiesTogetherHaveOneBudget() throws IOException {
    String large = CHAT + KEY + "Content-Length: " + (MANY + 1) + "\n\n";
    try (RawHttp first = new RawHttp(root())) {
      first.send(large + " ".repeat(MANY));
      awaitHeld(MANY);
      assertThat(answer(large + " ".repeat(MANY)))
          .startsWith("HTTP/1.1 503 ")
          .contains("Retry-After: 1", "overloaded");
    }
    assertNothingHeld();
    given()
        .header("Authorization", "Bearer a-key-for-all")
        .contentType("application/json")
        .body("{\"prompt\":\"a\",\"max_tokens\":1}")
        .post("/v1/completions")
        .then()
        .statusCode(200);
    assertNothingHeld();
  }

  @Test
  void silentUploadsMakeRoomForOthers() throws IOException {
    String upload =
        "POST /v1/adapters?name=x HTTP/1.1\nHost: x\nContent-Type: application/x-tar\n"
            + KEY
            + "Expect: 100-continue\nContent-Length: 100000000\n\n";
    List<RawHttp> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        RawHttp one = new RawHttp(root());
        silent.add(one);
        assertThat(one.send(upload).head()).startsWith("HTTP/1.1 100 ");
      }
      assertThat(answer(upload)).startsWith("HTTP/1.1 429 ").contains("Retry-After: ");
      for (RawHttp one : silent) {
        assertThat(one.untilClosed()).startsWith("HTTP/1.1 408 ");
      }
      assertThat(answer(upload)).startsWith("HTTP/1.1 100 ").contains("HTTP/1.1 408 ");
    } finally {
      for (RawHttp one : silent) {
        one.close();
      }
    }
  }

  @Test
  void theNumberOfConnectionsIsBounded() throws IOException {
    List<RawHttp> all = new ArrayList<>();
    try (RawHttp first = new RawHttp(root())) {
      assertThat(isRefused(first)).isFalse();
      for (int i = 0; i < 60; i++) {
        all.add(new RawHttp(root()));
      }
      assertThat(all.stream().filter(StrangersHttpTest::isRefused).count())
          .isGreaterThanOrEqualTo(20);
    } finally {
      for (RawHttp one : all) {
        one.close();
      }
    }
  }

  /** A refused connection is closed at once; the others wait for a head. */
  private static boolean isRefused(RawHttp client) {
    try {
      return !client.send("GET /health HTTP/1.1\nHost: x\n\n").head().startsWith("HTTP/1.1 200");
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void aKeyOpensWhatItsScopesName() {
    given()
        .header("Authorization", "Bearer a-key-for-answers")
        .get("/v1/models")
        .then()
        .statusCode(200);
    for (String path : List.of("/metrics", "/v1/adapters")) {
      given()
          .header("Authorization", "Bearer a-key-for-answers")
          .get(path)
          .then()
          .statusCode(403)
          .body("error.code", equalTo("insufficient_scope"))
          .body(
              "error.message",
              containsString(
                  "the scope '%s'".formatted(path.equals("/metrics") ? "metrics" : "admin")));
      given().header("Authorization", "Bearer a-key-for-all").get(path).then().statusCode(200);
    }
  }

  @Test
  void pagesOfNamedOriginsMayCall() {
    given()
        .header("Origin", "https://page.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type")
        .options("/v1/chat/completions")
        .then()
        .statusCode(204)
        .header("Access-Control-Allow-Origin", "https://page.example")
        .header("Access-Control-Allow-Methods", "POST")
        .header("Access-Control-Allow-Headers", "authorization,content-type");
    given()
        .header("Origin", "https://page.example")
        .get("/health")
        .then()
        .statusCode(200)
        .header("Access-Control-Allow-Origin", "https://page.example");
    given()
        .header("Origin", "https://other.example")
        .get("/health")
        .then()
        .statusCode(200)
        .header("Access-Control-Allow-Origin", nullValue());
  }

  @Test
  void failuresOfTheFrameworkHaveTheFormOfTheApi() {
    for (String where : List.of("route", "resource")) {
      given()
          .header("Authorization", "Bearer a-key-for-all")
          .header("x-fail", where)
          .get("/v1/models")
          .then()
          .statusCode(500)
          .body("error.code", equalTo("internal_error"));
    }
    given()
        .header("Authorization", "Bearer a-key-for-all")
        .header("Accept", "image/png")
        .get("/v1/models")
        .then()
        .statusCode(406)
        .body("error.type", equalTo("invalid_request_error"));
  }

  private String answer(String sent) throws IOException {
    try (RawHttp client = new RawHttp(root())) {
      return client.send(sent).untilClosed();
    }
  }

  private void awaitHeld(long bytes) {
    BodyBudget all = Objects.requireNonNull(budget);
    for (int i = 0; i < 10_000 && all.used() < bytes; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(all.used()).isGreaterThanOrEqualTo(bytes);
  }

  private void assertNothingHeld() {
    BodyBudget all = Objects.requireNonNull(budget);
    for (int i = 0; i < 10_000 && all.used() > 0; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(all.used()).isZero();
  }

  private URI root() {
    return Objects.requireNonNull(root);
  }
}
