package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitEstimateTest {
  @ParameterizedTest
  @CsvSource({
    "0, 8, 0, 1", // nothing is known
    "0, 8, 4000, 1", // half a second
    "29, 8, 4000, 15", // 30 turns of 8 slots at 4 s
    "255, 8, 1001, 33", // rounded up
    "3, 1, 10000, 40",
    "255, 1, 600000, 60", // clients ignore more than a minute
    "2147483647, 1, 9223372036854775, 60"
  })
  void isTheQueueTimesTheSlotTimeByTheSlots(int waiting, int slots, long millis, long seconds) {
    assertThat(WaitEstimate.of(waiting, slots, Duration.ofMillis(millis)))
        .isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void theMeanFollowsWhatRequestsTakeNow() {
    Duration mean = WaitEstimate.mean(Duration.ZERO, Duration.ofSeconds(2));
    assertThat(mean).isEqualTo(Duration.ofSeconds(2));
    for (int i = 0; i < 40; i++) {
      mean = WaitEstimate.mean(mean, Duration.ofSeconds(10));
    }
    assertThat(mean).isBetween(Duration.ofMillis(9900), Duration.ofSeconds(10));
    assertThat(WaitEstimate.mean(mean, Duration.ZERO)).isGreaterThan(Duration.ofSeconds(8));
  }

  /** Before any request has ended, those that run say how long it takes at least. */
  @Test
  void requestsThatRunForLongCountBeforeTheyEnd() {
    CoreHarness harness = new CoreHarness(new FakeModelExecutor(1, 64));
    harness.submit(io.talchum.core.SamplingParams.greedy(50), new RecordingSink(), 3, 4, 5);
    harness.step();
    harness.clock.advance(Duration.ofSeconds(20));
    assertThat(harness.core.stats().expectedWait()).isEqualTo(Duration.ofSeconds(20));
  }
}
