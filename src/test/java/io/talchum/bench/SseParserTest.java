package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseParserTest {
  private static final String STREAM =
      ": a comment\n\n"
          + "data: {\"text\":\"gl\u00fcck \ud83c\udfad\"}\n\n"
          + "data:no blank\r\n\r\n"
          + "event: x\ndata: two\rdata: lines\r\r"
          + "error: {\"message\":\"broken\"}\n\n"
          + "data: [DONE]\n\n"
          + "data: never finished";

  @Test
  void findsTheDataOfEachEvent() {
    assertThat(new SseParser().feed(bytes(STREAM)))
        .containsExactly(
            "{\"text\":\"gl\u00fcck \ud83c\udfad\"}",
            "no blank",
            "two\nlines",
            "{\"message\":\"broken\"}",
            "[DONE]");
  }

  @Test
  void piecesOfAnySizeGiveTheSameEvents() {
    List<String> whole = new SseParser().feed(bytes(STREAM));
    byte[] bytes = bytes(STREAM);
    for (int size = 1; size < bytes.length; size++) {
      SseParser parser = new SseParser();
      List<String> events = new ArrayList<>();
      for (int at = 0; at < bytes.length; at += size) {
        events.addAll(
            parser.feed(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size))));
      }
      assertThat(events).as("pieces of %d bytes", size).isEqualTo(whole);
    }
  }

  @Test
  void anEventComesWithThePieceThatEndsIt() {
    SseParser parser = new SseParser();
    assertThat(parser.feed(bytes("data: a"))).isEmpty();
    assertThat(parser.feed(bytes("\n"))).isEmpty();
    assertThat(parser.feed(bytes("\ndata: b"))).containsExactly("a");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
