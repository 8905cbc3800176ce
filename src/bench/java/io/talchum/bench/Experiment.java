package io.talchum.bench;

import java.util.List;

/**
 * Arms that take turns, round by round; the first is compared with each of the others.
 *
 * @param headline the figure that it is made for
 */
record Experiment(String name, Figure headline, List<Arm> arms) {
  Experiment {
    arms = List.copyOf(arms);
  }

  /**
   * A server and what it is asked.
   *
   * @param label unique in the experiment
   */
  record Arm(String label, Target target, Workload workload) {}
}
