package io.talchum.bench;

import io.talchum.bench.Experiment.Arm;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** All rounds of an experiment, round by round, arm by arm. */
record Summary(Experiment experiment, List<Round> rounds) {
  Summary {
    rounds = List.copyOf(rounds);
  }

  /**
   * A quotient of two arms.
   *
   * @param ofMedians median of one by median of the other
   * @param pairs the quotients round by round
   */
  record Ratio(double ofMedians, Spread pairs) {}

  /** Of an arm; empty unless every round has the figure. */
  Optional<Spread> spread(Arm arm, Figure figure) {
    return spread(arm, round -> figure(round, figure));
  }

  /** Empty unless known in every round. */
  Optional<Spread> foreignCpu(Arm arm) {
    return spread(arm, Round::foreignCpu);
  }

  /** CPU time of the server per token, prompt and output together, in ms. */
  Optional<Spread> cpuMillisPerToken(Arm arm) {
    return spread(arm, Summary::cpuMillisPerToken);
  }

  /** The first arm's figure by another arm's; empty unless both have it in every round. */
  Optional<Ratio> ratio(Arm other, Figure figure) {
    Arm first = experiment.arms().getFirst();
    Optional<Spread> above = spread(first, figure);
    Optional<Spread> below = spread(other, figure);
    if (above.isEmpty() || below.isEmpty()) {
      return Optional.empty();
    }
    double[] dividends = values(first, round -> figure(round, figure));
    double[] divisors = values(other, round -> figure(round, figure));
    double[] pairs = new double[Math.min(dividends.length, divisors.length)];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = dividends[i] / divisors[i];
    }
    return Optional.of(new Ratio(above.get().median() / below.get().median(), Spread.of(pairs)));
  }

  /** Of an arm, in order. */
  List<Round> roundsOf(Arm arm) {
    return rounds.stream().filter(round -> round.arm().label().equals(arm.label())).toList();
  }

  private Optional<Spread> spread(Arm arm, Function<Round, OptionalDouble> value) {
    double[] values = values(arm, value);
    return values.length == 0 || values.length < roundsOf(arm).size()
        ? Optional.empty()
        : Optional.of(Spread.of(values));
  }

  private double[] values(Arm arm, Function<Round, OptionalDouble> value) {
    return roundsOf(arm).stream()
        .map(value)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .toArray();
  }

  private static OptionalDouble figure(Round round, Figure figure) {
    Double value = round.figures().get(figure);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static OptionalDouble cpuMillisPerToken(Round round) {
    int tokens = round.timings().stream().mapToInt(t -> t.promptTokens() + t.outputTokens()).sum();
    return round.serverCpuSeconds().isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(round.serverCpuSeconds().getAsDouble() * 1e3 / tokens);
  }
}
