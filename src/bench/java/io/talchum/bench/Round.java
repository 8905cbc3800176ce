package io.talchum.bench;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One measured round of an arm.
 *
 * @param number from 1
 * @param foreignCpu part of the machine that neither the servers nor this process used, 0 to 1;
 *     empty if some server's process is not known
 * @param serverCpuSeconds CPU time of the arm's server
 */
record Round(
    Experiment experiment,
    Experiment.Arm arm,
    int number,
    List<RequestTiming> timings,
    Map<Figure, Double> figures,
    OptionalDouble foreignCpu,
    OptionalDouble serverCpuSeconds) {
  Round {
    timings = List.copyOf(timings);
    figures = Map.copyOf(figures);
  }
}
