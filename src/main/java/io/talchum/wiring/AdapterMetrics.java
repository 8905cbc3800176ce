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
import io.talchum.adapter.ResidentInfo;
import io.talchum.service.AdapterWatchListener;
import io.talchum.service.Printable;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What GET /metrics and the log tell of adapters that come and go. Any thread. */
@Singleton
public class AdapterMetrics implements AdapterCacheListener, AdapterWatchListener {
  private static final Logger LOG = Logger.getLogger("io.talchum.adapter");

  private final MeterRegistry meters;
  private final Timer wait;
  private final Timer load;
  private final MultiGauge resident;
  private final Counter foldersLoaded;
  private final Counter foldersUnloaded;
  private final Counter foldersFailed;

  private final AdapterLabels labels = new AdapterLabels();
  private final Map<String, Counters> byAdapter = new ConcurrentHashMap<>();

  private volatile @Nullable AdapterCache cache;

  private record Counters(
      Counter hits, Counter loads, Counter loadTime, Counter failures, Counter evictions) {}

  public AdapterMetrics(MeterRegistry meters) {
    this.meters = meters;
    Timers timers = new Timers(meters);
    this.wait =
        timers.coarse("talchum_adapter_load_wait", "From request to begin of a load", Tags.empty());
    this.load = timers.coarse("talchum_adapter_load", "Reading and preparing", Tags.empty());
    this.resident =
        MultiGauge.builder("talchum_adapter_resident_bytes")
            .description("Memory of adapters")
            .register(meters);
    this.foldersLoaded = folders("loaded");
    this.foldersUnloaded = folders("unloaded");
    this.foldersFailed = folders("failed");
    byAdapter.put(AdapterLabels.OTHERS, counters(AdapterLabels.OTHERS));
  }

  void watch(AdapterCache watched) {
    cache = watched;
    Gauge.builder("talchum_adapter_memory_bytes", watched, AdapterCache::usedBytes)
        .description("Memory of all adapters")
        .register(meters);
  }

  /** Brings the series whose labels change up to date; called before each scrape. */
  void refresh() {
    AdapterCache watched = cache;
    if (watched == null) {
      return;
    }
    Map<String, Long> bytes = new TreeMap<>(Map.of(AdapterLabels.OTHERS, 0L));
    for (ResidentInfo info : watched.residents()) {
      bytes.merge(labels.ofKnown(info.id()), info.bytes(), Long::sum);
    }
    AdapterLoadMetrics.register(resident, bytes);
  }

  @Override
  public void onHit(AdapterId id) {
    counters(id).hits().increment();
  }

  @Override
  public void onLoad(AdapterId id, long bytes, Duration waited, Duration duration) {
    Counters adapter = counters(id);
    adapter.loads().increment();
    adapter.loadTime().increment(duration.toNanos() / 1e9);
    wait.record(waited);
    load.record(duration);
    LOG.infof(
        "adapter %s loaded: %d bytes in %d ms, after %d ms",
        id, bytes, duration.toMillis(), waited.toMillis());
  }

  @Override
  public void onFailure(AdapterId id, String reason) {
    counters(id).failures().increment();
    LOG.warnf("adapter %s was not loaded: %s", id, Printable.line(reason));
  }

  @Override
  public void onEvict(AdapterId id, long bytes) {
    counters(id).evictions().increment();
    LOG.infof("adapter %s evicted: %d bytes", id, bytes);
  }

  @Override
  public void onFolderLoaded(String name) {
    foldersLoaded.increment();
    LOG.infof("adapter %s loaded from its folder, which is new or has changed", name);
  }

  @Override
  public void onFolderUnloaded(String name) {
    foldersUnloaded.increment();
    LOG.infof("adapter %s unloaded: its folder is gone", name);
  }

  @Override
  public void onFolderFailed(String name, String reason) {
    foldersFailed.increment();
    LOG.warnf(
        "the folder %s was not taken, until it changes: %s",
        Printable.line(name), Printable.line(reason));
  }

  private Counters counters(AdapterId id) {
    return byAdapter.computeIfAbsent(labels.of(id), this::counters);
  }

  private Counters counters(String name) {
    Tags tags = Tags.of("adapter", name);
    return new Counters(
        counter("talchum_adapter_hits", "Requests whose adapter was in memory", tags),
        counter("talchum_adapter_loads", "Loads of adapters", tags),
        counter("talchum_adapter_load_time_seconds", "Reading and preparing, in sum", tags),
        counter("talchum_adapter_load_failures", "Loads that failed", tags),
        counter("talchum_adapter_evictions", "Adapters that made room for others", tags));
  }

  private Counter folders(String result) {
    return counter(
        "talchum_adapter_folders",
        "What became of adapter folders that came, changed or went",
        Tags.of("result", result));
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(meters);
  }
}
