package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.talchum.adapter.AdapterId;
import io.talchum.core.ContentHash;
import io.talchum.engine.EngineStats;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AdapterLoadMetricsTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AdapterLoadMetrics metrics = new AdapterLoadMetrics(meters);

  private static AdapterId id(String name, int version) {
    return new AdapterId(name, new ContentHash(String.format("%064x", version)));
  }

  private static EngineStats stats(
      int running, int waiting, Map<AdapterId, EngineStats.AdapterLoad> adapters) {
    return new EngineStats(
        running,
        waiting,
        0,
        0,
        8,
        0,
        adapters,
        0,
        0,
        0,
        0,
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        PrefixCacheStats.OFF);
  }

  private Map<String, Integer> shown(String meter) {
    Map<String, Integer> values = new TreeMap<>();
    for (Gauge gauge : meters.find(meter).gauges()) {
      values.put(gauge.getId().getTag("adapter"), (int) gauge.value());
    }
    return values;
  }

  @Test
  void addsUpTheVersionsOfANameAndForgetsWhatIsGone() {
    metrics.refresh(
        stats(
            5,
            4,
            Map.of(
                id("a", 1), new EngineStats.AdapterLoad(2, 0),
                id("a", 2), new EngineStats.AdapterLoad(1, 1),
                id("b", 1), new EngineStats.AdapterLoad(0, 2))));
    assertThat(shown("talchum_adapter_running")).isEqualTo(Map.of("a", 3, "b", 0, "_base", 2));
    assertThat(shown("talchum_adapter_waiting")).isEqualTo(Map.of("a", 1, "b", 2, "_base", 1));
    metrics.refresh(stats(0, 0, Map.of()));
    assertThat(shown("talchum_adapter_running")).isEqualTo(Map.of("_base", 0));
  }

  @Test
  void theNumberOfSeriesStaysBounded() {
    Map<AdapterId, EngineStats.AdapterLoad> many = new HashMap<>();
    int all = AdapterLabels.MAX_ADAPTERS + 40;
    for (int i = 0; i < all; i++) {
      many.put(id("adapter-" + i, i), new EngineStats.AdapterLoad(0, 1));
    }
    metrics.refresh(stats(0, all, many));
    metrics.refresh(stats(0, all, many));
    assertThat(shown("talchum_adapter_waiting"))
        .hasSize(AdapterLabels.MAX_ADAPTERS + 2)
        .containsEntry("_others", 40);
  }
}
