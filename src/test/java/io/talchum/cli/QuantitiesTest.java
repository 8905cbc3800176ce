package io.talchum.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B, 0",
    "999, 999 B, 999",
    "1000, 1.0 kB, 1.0 k",
    "9949, 9.9 kB, 9.9 k",
    "9951, 10 kB, 10 k",
    "999499, 999 kB, 999 k",
    "999500, 1.0 MB, 1.0 M",
    "2742336, 2.7 MB, 2.7 M",
    "134515008, 135 MB, 135 M",
    "1240000000, 1.2 GB, 1.2 G",
    "9000000000000000, 9000 TB, 9000 T"
  })
  void threeDigitsAtMost(long number, String bytes, String count) {
    assertThat(Quantities.bytes(number)).isEqualTo(bytes);
    assertThat(Quantities.count(number)).isEqualTo(count);
  }
}
