package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GenerationStarterTest {
  private static final int[] PROMPT = {'a', 'b'};

  private final StarterHarness harness =
      new StarterHarness(Recorder.none(), Recordings.Limits.DEFAULT, Duration.ofMinutes(1));

  @AfterEach
  void close() {
    harness.close();
  }

  @Test
  void choicesFollowTheirPromptAndDrawOnTheirOwn() {
    SamplingParams drawn = Sampled.params(8, 1f, false);
    try (Generation all = harness.start(2, drawn, PROMPT, new int[] {'c'});
        Generation first = harness.start(1, drawn, PROMPT)) {
      List<Choice> choices = all.await();
      assertThat(choices).extracting(Choice::index).containsExactly(0, 1, 2, 3);
      assertThat(choices.get(0).text())
          .isEqualTo(first.await().getFirst().text())
          .isNotEqualTo(choices.get(1).text());
      assertThat(all.usage().promptTokens()).isEqualTo(3);
      assertThat(all.usage().completionTokens()).isEqualTo(32);
      assertThat(all.created()).isEqualTo(StarterHarness.NOW);
      assertThat(all.id()).startsWith("test-").isNotEqualTo(first.id());
    }
  }

  @Test
  void queuesAllOrNone() throws InterruptedException {
    String text = text();
    harness.outcome();
    harness.gate.hold();
    SamplingParams some = SamplingParams.greedy(4);
    assertThatThrownBy(() -> harness.start(StarterHarness.TOO_MANY, some, PROMPT))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL));
    harness.gate.open();
    for (int i = 0; i < StarterHarness.QUEUE; i++) {
      assertThat(harness.outcome().error()).isEqualTo(ErrorCode.CANCELLED);
    }
    assertThat(text()).isEqualTo(text);
  }

  private String text() {
    try (Generation again = harness.start(1, SamplingParams.greedy(4), PROMPT)) {
      return again.await().getFirst().text();
    }
  }

  @Test
  void theEarlierDeadlineCounts() {
    assertThat(harness.deadline(null)).isEqualTo(StarterHarness.NOW.plusSeconds(60));
    assertThat(harness.deadline(StarterHarness.NOW.plusSeconds(1)))
        .isEqualTo(StarterHarness.NOW.plusSeconds(1));
    assertThat(harness.deadline(StarterHarness.NOW.plusSeconds(99)))
        .isEqualTo(StarterHarness.NOW.plusSeconds(60));
  }
}
