package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonBodiesTest {
  @Test
  void readsAnObject() {
    assertThat(parse("{\"a\":[1,\"é\"]}").path("a").path(1).textValue()).isEqualTo("é");
  }

  @Test
  void refusesWhatIsNoObject() {
    assertRefused("", "empty");
    assertRefused("[1]", "a list");
    assertRefused("{\"a\":1} x", "not valid JSON");
    assertRefused("{\"a\":1}{}", "not valid JSON");
    assertRefused("{\"a\":", "not valid JSON");
  }

  @Test
  void refusesDuplicateKeys() {
    assertRefused("{\"a\":1,\"a\":2}", "uplicate field 'a'");
  }

  @Test
  void refusesDeepNesting() {
    assertRefused("{\"a\":" + "[".repeat(100_000), "deeper than 64 levels");
    assertThat(parse("{\"a\":" + "[".repeat(63) + "]".repeat(63) + "}")).isNotNull();
  }

  @Test
  void refusesInvalidUtf8NamingTheByte() {
    byte[] body = "{\"a\":\"xx\"}".getBytes(StandardCharsets.US_ASCII);
    body[6] = (byte) 0xc3;
    assertThatThrownBy(() -> parsed(body))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("not valid UTF-8 at byte 6");
    byte[] cut = {'{', '"', (byte) 0xe2, (byte) 0x82};
    assertThatThrownBy(() -> parsed(cut)).hasMessageContaining("not valid UTF-8 at byte 2");
  }

  @Test
  void refusesNumbersWithoutEnd() {
    assertRefused("{\"a\":1" + "0".repeat(5000) + "}", "breaks a limit");
  }

  private static void assertRefused(String body, String reason) {
    assertThatThrownBy(() -> parse(body))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining(reason);
  }

  private static ObjectNode parse(String body) {
    return parsed(body.getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode parsed(byte[] body) {
    return new JsonBodies().read(body, json -> json);
  }
}
