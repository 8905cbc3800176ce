package io.talchum.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Figures of one round from the timings of its requests. A figure that makes no sense is absent.
 */
final class RoundFigures {
  private static final double NANOS_PER_MS = 1e6;
  private static final double NANOS_PER_S = 1e9;

  private RoundFigures() {}

  /**
   * All that the timings say.
   *
   * @param atOnce whether all requests ran at the same time
   */
  static Map<Figure, Double> of(List<RequestTiming> timings, boolean atOnce) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    if (atOnce) {
      together(timings, figures);
    }
    long start = timings.stream().mapToLong(RequestTiming::sentNanos).min().orElseThrow();
    long last = timings.stream().mapToLong(RequestTiming::lastNanos).max().orElseThrow();
    int tokens = timings.stream().mapToInt(RequestTiming::outputTokens).sum();
    rate(figures, Figure.OUTPUT, tokens, last - start);
    if (!atOnce) {
      double[] prefill =
          timings.stream()
              .mapToDouble(t -> t.promptTokens() * NANOS_PER_S / Math.max(1, t.ttftNanos()))
              .toArray();
      figures.put(Figure.PREFILL, Spread.quantile(prefill, 0.5));
    }
    times(timings, figures);
    return figures;
  }

  /** What requests that begin alike gain when the first has been read. */
  static Map<Figure, Double> reuse(List<RequestTiming> timings) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    double first = timings.getFirst().ttftNanos() / NANOS_PER_MS;
    double next =
        Spread.quantile(
            timings.stream().skip(1).mapToDouble(t -> t.ttftNanos() / NANOS_PER_MS).toArray(), 0.5);
    figures.put(Figure.TTFT_FIRST, first);
    figures.put(Figure.TTFT_NEXT, next);
    figures.put(Figure.TTFT_REUSED, next / first);
    return figures;
  }

  private static void together(List<RequestTiming> timings, Map<Figure, Double> figures) {
    long start = timings.stream().mapToLong(RequestTiming::sentNanos).min().orElseThrow();
    long firstFirst = timings.stream().mapToLong(RequestTiming::firstNanos).min().orElseThrow();
    long lastFirst = timings.stream().mapToLong(RequestTiming::firstNanos).max().orElseThrow();
    long firstLast = timings.stream().mapToLong(RequestTiming::lastNanos).min().orElseThrow();
    long lastLast = timings.stream().mapToLong(RequestTiming::lastNanos).max().orElseThrow();
    rate(figures, Figure.DECODE, within(timings, lastFirst, firstLast), firstLast - lastFirst);
    rate(figures, Figure.GENERATION, within(timings, firstFirst, lastLast), lastLast - firstFirst);
    int prompts = timings.stream().mapToInt(RequestTiming::promptTokens).sum();
    rate(figures, Figure.PREFILL, prompts, lastFirst - start);
  }

  private static int within(List<RequestTiming> timings, long after, long until) {
    return timings.stream().mapToInt(t -> t.tokensWithin(after, until)).sum();
  }

  private static void rate(Map<Figure, Double> figures, Figure figure, int tokens, long nanos) {
    if (tokens > 0 && nanos > 0) {
      figures.put(figure, tokens * NANOS_PER_S / nanos);
    }
  }

  private static void times(List<RequestTiming> timings, Map<Figure, Double> figures) {
    double[] ttft = timings.stream().mapToDouble(t -> t.ttftNanos() / NANOS_PER_MS).toArray();
    figures.put(Figure.TTFT_MEDIAN, Spread.quantile(ttft, 0.5));
    figures.put(Figure.TTFT_WORST, Spread.quantile(ttft, 1));
    double[] total = timings.stream().mapToDouble(t -> t.totalNanos() / NANOS_PER_MS).toArray();
    figures.put(Figure.TOTAL_MEDIAN, Spread.quantile(total, 0.5));
    List<RequestTiming> longer = timings.stream().filter(t -> t.arrivals().size() > 1).toList();
    if (!longer.isEmpty()) {
      double[] tpot = longer.stream().mapToDouble(RoundFigures::tpotMillis).toArray();
      figures.put(Figure.TPOT, Spread.quantile(tpot, 0.5));
      double[] gaps =
          longer.stream()
              .flatMapToLong(t -> java.util.Arrays.stream(t.interTokenNanos()))
              .mapToDouble(nanos -> nanos / NANOS_PER_MS)
              .toArray();
      figures.put(Figure.INTER_TOKEN_P99, Spread.quantile(gaps, 0.99));
    }
  }

  private static double tpotMillis(RequestTiming timing) {
    int later = timing.outputTokens() - timing.arrivals().getFirst().tokens();
    return (timing.lastNanos() - timing.firstNanos()) / NANOS_PER_MS / later;
  }
}
