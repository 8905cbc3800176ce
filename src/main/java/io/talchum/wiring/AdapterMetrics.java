package io.talchum.wiring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What GET /metrics and the log tell of stored adapters that come and go. Any thread. */
@Singleton
public class AdapterMetrics implements AdapterCacheListener {
  private static final Logger LOG = Logger.getLogger("io.talchum.adapter");

  private final MeterRegistry meters;
  private final Timer wait;
  private final Timer load;
  private final MultiGauge resident;

  /** At most {@link RequestMetrics#MAX_ADAPTERS} names and one for all others. */
  private final Map<String, Counters> byAdapter = new ConcurrentHashMap<>();

  private volatile @Nullable AdapterCache cache;

  private record Counters(Counter hits, Counter loads, Counter failures, Counter evictions) {}

  public AdapterMetrics(MeterRegistry meters) {
    this.meters = meters;
    Timers timers = new Timers(meters);
    this.wait =
        timers.coarse("talchum_adapter_load_wait", "From request to begin of a load", Tags.empty());
    this.load = timers.coarse("talchum_adapter_load", "Reading and preparing", Tags.empty());
    this.resident =
        MultiGauge.builder("talchum_adapter_resident_bytes")
            .description("Memory of stored adapters")
            .register(meters);
    byAdapter.put(RequestMetrics.OTHERS, counters(RequestMetrics.OTHERS));
  }

  void watch(AdapterCache watched) {
    cache = watched;
    Gauge.builder("talchum_adapter_memory_bytes", watched, AdapterCache::usedBytes)
        .description("Memory of all stored adapters")
        .register(meters);
  }

  /** Brings the series whose labels change up to date; called before each scrape. */
  void refresh() {
    AdapterCache watched = cache;
    if (watched == null) {
      return;
    }
    List<AdapterInfo> largest =
        watched.residents().stream()
            .sorted(
                Comparator.comparingLong(AdapterInfo::residentBytes)
                    .reversed()
                    .thenComparing(info -> info.id().name()))
            .toList();
    Map<String, Long> bytes = new HashMap<>(Map.of(RequestMetrics.OTHERS, 0L));
    for (AdapterInfo info : largest) {
      String name = info.id().name();
      String label =
          bytes.containsKey(name) || bytes.size() <= RequestMetrics.MAX_ADAPTERS
              ? name
              : RequestMetrics.OTHERS;
      bytes.merge(label, info.residentBytes(), Long::sum);
    }
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    bytes.forEach((name, sum) -> rows.add(MultiGauge.Row.of(Tags.of("adapter", name), sum)));
    resident.register(rows, true);
  }

  @Override
  public void onHit(AdapterId id) {
    counters(id).hits().increment();
  }

  @Override
  public void onLoad(AdapterId id, long bytes, Duration waited, Duration duration) {
    counters(id).loads().increment();
    wait.record(waited);
    load.record(duration);
    LOG.infof(
        "adapter %s loaded: %d bytes in %d ms, after %d ms",
        id, bytes, duration.toMillis(), waited.toMillis());
  }

  @Override
  public void onFailure(AdapterId id, String reason) {
    counters(id).failures().increment();
    LOG.warnf("adapter %s was not loaded: %s", id, reason);
  }

  @Override
  public void onEvict(AdapterId id, long bytes) {
    counters(id).evictions().increment();
    LOG.infof("adapter %s evicted: %d bytes", id, bytes);
  }

  private Counters counters(AdapterId id) {
    Counters known = byAdapter.get(id.name());
    if (known != null) {
      return known;
    }
    return byAdapter.computeIfAbsent(
        byAdapter.size() <= RequestMetrics.MAX_ADAPTERS ? id.name() : RequestMetrics.OTHERS,
        this::counters);
  }

  private Counters counters(String name) {
    Tags tags = Tags.of("adapter", name);
    return new Counters(
        counter("talchum_adapter_hits", "Requests whose adapter was in memory", tags),
        counter("talchum_adapter_loads", "Loads of stored adapters", tags),
        counter("talchum_adapter_load_failures", "Loads that failed", tags),
        counter("talchum_adapter_evictions", "Adapters that made room for others", tags));
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(meters);
  }
}
