package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.JsonBudget;
import io.talchum.testing.ChildProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a body may be, and what reading it may cost. */
class JsonBodiesTest {
  @Test
  void readsAnObject() {
    assertThat(parse("{\"a\":[1,\"é\"]}").path("a").path(1).textValue()).isEqualTo("é");
  }

  @Test
  void refusesWhatIsNoObject() {
    assertRefused("", "empty");
    assertRefused("[1]", "the body is a list; send a JSON object");
    assertRefused(" ", "send a JSON object");
    assertRefused("{\"a\":1} x", "not valid JSON");
    assertRefused("{\"a\":1}{}", "not valid JSON");
    assertRefused("{\"a\":", "not valid JSON");
  }

  @Test
  void refusesDuplicateKeys() {
    assertRefused("{\"a\":1,\"a\":2}", "has the name 'a' twice in one object; send it once");
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
  void takesAByteOrderMarkOfUtf8AndNoOther() {
    assertThat(parse("\uFEFF{\"a\":\"\uFEFFx\"}").path("a").textValue()).isEqualTo("\uFEFFx");
    assertRefused("\uFEFF\uFEFF{}", "not valid JSON");
    assertThatThrownBy(() -> parsed("\uFEFF{}".getBytes(StandardCharsets.UTF_16LE)))
        .hasMessageContaining("not valid UTF-8 at byte 0; send UTF-8");
  }

  @Test
  void refusesNumbersAndNamesWithoutEnd() {
    assertRefused(
        "{\"a\":1" + "0".repeat(5000) + "}",
        "breaks a limit: Number value length (5001) exceeds the maximum allowed (100); shorten it");
    assertRefused("{\"" + "a".repeat(5000) + "\":1}", "breaks a limit: Name length");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "\"\"", "null", "{\"a\":1}", "[[\"x\"]]"})
  void refusesMoreValuesThanAreWorthReading(String value) {
    assertThatThrownBy(() -> parse(metadata(value, 4 << 20)))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PAYLOAD_TOO_LARGE))
        .hasMessageContaining("more than 100000 names and values (numbers aside)");
  }

  @Test
  void readsALongListOfTokenIdsButNotOneWithoutEnd() {
    String ids = "50000,".repeat(JsonBudget.MAX_NUMBERS - 1) + "1";
    assertThat(parse("{\"a\":[" + ids + "]}").path("a")).hasSize(JsonBudget.MAX_NUMBERS);
    assertThatThrownBy(() -> parse("{\"a\":[" + ids + ",1]}"))
        .hasMessageContaining("more than 1000000 numbers; send less in one request");
  }

  @Test
  void oneBodyTakesLittleMemoryWhateverItHolds() throws Exception {
    List<String> options = List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");
    try (ChildProcess small = new ChildProcess(options, SmallHeap.class)) {
      assertThat(small.awaitEnd()).endsWith("\nexit 0");
    }
  }

  /** Reads what is worst in a JVM with little memory. */
  static final class SmallHeap {
    private SmallHeap() {}

    public static void main(String[] args) {
      int bytes = 4 << 20; // talchum.max-body
      for (String value :
          List.of(
              "{}",
              "[]",
              "\"\"",
              "{\"a\":1}",
              "[1,1,1,1,1,1,1,1,1,1]",
              "0.1",
              "12345678901234567890")) {
        byte[] body = metadata(value, bytes).getBytes(StandardCharsets.UTF_8);
        try {
          new JsonBodies().read(body, JsonNode::size);
        } catch (ServeException e) {
          // that is what bounds are for
        }
      }
    }
  }

  @Test
  void largeBodiesWaitForEachOtherSmallOnesDoNot() throws Exception {
    JsonBodies bodies = new JsonBodies(1);
    byte[] large = metadata("1", 100_000).getBytes(StandardCharsets.UTF_8);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    AtomicBoolean secondIsRead = new AtomicBoolean();
    Thread first =
        Thread.startVirtualThread(
            () ->
                bodies.read(
                    large,
                    json -> {
                      reading.countDown();
                      awaitQuietly(mayEnd);
                      return json.size();
                    }));
    assertThat(reading.await(10, TimeUnit.SECONDS)).isTrue();
    Thread second =
        Thread.startVirtualThread(
            () -> secondIsRead.set(bodies.read(large, json -> json.size() == 1)));
    assertThat(bodies.<Integer>read("{}".getBytes(StandardCharsets.UTF_8), JsonNode::size))
        .isZero();
    assertThat(secondIsRead).isFalse();
    mayEnd.countDown();
    assertThat(first.join(Duration.ofSeconds(10))).isTrue();
    assertThat(second.join(Duration.ofSeconds(10))).isTrue();
    assertThat(secondIsRead).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** As {@code {"metadata":[VALUE,VALUE,...]}} of some length. */
  private static String metadata(String value, int bytes) {
    return "{\"metadata\":[" + (value + ",").repeat(bytes / (value.length() + 1) - 4) + "1]}";
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
