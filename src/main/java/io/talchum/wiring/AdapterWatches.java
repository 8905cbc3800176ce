package io.talchum.wiring;

import io.talchum.adapter.AdapterDirectory;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterService;
import io.talchum.service.AdapterWatch;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Follows the adapters directories if that is configured. */
@Singleton
public class AdapterWatches {
  /** Longer than between two files of one adapter that are written one after the other. */
  private static final Duration QUIET = Duration.ofSeconds(2);

  private final TalchumConfig config;
  private final AdapterDirectory directory;
  private final AdapterService adapters;
  private final InstantSource clock;
  private final AdapterMetrics metrics;
  private final List<AdapterWatch> watches = new ArrayList<>();

  public AdapterWatches(
      TalchumConfig config,
      AdapterDirectory directory,
      AdapterService adapters,
      InstantSource clock,
      AdapterMetrics metrics) {
    this.config = config;
    this.directory = directory;
    this.adapters = adapters;
    this.clock = clock;
    this.metrics = metrics;
  }

  /** From here on no change is missed. */
  void open() {
    if (!config.watchAdapters()) {
      return;
    }
    for (Path root : directory.roots()) {
      try {
        watches.add(new AdapterWatch(root, adapters, QUIET, clock, metrics));
      } catch (IOException e) {
        throw new ServeException(
            ErrorCode.INVALID_REQUEST,
            "the adapters directory %s cannot be watched (%s); set talchum.watch-adapters to false"
                .formatted(root, e),
            e);
      }
    }
  }

  /** After the folders that were there have been loaded. */
  void start() {
    watches.forEach(AdapterWatch::start);
  }

  @PreDestroy
  void close() {
    watches.forEach(AdapterWatch::close);
  }
}
