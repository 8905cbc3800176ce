package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepTimerTest {
  @Test
  void addsThePhases() {
    String metrics =
        """
        # TYPE talchum_step_seconds histogram
        talchum_step_seconds_bucket{phase="decode",le="0.001"} 3.0
        talchum_step_seconds_count{phase="decode"} 5.0
        talchum_step_seconds_sum{phase="decode"} 1.5
        talchum_step_seconds_sum{phase="prefill"} 2.5E-1
        talchum_step_seconds_max{phase="decode"} 9.0
        """;
    assertThat(StepTimer.sum(metrics)).hasValue(1.75);
  }

  @Test
  void isEmptyWithoutTheTimer() {
    assertThat(StepTimer.sum("up 1\n")).isEmpty();
  }
}
