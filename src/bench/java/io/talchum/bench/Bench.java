package io.talchum.bench;

import io.talchum.bench.CpuClock.Reading;
import io.talchum.bench.Experiment.Arm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs experiments: in every round each arm once, one after another. */
final class Bench {
  private final Streams streams;
  private final CpuClock cpu;
  private final List<Target> targets;
  private final Repeats repeats;

  /**
   * How often.
   *
   * @param pause before each round, for the machine to come to rest
   */
  record Repeats(int warmUps, int rounds, Duration pause) {}

  /**
   * For some servers.
   *
   * @param targets all servers that run, under load or not
   */
  Bench(Streams streams, CpuClock cpu, List<Target> targets, Repeats repeats) {
    this.streams = streams;
    this.cpu = cpu;
    this.targets = List.copyOf(targets);
    this.repeats = repeats;
  }

  /** Runs one; tells of each round when it has ended. */
  Summary run(Experiment experiment, Consumer<Round> listener) {
    for (int i = 1; i <= repeats.warmUps(); i++) {
      round(experiment, -i, round -> {});
    }
    List<Round> rounds = new ArrayList<>();
    for (int number = 1; number <= repeats.rounds(); number++) {
      round(
          experiment,
          number,
          round -> {
            rounds.add(round);
            listener.accept(round);
          });
    }
    return new Summary(experiment, rounds);
  }

  /** Arms on different servers get the same prompts, arms on the same server never. */
  private void round(Experiment experiment, int number, Consumer<Round> listener) {
    Map<String, Integer> earlierArms = new HashMap<>();
    for (Arm arm : experiment.arms()) {
      int earlier = earlierArms.merge(arm.target().endpoint().url(), 1, Integer::sum);
      listener.accept(arm(experiment, arm, number, number + "/" + earlier));
    }
  }

  private Round arm(Experiment experiment, Arm arm, int number, String place) {
    pause();
    List<@Nullable Long> pids = pids();
    List<Long> known = pids.stream().filter(Objects::nonNull).map(Objects::requireNonNull).toList();
    Optional<Reading> before = cpu.read(known);
    Streams.Outcome outcome =
        streams.run(arm.target(), arm.workload(), experiment.name() + "/" + place);
    Optional<Reading> after = cpu.read(known);
    return new Round(
        experiment,
        arm,
        number,
        outcome.timings(),
        figures(arm.workload(), outcome),
        cpu.foreign(before, after, pids),
        cpu.seconds(before, after, arm.target().pid()));
  }

  private List<@Nullable Long> pids() {
    List<@Nullable Long> pids = new ArrayList<>();
    for (Target target : targets) {
      pids.add(target.pid());
    }
    return pids;
  }

  private static Map<Figure, Double> figures(Workload workload, Streams.Outcome outcome) {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    figures.putAll(RoundFigures.of(outcome.timings(), workload.callsPerStream() == 1));
    if (workload.sharedTokens() > 0) {
      figures.putAll(RoundFigures.reuse(outcome.timings()));
    }
    if (workload.drawsAdapters()) {
      figures.putAll(RankFigures.of(outcome.timings(), outcome.adapters()));
    }
    if (workload.adapters() == Workload.Adapters.NINE_AND_GREEDY) {
      figures.putAll(RankFigures.modest(outcome.timings(), outcome.adapters()));
    }
    if (!outcome.outsideModelMillis().isEmpty()) {
      double[] outside =
          outcome.outsideModelMillis().stream().mapToDouble(Double::doubleValue).toArray();
      figures.put(Figure.OUTSIDE_MEDIAN, Spread.quantile(outside, 0.5));
      figures.put(Figure.OUTSIDE_P99, Spread.quantile(outside, 0.99));
    }
    outcome
        .after()
        .quantileMillisSince(outcome.before(), 0.5)
        .ifPresent(median -> figures.put(Figure.SERVER_MEDIAN, median));
    outcome
        .after()
        .quantileMillisSince(outcome.before(), 0.99)
        .ifPresent(p99 -> figures.put(Figure.SERVER_P99, p99));
    return figures;
  }

  private void pause() {
    long end = System.nanoTime() + repeats.pause().toNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
