package io.talchum.wiring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.talchum.adapter.AdapterId;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineListener;
import io.talchum.engine.EngineStats;
import io.talchum.engine.RequestOutcome;
import io.talchum.service.ServiceListener;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Everything that GET /metrics shows; docs/metrics.md lists the same names. */
@Singleton
public class EngineMetrics implements EngineListener, ServiceListener {
  /** Adapters that get a series of their own; further ones share one. */
  static final int MAX_ADAPTERS = 200;

  private static final String OTHERS = "_others";
  private static final String BASE = "_base";

  private final MeterRegistry meters;
  private final OpenedModel model;
  private final InstantSource clock;
  private final Set<String> adapterNames = ConcurrentHashMap.newKeySet();
  private final MultiGauge adapterRequests;
  private final Timer prefill;
  private final Timer decode;
  private final Timer prefillOverhead;
  private final Timer decodeOverhead;
  private final Timer requestOverhead;
  private @Nullable Engine engine;

  public EngineMetrics(MeterRegistry meters, OpenedModel model, InstantSource clock) {
    this.meters = meters;
    this.model = model;
    this.clock = clock;
    this.adapterRequests =
        MultiGauge.builder("vllm:lora_requests_info")
            .description("Adapters of running and waiting requests; the value is the Unix time")
            .register(meters);
    this.prefill = step("talchum_step", "Time in the model per step", "prefill", BUCKETS);
    this.decode = step("talchum_step", "Time in the model per step", "decode", BUCKETS);
    this.prefillOverhead = stepOverhead("prefill");
    this.decodeOverhead = stepOverhead("decode");
    this.requestOverhead =
        timer(
            "talchum_request_overhead",
            "Per complete answer, all time in the server outside the model",
            Tags.empty(),
            SHORT_BUCKETS);
  }

  /** Registers the gauges that read the engine's state. */
  void watch(Engine watched) {
    engine = watched;
    gauge("vllm:num_requests_running", "Requests that have a slot", EngineStats::running);
    gauge("vllm:num_requests_waiting", "Requests that wait for a slot", EngineStats::waiting);
    gauge(
        "vllm:kv_cache_usage_perc",
        "Occupied part of the KV cache, 0 to 1",
        EngineStats::kvUsedFraction);
    Gauge.builder("talchum_engine_healthy", watched, e -> e.isHealthy() ? 1 : 0)
        .description("1 while the engine serves")
        .register(meters);
    Gauge.builder("vllm:cache_config_info", () -> 1)
        .description("The KV cache: one block per slot")
        .tag("block_size", Integer.toString(model.executor().maxContextTokens()))
        .tag("num_gpu_blocks", Integer.toString(model.executor().slots()))
        .register(meters);
    refresh();
  }

  /** Brings the series whose labels change up to date; called before each scrape. */
  void refresh() {
    Engine watched = engine;
    if (watched == null) {
      return;
    }
    Map<AdapterId, EngineStats.AdapterLoad> loads = watched.stats().adapters();
    Tags tags =
        Tags.of(
            "max_lora", Integer.toString(model.executor().slots()),
            "running_lora_adapters", names(loads, EngineStats.AdapterLoad::running),
            "waiting_lora_adapters", names(loads, EngineStats.AdapterLoad::waiting));
    double now = clock.millis() / 1000.0;
    adapterRequests.register(List.of(MultiGauge.Row.of(tags, () -> now)), true);
  }

  @Override
  public void onStep(boolean isPrefill, int tokens, Duration duration, Duration overhead) {
    (isPrefill ? prefill : decode).record(duration);
    (isPrefill ? prefillOverhead : decodeOverhead).record(overhead);
  }

  @Override
  public void onDelivered(Duration overhead) {
    requestOverhead.record(overhead);
  }

  @Override
  public void onEnd(RequestOutcome outcome) {
    String adapter = seriesOf(outcome.adapter());
    count("talchum_requests", "Ended requests", Tags.of("finish_reason", reason(outcome)), 1);
    Tags byAdapter = Tags.of("adapter", adapter);
    count("talchum_adapter_requests", "Ended requests by adapter", byAdapter, 1);
    tokens(byAdapter.and("kind", "prompt"), outcome.promptTokens());
    tokens(byAdapter.and("kind", "completion"), outcome.completionTokens());
    time("talchum_queue", "From arrival to a slot", outcome.queueTime());
    time("talchum_ttft", "From arrival to the first token", outcome.ttft());
    time("talchum_tpot", "Time per output token after the first", outcome.tpot());
    time("talchum_request", "From arrival to the end", outcome.total());
  }

  private void gauge(String name, String description, ToDoubleFunction<EngineStats> value) {
    Engine watched = java.util.Objects.requireNonNull(engine);
    Gauge.builder(name, watched, e -> value.applyAsDouble(e.stats()))
        .description(description)
        .register(meters);
  }

  private void tokens(Tags tags, int amount) {
    count("talchum_adapter_tokens", "Tokens of ended requests by adapter", tags, amount);
  }

  private void count(String name, String description, Tags tags, double amount) {
    Counter.builder(name).description(description).tags(tags).register(meters).increment(amount);
  }

  private void time(String name, String description, @Nullable Duration duration) {
    if (duration != null) {
      timer(name, description, Tags.empty(), BUCKETS).record(duration);
    }
  }

  private Timer step(String name, String description, String phase, Duration[] buckets) {
    return timer(name, description, Tags.of("phase", phase), buckets);
  }

  private Timer stepOverhead(String phase) {
    return step(
        "talchum_step_overhead", "Time per step outside the model", phase, SHORT_BUCKETS);
  }

  private Timer timer(String name, String description, Tags tags, Duration[] buckets) {
    return Timer.builder(name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(meters);
  }

  private static final Duration[] BUCKETS =
      java.util.stream.LongStream.of(
              1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Fine enough to tell the 99th percentile of what should take a millisecond. */
  private static final Duration[] SHORT_BUCKETS =
      java.util.stream.LongStream.of(
              10, 20, 30, 50, 70, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200,
              1500, 2000, 3000, 5000, 7000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
          .mapToObj(micros -> Duration.ofNanos(1000 * micros))
          .toArray(Duration[]::new);

  private String seriesOf(@Nullable AdapterId adapter) {
    if (adapter == null) {
      return BASE;
    }
    String name = adapter.name();
    if (adapterNames.contains(name)) {
      return name;
    }
    if (adapterNames.size() >= MAX_ADAPTERS) {
      return OTHERS;
    }
    adapterNames.add(name);
    return name;
  }

  private static String reason(RequestOutcome outcome) {
    FinishReason reason = outcome.finishReason();
    ErrorCode error = outcome.error();
    Enum<?> shown = reason != null ? reason : error != null ? error : ErrorCode.INTERNAL;
    return shown.name().toLowerCase(Locale.ROOT);
  }

  private static String names(
      Map<AdapterId, EngineStats.AdapterLoad> loads,
      java.util.function.ToIntFunction<EngineStats.AdapterLoad> count) {
    return loads.entrySet().stream()
        .filter(entry -> count.applyAsInt(entry.getValue()) > 0)
        .map(entry -> entry.getKey().name())
        .distinct()
        .sorted()
        .collect(Collectors.joining(","));
  }
}
