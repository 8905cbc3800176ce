package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** What must hold after every step. */
final class EngineInvariants {
  private EngineInvariants() {}

  static void check(EngineCore core, int maxContextTokens) {
    List<Sequence> running =
        IntStream.range(0, core.slots().slots())
            .mapToObj(core.slots()::get)
            .flatMap(java.util.stream.Stream::ofNullable)
            .toList();
    Set<Sequence> all = Collections.newSetFromMap(new IdentityHashMap<>());
    all.addAll(running);
    List<Sequence> waiting = core.admission().waiting();
    all.addAll(waiting);
    assertThat(all).as("each in one place").hasSize(running.size() + waiting.size());
    assertThat(all).as("none has ended").noneMatch(Sequence::hasEnded);
    assertThat(core.slots().running()).isEqualTo(running.size());
    running.forEach(sequence -> checkRunning(sequence, maxContextTokens));
    assertThat(waiting)
        .allMatch(
            s ->
                s.kvTokens() == 0
                    && (s.completionTokens() == 0 || s.requestClass() == RequestClass.BACKGROUND));
    checkStats(core.stats(), running, waiting);
    for (RequestClass each : RequestClass.values()) {
      checkCounters(core.admission().counters(each), of(each, running), of(each, waiting));
    }
    assertThat(of(RequestClass.BACKGROUND, running))
        .hasSizeLessThanOrEqualTo(Scheduler.mostBackgroundSlots(core.slots().slots()));
  }

  private static List<Sequence> of(RequestClass requestClass, List<Sequence> sequences) {
    return sequences.stream().filter(s -> s.requestClass() == requestClass).toList();
  }

  private static void checkRunning(Sequence sequence, int maxContextTokens) {
    int kv = sequence.kvTokens();
    assertThat(kv).isLessThan(maxContextTokens);
    if (sequence.isPrefilling()) {
      assertThat(sequence.completionTokens() == 0 || sequence.isResuming()).isTrue();
      assertThat(kv).isLessThan(sequence.readTokens());
    } else {
      assertThat(kv).isEqualTo(sequence.promptTokens() + sequence.completionTokens() - 1);
      assertThat(sequence.tokensLeft()).isPositive();
    }
  }

  private static void checkStats(
      EngineStats stats, List<Sequence> running, List<Sequence> waiting) {
    assertThat(stats.running()).isEqualTo(of(RequestClass.ONLINE, running).size());
    assertThat(stats.waiting()).isEqualTo(of(RequestClass.ONLINE, waiting).size());
    assertThat(stats.backgroundRunning()).isEqualTo(of(RequestClass.BACKGROUND, running).size());
    assertThat(stats.backgroundWaiting()).isEqualTo(of(RequestClass.BACKGROUND, waiting).size());
    assertThat(stats.kvUsedFraction()).isBetween(0.0, 1.0);
    Map<Object, EngineStats.AdapterLoad> expected = new HashMap<>();
    Set<Object> ids = new HashSet<>();
    List<Sequence> onlineRunning = of(RequestClass.ONLINE, running);
    List<Sequence> onlineWaiting = of(RequestClass.ONLINE, waiting);
    onlineRunning.forEach(s -> ids.add(s.adapterId()));
    onlineWaiting.forEach(s -> ids.add(s.adapterId()));
    ids.remove(null);
    for (Object id : ids) {
      expected.put(
          id, new EngineStats.AdapterLoad(count(onlineRunning, id), count(onlineWaiting, id)));
    }
    assertThat(Map.<Object, EngineStats.AdapterLoad>copyOf(stats.adapters())).isEqualTo(expected);
  }

  private static int count(List<Sequence> sequences, Object id) {
    return (int) sequences.stream().filter(s -> id.equals(s.adapterId())).count();
  }

  private static void checkCounters(
      FairnessCounters counters, List<Sequence> running, List<Sequence> waiting) {
    Map<String, Integer> requests = new HashMap<>();
    running.forEach(s -> requests.merge(s.fairnessKey(), 1, Integer::sum));
    waiting.forEach(s -> requests.merge(s.fairnessKey(), 1, Integer::sum));
    assertThat(counters.requests()).isEqualTo(requests);
  }
}
