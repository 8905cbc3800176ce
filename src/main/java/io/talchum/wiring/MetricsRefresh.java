package io.talchum.wiring;

import io.quarkus.vertx.http.runtime.filters.Filters;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Before each scrape, rewrites the series whose labels change. */
@Singleton
public class MetricsRefresh {
  private static final int PRIORITY = 100;

  private final EngineMetrics metrics;
  private final AdapterMetrics adapters;

  public MetricsRefresh(EngineMetrics metrics, AdapterMetrics adapters) {
    this.metrics = metrics;
    this.adapters = adapters;
  }

  void install(@Observes Filters filters) {
    filters.register(
        context -> {
          if (context.normalizedPath().equals("/metrics")) {
            metrics.refresh();
            adapters.refresh();
          }
          context.next();
        },
        PRIORITY);
  }
}
