package io.talchum.bench;

import java.util.List;

/**
 * When the tokens of one request came.
 *
 * @param arrivals at least one; counts grow
 * @param endNanos when the last byte came
 */
record RequestTiming(long sentNanos, List<Arrival> arrivals, long endNanos, int promptTokens) {
  RequestTiming {
    arrivals = List.copyOf(arrivals);
  }

  /**
   * An event with new tokens.
   *
   * @param tokens all so far, these included
   */
  record Arrival(long nanos, int tokens) {}

  long firstNanos() {
    return arrivals.getFirst().nanos();
  }

  /** Of the last token. */
  long lastNanos() {
    return arrivals.getLast().nanos();
  }

  int outputTokens() {
    return arrivals.getLast().tokens();
  }

  long ttftNanos() {
    return firstNanos() - sentNanos;
  }

  long totalNanos() {
    return endNanos - sentNanos;
  }

  /** Tokens that came after one moment and until another, its own included. */
  int tokensWithin(long afterNanos, long untilNanos) {
    int before = 0;
    int until = 0;
    for (Arrival arrival : arrivals) {
      before = arrival.nanos() <= afterNanos ? arrival.tokens() : before;
      until = arrival.nanos() <= untilNanos ? arrival.tokens() : until;
    }
    return until - before;
  }

  /** Gaps between tokens; those that came in one event have none between them. */
  long[] interTokenNanos() {
    long[] gaps = new long[outputTokens() - arrivals.getFirst().tokens()];
    for (int i = 1; i < arrivals.size(); i++) {
      int index = arrivals.get(i - 1).tokens() - arrivals.getFirst().tokens();
      gaps[index] = arrivals.get(i).nanos() - arrivals.get(i - 1).nanos();
    }
    return gaps;
  }
}
