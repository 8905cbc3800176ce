package io.talchum.wiring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.talchum.adapter.AdapterId;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineListener;
import io.talchum.engine.EngineStats;
import io.talchum.engine.RequestOutcome;
import io.talchum.service.ServiceListener;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Everything that GET /metrics shows; docs/metrics.md lists the same names. */
@Singleton
public class EngineMetrics implements EngineListener, ServiceListener {
  private static final Tags PREFILL = Tags.of("phase", "prefill");
  private static final Tags DECODE = Tags.of("phase", "decode");

  private final MeterRegistry meters;
  private final OpenedModel model;
  private final InstantSource clock;
  private final MultiGauge adapterRequests;
  private final AdapterLoadMetrics adapterLoads;
  private final RequestMetrics requests;
  private final Timer prefill;
  private final Timer decode;
  private final Timer prefillOverhead;
  private final Timer decodeOverhead;
  private final Timer requestOverhead;
  private final Counter stepFailures;
  private @Nullable Engine engine;

  public EngineMetrics(MeterRegistry meters, OpenedModel model, InstantSource clock) {
    this.meters = meters;
    this.model = model;
    this.clock = clock;
    this.adapterRequests =
        MultiGauge.builder("vllm:lora_requests_info")
            .description("Adapters of running and waiting requests; the value is the Unix time")
            .register(meters);
    this.adapterLoads = new AdapterLoadMetrics(meters);
    this.requests = new RequestMetrics(meters);
    Timers timers = new Timers(meters);
    this.prefill = timers.coarse("talchum_step", "Time in the model per step", PREFILL);
    this.decode = timers.coarse("talchum_step", "Time in the model per step", DECODE);
    this.prefillOverhead =
        timers.fine("talchum_step_overhead", "Time outside the model per step", PREFILL);
    this.decodeOverhead =
        timers.fine("talchum_step_overhead", "Time outside the model per step", DECODE);
    this.requestOverhead =
        timers.fine("talchum_request_overhead", "Time outside the model per answer", Tags.empty());
    this.stepFailures =
        Counter.builder("talchum_step_failures")
            .description("Steps that failed; their requests ended with an error")
            .register(meters);
  }

  /** Registers the gauges that read the engine's state. */
  void watch(Engine watched) {
    engine = watched;
    gauge("vllm:num_requests_running", "Requests that have a slot", EngineStats::running);
    gauge("vllm:num_requests_waiting", "Requests that wait for a slot", EngineStats::waiting);
    gauge(
        "talchum_background_running",
        "Requests in the background that have a slot",
        EngineStats::backgroundRunning);
    gauge(
        "talchum_background_waiting",
        "Requests in the background that wait for a slot",
        EngineStats::backgroundWaiting);
    gauge(
        "talchum_expected_wait_seconds",
        "How long a request that comes now will wait for a slot, 1 to 60",
        stats -> stats.expectedWait().toSeconds());
    gauge(
        "vllm:kv_cache_usage_perc",
        "Occupied part of the KV cache, 0 to 1",
        EngineStats::kvUsedFraction);
    new PrefixCacheMetrics(meters).watch(() -> watched.stats().prefixCache());
    Gauge.builder("talchum_engine_healthy", watched, e -> e.isHealthy() ? 1 : 0)
        .description("1 while the engine serves")
        .register(meters);
    Gauge.builder("talchum_products_info", () -> 1)
        .description("How quantized matrices are multiplied")
        .tag("products", model.running().products())
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
    EngineStats stats = watched.stats();
    adapterLoads.refresh(stats);
    Map<AdapterId, EngineStats.AdapterLoad> loads = stats.adapters();
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
  public void onStepFailed() {
    stepFailures.increment();
  }

  @Override
  public void onDelivered(Duration overhead) {
    requestOverhead.record(overhead);
  }

  @Override
  public void onEnd(RequestOutcome outcome) {
    requests.record(outcome);
  }

  private void gauge(String name, String description, ToDoubleFunction<EngineStats> value) {
    Engine watched = java.util.Objects.requireNonNull(engine);
    Gauge.builder(name, watched, e -> value.applyAsDouble(e.stats()))
        .description(description)
        .register(meters);
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
