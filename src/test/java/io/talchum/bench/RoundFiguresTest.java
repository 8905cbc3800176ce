package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.bench.RequestTiming.Arrival;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RoundFiguresTest {
  private static final Offset<Double> CLOSE = within(1e-9);
  private static final long MS = 1_000_000;

  /** Tokens at first, first + gap, ... in ms. */
  private static RequestTiming request(long sent, long first, long gap, int tokens) {
    List<Arrival> arrivals =
        IntStream.range(0, tokens)
            .mapToObj(i -> new Arrival((first + i * gap) * MS, i + 1))
            .toList();
    return new RequestTiming(sent * MS, arrivals, arrivals.getLast().nanos() + MS, 10);
  }

  @Test
  void oneStream() {
    Map<Figure, Double> figures = RoundFigures.of(List.of(request(0, 100, 10, 11)), true);
    assertThat(figures.get(Figure.DECODE)).isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.GENERATION)).isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.OUTPUT)).isCloseTo(55, CLOSE);
    assertThat(figures.get(Figure.PREFILL)).isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.TTFT_WORST)).isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.TPOT)).isCloseTo(10, CLOSE);
    assertThat(figures.get(Figure.INTER_TOKEN_P99)).isCloseTo(10, CLOSE);
    assertThat(figures.get(Figure.TOTAL_MEDIAN)).isCloseTo(201, CLOSE);
  }

  @Test
  void decodeCountsOnlyWhileEveryStreamDecodes() {
    List<RequestTiming> two = List.of(request(0, 100, 10, 21), request(0, 200, 10, 21));
    Map<Figure, Double> figures = RoundFigures.of(two, true);
    assertThat(figures.get(Figure.DECODE)).as("10 + 10 tokens in 100 ms").isCloseTo(200, CLOSE);
    assertThat(figures.get(Figure.GENERATION)).as("41 in 300 ms").isCloseTo(41 / 0.3, CLOSE);
    assertThat(figures.get(Figure.OUTPUT)).isCloseTo(42 / 0.4, CLOSE);
    assertThat(figures.get(Figure.PREFILL)).as("20 in 200 ms").isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.TTFT_MEDIAN)).isCloseTo(150, CLOSE);
  }

  @Test
  void streamsThatRunOneAfterAnotherHaveNoDecodePhase() {
    List<RequestTiming> two = List.of(request(0, 100, 10, 11), request(0, 300, 10, 11));
    Map<Figure, Double> figures = RoundFigures.of(two, true);
    assertThat(figures).doesNotContainKey(Figure.DECODE);
    assertThat(figures.get(Figure.GENERATION)).isCloseTo(21 / 0.3, CLOSE);
    assertThat(figures.get(Figure.TTFT_WORST)).isCloseTo(300, CLOSE);
  }

  @Test
  void requestsInTurnHaveTheMedianPrefill() {
    List<RequestTiming> three =
        List.of(request(0, 100, 1, 1), request(200, 250, 1, 1), request(300, 500, 1, 1));
    Map<Figure, Double> figures = RoundFigures.of(three, false);
    assertThat(figures.get(Figure.PREFILL)).isCloseTo(100, CLOSE);
    assertThat(figures)
        .doesNotContainKeys(Figure.DECODE, Figure.GENERATION, Figure.TPOT, Figure.INTER_TOKEN_P99);
  }

  @Test
  void theNextRequestsAreComparedWithTheFirst() {
    Map<Figure, Double> figures =
        RoundFigures.reuse(
            List.of(request(0, 100, 1, 1), request(200, 210, 1, 1), request(300, 320, 1, 1)));
    assertThat(figures.get(Figure.TTFT_FIRST)).isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.TTFT_NEXT)).isCloseTo(15, CLOSE);
    assertThat(figures.get(Figure.TTFT_REUSED)).isCloseTo(0.15, CLOSE);
  }

  @Test
  void burstsCountAsWhatTheyAre() {
    RequestTiming bursts =
        new RequestTiming(0, List.of(new Arrival(10 * MS, 4), new Arrival(50 * MS, 8)), 50 * MS, 1);
    Map<Figure, Double> figures = RoundFigures.of(List.of(bursts), true);
    assertThat(figures.get(Figure.DECODE)).as("4 in 40 ms").isCloseTo(100, CLOSE);
    assertThat(figures.get(Figure.TPOT)).isCloseTo(10, CLOSE);
    assertThat(bursts.interTokenNanos()).containsExactly(40 * MS, 0, 0, 0);
  }
}
