package io.talchum.wiring;

import io.quarkus.runtime.StartupEvent;
import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.engine.Engine;
import io.talchum.service.ApiKeys;
import io.talchum.service.Printable;
import io.talchum.service.StoredAdapters;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * What must stand before the port is opened. Whatever throws here ends the start; {@link
 * StartFailure} makes one sentence of it.
 */
@Singleton
public class Startup {
  private static final int FIRST = 1;
  private static final Duration TO_WRITE_ENDS = Duration.ofSeconds(2);
  private static final Logger LOG = Logger.getLogger("io.talchum");

  /** Before a model is read. */
  void check(@Observes @Priority(FIRST) StartupEvent event, TalchumConfig config, ApiKeys keys) {
    SettingRanges.check(config);
    ListenPolicy.check(config.host(), keys.required());
  }

  void start(
      @Observes StartupEvent event,
      TalchumConfig config,
      ApiKeys keys,
      Engine engine,
      AdapterDirectory directory,
      AdapterRegistry adapters,
      AdapterWatches watches,
      StoredAdapters stored,
      AdapterCache cache,
      AdapterMetrics adapterMetrics,
      EngineMetrics metrics) {
    watches.open();
    AdapterDirectory.Scan scan = directory.addAll(adapters);
    for (AdapterDirectory.Broken broken : scan.broken()) {
      LOG.warnf(
          "adapter %s was not loaded: %s",
          Printable.line(broken.name()), Printable.line(broken.reason()));
    }
    watches.start();
    adapterMetrics.watch(cache);
    stored.loadPinned();
    metrics.watch(engine);
    drainOnExit(engine, config.drain());
  }

  /**
   * Starts to drain as soon as the process is asked to end, beside the framework's wait for open
   * responses. What still runs shortly before that wait is over gets its terminal event while it
   * can still be written.
   */
  private static void drainOnExit(Engine engine, Duration drain) {
    Duration grace = grace(drain);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> engine.drain(grace), "talchum-exit"));
  }

  /** How long requests may go on so that their ends can still be written. */
  static Duration grace(Duration drain) {
    return drain.compareTo(TO_WRITE_ENDS) > 0 ? drain.minus(TO_WRITE_ENDS) : Duration.ZERO;
  }
}
