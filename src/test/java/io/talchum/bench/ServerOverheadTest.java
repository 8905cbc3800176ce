package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ServerOverheadTest {
  private static final String EARLIER = metrics(2, 2, 2);
  private static final String LATER = metrics(2, 12, 22);

  @Test
  void countsOnlyTheAnswersInBetween() {
    ServerOverhead later = ServerOverhead.parse(LATER);
    ServerOverhead earlier = ServerOverhead.parse(EARLIER);
    assertThat(later.quantileMillisSince(earlier, 0.25).orElseThrow())
        .as("the middle of the bucket from 0.5 to 1 ms")
        .isCloseTo(0.75, within(1e-9));
  }

  @Test
  void saysTheLastLimitForWhatLiesBeyond() {
    assertThat(
            ServerOverhead.parse(LATER)
                .quantileMillisSince(ServerOverhead.parse(EARLIER), 0.99)
                .orElseThrow())
        .isCloseTo(1, within(1e-9));
  }

  @Test
  void isEmptyWithoutAnswersOrHistogram() {
    ServerOverhead none = ServerOverhead.parse("up 1\n");
    assertThat(none.quantileMillisSince(none, 0.5)).isEmpty();
    ServerOverhead same = ServerOverhead.parse(LATER);
    assertThat(same.quantileMillisSince(same, 0.5)).isEmpty();
  }

  private static String metrics(int half, int one, int all) {
    return """
        # TYPE talchum_request_overhead_seconds histogram
        talchum_request_overhead_seconds_bucket{le="5.0E-4",} %d.0
        talchum_request_overhead_seconds_bucket{le="0.001",} %d.0
        talchum_request_overhead_seconds_bucket{le="+Inf",} %d.0
        talchum_request_overhead_seconds_count %d.0
        """
        .formatted(half, one, all, all);
  }
}
