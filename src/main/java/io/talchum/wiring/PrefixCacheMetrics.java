package io.talchum.wiring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The series of the prefix cache. */
final class PrefixCacheMetrics {
  private static final String PROMPTS = "talchum_prefix_cache_prompts";

  private final MeterRegistry meters;

  PrefixCacheMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  void watch(Supplier<PrefixCacheStats> stats) {
    counter(PROMPTS, Tags.of("result", "hit"), "Prompts read", stats, PrefixCacheStats::hits);
    counter(PROMPTS, Tags.of("result", "miss"), "Prompts read", stats, PrefixCacheStats::misses);
    counter(
        "talchum_prefix_cache_tokens",
        Tags.empty(),
        "Prompt tokens that were reused",
        stats,
        PrefixCacheStats::reusedTokens);
    counter(
        "talchum_prefix_cache_evictions",
        Tags.empty(),
        "Blocks forgotten for newer ones",
        stats,
        PrefixCacheStats::evictions);
    gauge("talchum_prefix_cache_bytes", "Memory taken", stats, PrefixCacheStats::bytes);
    gauge(
        "talchum_prefix_cache_limit_bytes",
        "Most memory; 0 if it is off",
        stats,
        PrefixCacheStats::limitBytes);
  }

  private void counter(
      String name,
      Tags tags,
      String description,
      Supplier<PrefixCacheStats> stats,
      ToLongFunction<PrefixCacheStats> value) {
    FunctionCounter.builder(name, stats, s -> value.applyAsLong(s.get()))
        .tags(tags)
        .description(description)
        .register(meters);
  }

  private void gauge(
      String name,
      String description,
      Supplier<PrefixCacheStats> stats,
      ToLongFunction<PrefixCacheStats> value) {
    Gauge.builder(name, stats, s -> value.applyAsLong(s.get()))
        .strongReference(true)
        .description(description)
        .register(meters);
  }
}
