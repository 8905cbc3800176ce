package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void ofOneValueIsThatValue() {
    assertThat(Spread.of(new double[] {7})).isEqualTo(new Spread(7, 7, 7));
  }

  @Test
  void ofEvenlyManyHasTheMiddleAsMedian() {
    double[] values = {4, 1, 3, 2};
    assertThat(Spread.of(values)).isEqualTo(new Spread(2.5, 1, 4));
    assertThat(values).as("not changed").containsExactly(4, 1, 3, 2);
  }

  @Test
  void quantilesLieBetweenNeighbours() {
    double[] hundred = new double[101];
    for (int i = 0; i < hundred.length; i++) {
      hundred[i] = 100 - i;
    }
    assertThat(Spread.quantile(hundred, 0.99)).isCloseTo(99, within(1e-9));
    assertThat(Spread.quantile(new double[] {0, 10}, 0.25)).isCloseTo(2.5, within(1e-9));
  }
}
