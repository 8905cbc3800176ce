package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of adapters that come and go. */
class AdapterMetricsTest {
  private static final long EACH = 10;
  private static final int MORE = 30;

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final AdapterMetrics metrics = new AdapterMetrics(meters);
  private final AdapterCache cache =
      new AdapterCache(
          weights -> new Resident(),
          new AdapterCache.Limits(2 * EACH, 10),
          InstantSource.system(),
          metrics);
  private final List<String> lines = new ArrayList<>();
  private final Logger log = Logger.getLogger("io.talchum.adapter");
  private final Handler handler =
      new Handler() {
        @Override
        public synchronized void publish(LogRecord entry) {
          lines.add(entry.getMessage() + Arrays.toString(entry.getParameters()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private static final class Source implements AdapterSource {
    @Override
    public AdapterContent read(AdapterId id) {
      if (id.name().equals("broken")) {
        throw new IllegalStateException("no such disk");
      }
      return new AdapterContent("LORA", id.version(), "f", 1, 1, 1, 1, AdapterWeights.of());
    }

    @Override
    public long residentBytes(AdapterId id) {
      return EACH;
    }

    @Override
    public boolean isPinned(AdapterId id) {
      return false;
    }
  }

  private record Resident() implements ResidentAdapter {
    @Override
    public long residentBytes() {
      return EACH;
    }

    @Override
    public void close() {}
  }

  private static AdapterId id(String name) {
    return new AdapterId(name, new ContentHash("0123456789abcdef".repeat(4)));
  }

  @BeforeEach
  void listen() {
    handler.setLevel(Level.ALL);
    log.addHandler(handler);
    metrics.watch(cache);
  }

  @AfterEach
  void close() {
    cache.close();
    log.removeHandler(handler);
  }

  private void load(String name) {
    cache.load(new Source(), id(name), null);
  }

  private long lines(String name, String what) {
    return lines.stream().filter(line -> line.contains(name) && line.contains(what)).count();
  }

  private double count(String meter, String adapter) {
    return meters.get(meter).tag("adapter", adapter).counter().count();
  }

  private double resident(String adapter) {
    return meters.get("talchum_adapter_resident_bytes").tag("adapter", adapter).gauge().value();
  }

  @Test
  void eachLoadAndEachEvictionIsOneLine() {
    load("one");
    load("one");
    load("two");
    load("three"); // "one" makes room
    load("one");
    try {
      load("broken");
    } catch (RuntimeException e) {
      assertThat(e).hasMessage("no such disk");
    }
    cache.close();
    assertThat(lines("one@", " loaded: ")).isEqualTo(2);
    assertThat(lines("two@", " loaded: ")).isEqualTo(1);
    assertThat(lines("three@", " loaded: ")).isEqualTo(1);
    assertThat(lines("one@", " evicted: ")).isEqualTo(1);
    assertThat(lines("broken@", " was not loaded: ")).isEqualTo(1);
    assertThat(lines("broken@", " bytes in ")).isZero();
    assertThat(count("talchum_adapter_loads", "one")).isEqualTo(2);
    assertThat(count("talchum_adapter_hits", "one")).isEqualTo(1);
    assertThat(count("talchum_adapter_evictions", "one")).isEqualTo(1);
    assertThat(count("talchum_adapter_load_failures", "broken")).isEqualTo(1);
    assertThat(count("talchum_adapter_load_time_seconds", "one")).isNotNegative();
  }

  @Test
  void theNumberOfSeriesStaysBoundedWhateverAdaptersCome() {
    for (int i = 0; i < AdapterLabels.MAX_ADAPTERS + MORE; i++) {
      load("adapter-" + i);
      metrics.refresh();
    }
    while (meters.find("talchum_adapter_loads").counters().stream()
            .mapToDouble(Counter::count)
            .sum()
        < AdapterLabels.MAX_ADAPTERS + MORE) {
      Thread.onSpinWait(); // the last one is told after it can be used
    }
    assertThat(meters.find("talchum_adapter_loads").counters())
        .hasSize(AdapterLabels.MAX_ADAPTERS + 1);
    assertThat(count("talchum_adapter_loads", "_others")).isEqualTo(MORE);
    assertThat(resident("_others")).isEqualTo(2 * EACH);
  }

  /** Thousands that are kept at start would take the names away from those that are used. */
  @Test
  void whatNobodyHasUsedYetHasNoSeriesOfItsOwn() {
    cache.keep(new Source(), id("kept"));
    metrics.refresh();
    assertThat(resident("_others")).isEqualTo(EACH);
    assertThat(lines("kept@", "")).isZero();
    load("kept");
    metrics.refresh();
    assertThat(resident("_others")).isZero();
    assertThat(resident("kept")).isEqualTo(EACH);
    assertThat(lines("kept@", " loaded: ")).isEqualTo(1);
    assertThat(count("talchum_adapter_loads", "kept")).isEqualTo(1);
  }

  @Test
  void memoryIsToldByAdapter() {
    load("one");
    metrics.refresh();
    assertThat(resident("one")).isEqualTo(EACH);
    assertThat(resident("_others")).isZero();
    cache.drop(id("one"));
    metrics.refresh();
    assertThat(meters.find("talchum_adapter_resident_bytes").tag("adapter", "one").gauge())
        .isNull();
  }
}
