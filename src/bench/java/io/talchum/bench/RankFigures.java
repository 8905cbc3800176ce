package io.talchum.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Time to the first token by how popular a request's adapter is. */
final class RankFigures {
  private static final double NANOS_PER_MS = 1e6;
  private static final int TOP = 8;
  private static final int MIDDLE = 64;

  private RankFigures() {}

  /**
   * A group without requests has no figures.
   *
   * @param adapters indices by popularity, one for each timing
   */
  static Map<Figure, Double> of(List<RequestTiming> timings, List<Integer> adapters) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    put(figures, null, Figure.TTFT_P99, millis(timings, adapters, 0, Integer.MAX_VALUE));
    put(figures, Figure.TTFT_TOP_MEDIAN, Figure.TTFT_TOP_P99, millis(timings, adapters, 0, TOP));
    put(
        figures,
        Figure.TTFT_MIDDLE_MEDIAN,
        Figure.TTFT_MIDDLE_P99,
        millis(timings, adapters, TOP, MIDDLE));
    put(
        figures,
        Figure.TTFT_TAIL_MEDIAN,
        Figure.TTFT_TAIL_P99,
        millis(timings, adapters, MIDDLE, Integer.MAX_VALUE));
    return figures;
  }

  /** Of those who do not use the first adapter. */
  static Map<Figure, Double> modest(List<RequestTiming> timings, List<Integer> adapters) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    put(
        figures,
        Figure.TTFT_MODEST_MEDIAN,
        Figure.TTFT_MODEST_P99,
        millis(timings, adapters, 1, Integer.MAX_VALUE));
    return figures;
  }

  private static double[] millis(
      List<RequestTiming> timings, List<Integer> adapters, int from, int to) {
    return IntStream.range(0, timings.size())
        .filter(i -> adapters.get(i) >= from && adapters.get(i) < to)
        .mapToDouble(i -> timings.get(i).ttftNanos() / NANOS_PER_MS)
        .toArray();
  }

  private static void put(
      Map<Figure, Double> figures,
      @org.jspecify.annotations.Nullable Figure median,
      Figure p99,
      double[] millis) {
    if (millis.length == 0) {
      return;
    }
    if (median != null) {
      figures.put(median, Spread.quantile(millis, 0.5));
    }
    figures.put(p99, Spread.quantile(millis, 0.99));
  }
}
