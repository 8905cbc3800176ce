package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.bench.RequestTiming.Arrival;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamAnswerTest {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  private static final String DONE = "data: [DONE]\n\n";

  @Test
  void countsByUsageInEachEvent() {
    RequestTiming timing =
        StreamAnswer.read(
            recording(
                HEAD, event("a", 1), event("b c", 3), event("d", 4), finish(), usage(3, 4) + DONE),
            call(4));
    assertThat(timing.arrivals())
        .containsExactly(new Arrival(200, 1), new Arrival(300, 3), new Arrival(400, 4));
    assertThat(timing.promptTokens()).isEqualTo(3);
    assertThat(timing.sentNanos()).isZero();
    assertThat(timing.endNanos()).isEqualTo(600);
  }

  @Test
  void countsByLlamaCppsTimings() {
    String first = "data: {\"choices\":[{\"text\":\"x\"}],\"timings\":{\"predicted_n\":2}}\n\n";
    String last =
        "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}],\"timings\":{\"predicted_n\":5},"
            + "\"usage\":{\"completion_tokens\":5,\"prompt_tokens\":9}}\n\n";
    String middle = first.replace(":2}", ":5}");
    RequestTiming timing = StreamAnswer.read(recording(HEAD, first, middle, last), call(5));
    assertThat(timing.arrivals()).containsExactly(new Arrival(200, 2), new Arrival(300, 5));
    assertThat(timing.interTokenNanos()).containsExactly(100, 0, 0);
  }

  @Test
  void spreadsTheTokensWhereEventsHaveNoCounts() {
    String event = "data: {\"choices\":[{\"text\":\"x\",\"finish_reason\":null}]}\n\n";
    RequestTiming timing =
        StreamAnswer.read(recording(HEAD, event, event + event, event, usage(2, 8)), call(8));
    assertThat(timing.arrivals())
        .containsExactly(
            new Arrival(200, 2), new Arrival(300, 4), new Arrival(300, 6), new Arrival(400, 8));
  }

  @Test
  void tokensWithoutTextCountToo() {
    RequestTiming timing =
        StreamAnswer.read(recording(HEAD, event("", 1), event("", 2), finish()), call(2));
    assertThat(timing.arrivals()).hasSize(2);
  }

  @Test
  void eventsCutAnywhereGiveTheSameCounts() {
    String all = HEAD + event("a", 1) + event("b", 2) + finish() + usage(1, 2) + DONE;
    for (int cut = 1; cut < all.length(); cut++) {
      RequestTiming timing =
          StreamAnswer.read(recording(all.substring(0, cut), all.substring(cut)), call(2));
      assertThat(timing.outputTokens()).isEqualTo(2);
    }
  }

  @Test
  void refusesAnAnswerThatIsNotWhatWasAsked() {
    assertThatThrownBy(() -> StreamAnswer.read(recording(HEAD, event("a", 1)), call(2)))
        .hasMessageContaining("1 tokens instead of 2")
        .hasMessageContaining("ignore_eos");
    assertThatThrownBy(() -> StreamAnswer.read(recording(HEAD, DONE), call(2)))
        .hasMessageContaining("no tokens");
    assertThatThrownBy(
            () -> StreamAnswer.read(recording("HTTP/1.1 429 Busy\r\n\r\nqueue\nfull"), call(2)))
        .hasMessageContaining("429: queue full");
    assertThatThrownBy(
            () ->
                StreamAnswer.read(
                    recording(HEAD, event("a", 1), "data: {\"error\":{\"message\":\"oom\"}}\n\n"),
                    call(2)))
        .hasMessageContaining("oom");
    assertThatThrownBy(() -> StreamAnswer.read(recording(HEAD, "data: {nonsense\n\n"), call(2)))
        .hasMessageContaining("no streamed answer");
  }

  private static Call call(int outputTokens) {
    return new Call(List.of(1, 2, 3), outputTokens, -1);
  }

  /** Each piece comes 100 ns after the one before. */
  private static Recording recording(String... pieces) {
    List<Recording.Read> reads = new ArrayList<>();
    for (String piece : pieces) {
      reads.add(
          new Recording.Read(100L * (reads.size() + 1), piece.getBytes(StandardCharsets.UTF_8)));
    }
    return new Recording(0, reads);
  }

  private static String event(String text, int tokens) {
    return "data: {\"choices\":[{\"text\":\"%s\",\"finish_reason\":null}],\"usage\":{\"completion_tokens\":%d}}\n\n"
        .formatted(text, tokens);
  }

  private static String finish() {
    return "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n";
  }

  private static String usage(int prompt, int completion) {
    return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}}\n\n"
        .formatted(prompt, completion);
  }
}
