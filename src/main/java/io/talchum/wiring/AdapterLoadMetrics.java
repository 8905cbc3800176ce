package io.talchum.wiring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.talchum.engine.EngineStats;
import java.util.Map;
import java.util.TreeMap;

/** How many requests of each adapter run and wait. Called before each scrape. */
final class AdapterLoadMetrics {
  private final AdapterLabels labels = new AdapterLabels();
  private final MultiGauge running;
  private final MultiGauge waiting;

  AdapterLoadMetrics(MeterRegistry meters) {
    this.running =
        MultiGauge.builder("talchum_adapter_running")
            .description("Requests that have a slot, by adapter")
            .register(meters);
    this.waiting =
        MultiGauge.builder("talchum_adapter_waiting")
            .description("Requests that wait for a slot, by adapter")
            .register(meters);
  }

  void refresh(EngineStats stats) {
    Map<String, Integer> run = new TreeMap<>();
    Map<String, Integer> wait = new TreeMap<>();
    int adaptersRun = 0;
    int adaptersWait = 0;
    for (var entry : stats.adapters().entrySet()) {
      String label = labels.of(entry.getKey());
      run.merge(label, entry.getValue().running(), Integer::sum);
      wait.merge(label, entry.getValue().waiting(), Integer::sum);
      adaptersRun += entry.getValue().running();
      adaptersWait += entry.getValue().waiting();
    }
    run.put(AdapterLabels.BASE, Math.max(0, stats.running() - adaptersRun));
    wait.put(AdapterLabels.BASE, Math.max(0, stats.waiting() - adaptersWait));
    register(running, run);
    register(waiting, wait);
  }

  static void register(MultiGauge gauge, Map<String, ? extends Number> byLabel) {
    gauge.register(
        byLabel.entrySet().stream()
            .<MultiGauge.Row<?>>map(
                entry -> MultiGauge.Row.of(Tags.of("adapter", entry.getKey()), entry.getValue()))
            .toList(),
        true);
  }
}
