package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ModelTimeTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ModelTime model = new ModelTime();
  private final SequenceTimes times = new SequenceTimes(at(14));

  @Test
  void addsTheRuns() {
    ran(0, 10);
    ran(12, 15);
    assertThat(model.total()).hasMillis(13);
    assertThat(model.last()).hasMillis(3);
  }

  @Test
  void knowsItsTotalWithinTheLastRunAndBefore() {
    ran(0, 10);
    ran(12, 20);
    assertThat(model.totalAt(at(25))).hasMillis(18);
    assertThat(model.totalAt(at(17))).hasMillis(15);
    assertThat(model.totalAt(at(11))).hasMillis(10);
  }

  @Test
  void countsForARequestFromItsSubmission() {
    ran(10, 16);
    times.accepted(model, false);
    times.admitted(at(17));
    ran(18, 25);
    assertThat(times.modelTime()).as("2 of a run of others, 7 of its own").hasMillis(9);
  }

  @Test
  void countsTheWholeWaitWhereAllSlotsWereTaken() {
    ran(10, 16);
    times.accepted(model, true);
    ran(18, 25);
    times.admitted(at(30));
    ran(31, 35);
    assertThat(times.modelTime()).isEqualTo(Duration.ofMillis(16 + 4));
  }

  private void ran(int fromMillis, int toMillis) {
    model.ran(at(fromMillis), at(toMillis));
  }

  private static Instant at(int millis) {
    return START.plusMillis(millis);
  }
}
