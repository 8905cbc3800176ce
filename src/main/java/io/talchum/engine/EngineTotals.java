package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.engine.EngineStats.AdapterLoad;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counters since the start, and the snapshot made of them. Owned by the engine thread. */
final class EngineTotals {
  private long promptTokens;
  private long completionTokens;
  private long decodeSteps;
  private long prefillSteps;
  private Duration decodeTime = Duration.ZERO;
  private Duration prefillTime = Duration.ZERO;
  private Duration slotTime = Duration.ZERO;
  private Map<AdapterId, AdapterLoad> adapters = Map.of();
  private boolean adaptersAreStale;

  long prefillSteps() {
    return prefillSteps;
  }

  void generated() {
    completionTokens++;
  }

  void stepped(boolean isPrefill, int tokens, Duration duration) {
    if (isPrefill) {
      promptTokens += tokens;
      prefillSteps++;
      prefillTime = prefillTime.plus(duration);
    } else {
      decodeSteps++;
      decodeTime = decodeTime.plus(duration);
    }
  }

  /** A request that somebody waited for held its slot for so long. */
  void heldSlot(Duration held) {
    slotTime = WaitEstimate.mean(slotTime, held);
  }

  /** A request came, got a slot or ended. */
  void loadChanged() {
    adaptersAreStale = true;
  }

  EngineStats stats(
      SlotTable slots, Admission admission, PrefixCacheStats prefixCache, Instant now) {
    if (adaptersAreStale) {
      adapters = loads(slots, admission.waiting());
      adaptersAreStale = false;
    }
    return new EngineStats(
        slots.running(RequestClass.ONLINE),
        admission.waiting(RequestClass.ONLINE).size(),
        slots.running(RequestClass.BACKGROUND),
        admission.waiting(RequestClass.BACKGROUND).size(),
        slots.slots(),
        slots.kvUsedFraction(),
        adapters,
        promptTokens,
        completionTokens,
        decodeSteps,
        prefillSteps,
        decodeTime,
        prefillTime,
        longer(slotTime, slots.meanAge(now)),
        prefixCache);
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? b : a;
  }

  private static Map<AdapterId, AdapterLoad> loads(SlotTable slots, List<Sequence> waiting) {
    Map<AdapterId, AdapterLoad> loads = new HashMap<>();
    for (int slot = 0; slot < slots.slots(); slot++) {
      add(loads, slots.get(slot), 1, 0);
    }
    for (Sequence sequence : waiting) {
      add(loads, sequence, 0, 1);
    }
    return Map.copyOf(loads);
  }

  private static void add(
      Map<AdapterId, AdapterLoad> loads, @Nullable Sequence sequence, int running, int waiting) {
    AdapterId id =
        sequence == null || sequence.requestClass() == RequestClass.BACKGROUND
            ? null
            : sequence.adapterId();
    if (id != null) {
      loads.merge(
          id,
          new AdapterLoad(running, waiting),
          (a, b) -> new AdapterLoad(a.running() + b.running(), a.waiting() + b.waiting()));
    }
  }
}
