package io.talchum.wiring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.talchum.adapter.AdapterId;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.engine.RequestClass;
import io.talchum.engine.RequestOutcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is counted when a request ends. Recording belongs to the engine thread. */
final class RequestMetrics {
  private final MeterRegistry meters;
  private final AdapterLabels labels = new AdapterLabels();
  private final Timer queue;
  private final Timer ttft;
  private final Timer tpot;
  private final Timer total;
  private final Map<String, Counter> byReason = new HashMap<>();
  private final Map<String, Counter> background = new HashMap<>(); // by reason
  private final Map<String, AdapterCounters> byAdapter = new HashMap<>();

  private record AdapterCounters(Counter requests, Counter promptTokens, Counter outputTokens) {}

  RequestMetrics(MeterRegistry meters) {
    Timers timers = new Timers(meters);
    this.meters = meters;
    this.queue = timers.coarse("talchum_queue", "From arrival to a slot", Tags.empty());
    this.ttft = timers.coarse("talchum_ttft", "From arrival to the first token", Tags.empty());
    this.tpot =
        timers.coarse("talchum_tpot", "Time per output token after the first", Tags.empty());
    this.total = timers.coarse("talchum_request", "From arrival to the end", Tags.empty());
    for (FinishReason reason : FinishReason.values()) { // shown before the first has ended
      background.put(label(reason), backgroundCounter(label(reason)));
    }
  }

  void record(RequestOutcome outcome) {
    AdapterCounters adapter = adapter(outcome.adapter());
    adapter.requests().increment();
    adapter.promptTokens().increment(outcome.promptTokens());
    adapter.outputTokens().increment(outcome.completionTokens());
    if (outcome.requestClass() == RequestClass.BACKGROUND) {
      background.computeIfAbsent(reason(outcome), this::backgroundCounter).increment();
      return;
    }
    byReason.computeIfAbsent(reason(outcome), this::reasonCounter).increment();
    time(queue, outcome.queueTime());
    time(ttft, outcome.ttft());
    time(tpot, outcome.tpot());
    time(total, outcome.total());
  }

  private static void time(Timer timer, @Nullable Duration duration) {
    if (duration != null) {
      timer.record(duration);
    }
  }

  private AdapterCounters adapter(@Nullable AdapterId id) {
    return byAdapter.computeIfAbsent(labels.of(id), this::adapterCounters);
  }

  private Counter reasonCounter(String reason) {
    return counter("talchum_requests", "Ended requests", Tags.of("finish_reason", reason));
  }

  private Counter backgroundCounter(String reason) {
    return counter(
        "talchum_background_requests",
        "Ended requests in the background",
        Tags.of("finish_reason", reason));
  }

  private AdapterCounters adapterCounters(String name) {
    Tags tags = Tags.of("adapter", name);
    return new AdapterCounters(
        counter("talchum_adapter_requests", "Ended requests by adapter", tags),
        tokens(tags.and("kind", "prompt")),
        tokens(tags.and("kind", "completion")));
  }

  private Counter tokens(Tags tags) {
    return counter("talchum_adapter_tokens", "Tokens of ended requests by adapter", tags);
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(meters);
  }

  private static String reason(RequestOutcome outcome) {
    FinishReason reason = outcome.finishReason();
    ErrorCode error = outcome.error();
    Enum<?> shown = reason != null ? reason : error != null ? error : ErrorCode.INTERNAL;
    return label(shown);
  }

  private static String label(Enum<?> reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }
}
