package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private record Request(String fairnessKey, int number) implements Scheduler.Waiting {}

  @Test
  void admitsTheEarliestOfTheKeyThatHadLeast() {
    List<Request> waiting =
        List.of(new Request("a", 0), new Request("b", 1), new Request("a", 2), new Request("b", 3));
    assertThat(Scheduler.next(waiting, Map.of("a", 10L, "b", 5L)::get)).isEqualTo(1);
    assertThat(Scheduler.next(waiting, Map.of("a", 4L, "b", 5L)::get)).isZero();
    assertThat(Scheduler.next(waiting, Map.of("a", 5L, "b", 5L)::get)).isZero();
    assertThat(Scheduler.next(List.of(), key -> 0)).isEqualTo(-1);
  }

  @Test
  void aKeyThatBeginsToWaitHasNoCreditFromTheTimeBefore() {
    assertThat(Scheduler.lifted(0, OptionalLong.of(70), 50)).isEqualTo(70);
    assertThat(Scheduler.lifted(0, OptionalLong.of(70), 100)).isEqualTo(100);
    assertThat(Scheduler.lifted(0, OptionalLong.empty(), 100)).isEqualTo(100);
    assertThat(Scheduler.lifted(120, OptionalLong.of(70), 100)).isEqualTo(120);
  }

  /** Whatever arrives: within a key first come, first served. */
  @Test
  void isFirstInFirstOutWithinAKey() {
    SplittableRandom random = new SplittableRandom(1);
    FairnessCounters counters = new FairnessCounters();
    List<Request> waiting = new ArrayList<>();
    Map<String, Integer> lastAdmitted = new HashMap<>();
    for (int number = 0; number < 5000; number++) {
      Request request = new Request("k" + random.nextInt(5), number);
      counters.arrived(request.fairnessKey());
      waiting.add(request);
      if (random.nextInt(10) > 0) {
        Request next = admit(waiting, counters, 1 + random.nextInt(100));
        Integer before = lastAdmitted.put(next.fairnessKey(), next.number());
        assertThat(next.number()).isGreaterThan(before == null ? -1 : before);
        counters.ended(next.fairnessKey());
      }
    }
  }

  /** Keys with a backlog differ by a bounded amount of service: theorem 4.4 of the paper. */
  @Test
  void keysWithABacklogGetEqualService() {
    SplittableRandom random = new SplittableRandom(2);
    FairnessCounters counters = new FairnessCounters();
    List<Request> waiting = new ArrayList<>();
    Map<String, Long> service = new HashMap<>();
    for (int round = 0; round < 20_000; round++) {
      // The greedy key sends ten times as much, with prompts ten times as long.
      while (waiting.stream().filter(r -> r.fairnessKey().equals("modest")).count() < 2) {
        arrive(waiting, counters, "modest", round);
      }
      while (waiting.size() < 50) {
        arrive(waiting, counters, "greedy", round);
      }
      int index = Scheduler.next(waiting, counters::tokens);
      int prompt = waiting.get(index).fairnessKey().equals("greedy") ? 1000 : 100;
      Request next = admit(waiting, counters, prompt);
      int output = random.nextInt(50);
      for (int i = 0; i < output; i++) {
        counters.generated(next.fairnessKey());
      }
      counters.ended(next.fairnessKey());
      service.merge(
          next.fairnessKey(), (long) prompt + Scheduler.GENERATED_TOKEN_COST * output, Long::sum);
      long difference = service.getOrDefault("greedy", 0L) - service.getOrDefault("modest", 0L);
      assertThat(Math.abs(difference)).isLessThanOrEqualTo(2 * (1000 + 2 * 50));
    }
  }

  /** A flood of new keys, each with a fresh counter, does not starve one that waits. */
  @Test
  void newKeysStarveNobody() {
    FairnessCounters counters = new FairnessCounters();
    List<Request> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      arrive(waiting, counters, "old", i);
    }
    int admissions = 0;
    for (int i = 0; waiting.stream().anyMatch(r -> r.fairnessKey().equals("old")); i++) {
      arrive(waiting, counters, "new" + i, i);
      arrive(waiting, counters, "cancelled" + i, i);
      arrive(waiting, counters, "new" + i, i);
      Request next = admit(waiting, counters, 100);
      counters.ended(next.fairnessKey());
      if (waiting.removeIf(r -> r.fairnessKey().startsWith("cancelled"))) {
        counters.abandoned("cancelled" + i);
      }
      admissions++;
      assertThat(admissions).isLessThan(50);
    }
  }

  @Test
  void theLastFreeSlotIsKeptAMomentForKeysBelowTheirShare() {
    Duration moment = Duration.ofMillis(19);
    assertThat(Scheduler.mostSlots(8, 2, moment, 10)).isEqualTo(8);
    assertThat(Scheduler.mostSlots(8, 1, moment, 10)).isEqualTo(1);
    assertThat(Scheduler.mostSlots(8, 1, moment, 3)).isEqualTo(3);
    assertThat(Scheduler.mostSlots(8, 1, moment, 1)).isEqualTo(8);
    assertThat(Scheduler.mostSlots(4, 1, moment, 10)).isEqualTo(4);
    assertThat(Scheduler.mostSlots(8, 1, Duration.ofMillis(20), 10)).isEqualTo(8);
  }

  @Test
  void aKeyAsksWhileItHasRequestsAndAWhileAfterwards() {
    FairnessCounters counters = new FairnessCounters();
    counters.arrived("a");
    counters.arrived("b");
    assertThat(counters.asking()).isEqualTo(2);
    counters.admitted("a", 1);
    counters.ended("a");
    assertThat(counters.asking()).isEqualTo(2);
    for (int i = 0; i < 64; i++) {
      counters.arrived("c");
      counters.admitted("c", 1);
    }
    assertThat(counters.asking()).isEqualTo(2); // b waits, c runs
    assertThat(counters.running("c")).isEqualTo(64);
  }

  @Test
  void forgetsIdleKeys() {
    FairnessCounters counters = new FairnessCounters();
    for (int i = 0; i < 10_000; i++) {
      counters.arrived("k" + i);
      counters.admitted("k" + i, 1 + i % 7);
      counters.ended("k" + i);
    }
    assertThat(counters.size()).isLessThanOrEqualTo(1024);
    assertThat(counters.requests()).isEmpty();
  }

  private static void arrive(
      List<Request> waiting, FairnessCounters counters, String key, int number) {
    counters.arrived(key);
    waiting.add(new Request(key, number));
  }

  private Request admit(List<Request> waiting, FairnessCounters counters, int promptTokens) {
    Request next = waiting.remove(Scheduler.next(waiting, counters::tokens));
    counters.admitted(next.fairnessKey(), promptTokens);
    return next;
  }
}
