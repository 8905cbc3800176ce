package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.engine.Scheduler.Demand;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What requests in the background may take of others, and what they get in any case. */
class BackgroundTest {
  private static final int SLOTS = 8;

  /** Who comes may meet a step of the background that has just begun. */
  private static final double LONGEST_STEP_MILLIS = 16;

  @Test
  void theBackgroundGetsASlotOnlyWhileNobodyWaitsOrInItsTurn() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      Demand demand =
          new Demand(
              random.nextBoolean(),
              random.nextBoolean(),
              1 + random.nextInt(16),
              random.nextInt(5),
              random.nextInt(2 * Scheduler.BACKGROUND_EVERY));
      RequestClass next = Scheduler.nextClass(demand);
      boolean full = demand.backgroundRunning() >= Math.max(1, demand.slots() / 4);
      if (demand.backgroundWaits()
          && demand.backgroundRunning() == 0
          && demand.sinceBackground() >= Scheduler.BACKGROUND_EVERY) {
        assertThat(next).isEqualTo(RequestClass.BACKGROUND);
      }
      if (next == RequestClass.BACKGROUND) {
        assertThat(demand.backgroundWaits() && !full).isTrue();
        assertThat(!demand.onlineWaits() || demand.sinceBackground() >= Scheduler.BACKGROUND_EVERY)
            .isTrue();
      } else if (next == RequestClass.ONLINE) {
        assertThat(demand.onlineWaits()).isTrue();
      } else {
        assertThat(demand.onlineWaits()).isFalse();
        assertThat(demand.backgroundWaits() && !full).isFalse();
      }
    }
  }

  /** Whatever the steps: a tenth of the others' time, and one step more. */
  @Test
  void itsShareOfTheTimeIsBounded() {
    SplittableRandom random = new SplittableRandom(2);
    Duration credit = Duration.ZERO;
    double online = 0;
    double background = 0;
    for (int i = 0; i < 20_000; i++) {
      int millis = 1 + random.nextInt(60);
      double part = credit.isNegative() ? 0 : random.nextInt(3) / 2.0;
      credit = Scheduler.credit(credit, Duration.ofMillis(millis), part);
      background += part * millis;
      online += (1 - part) * millis;
      assertThat(background).isLessThanOrEqualTo(online / 10 + 60);
    }
    assertThat(background).isGreaterThan(online / 12);
  }

  private long stepNanos;
  private final FakeModelExecutor executor =
      new FakeModelExecutor(SLOTS, 64) {
        @Override
        public StepLogits decode(int[] tokenIds, int[] positions) {
          elapsed(8_000_000 + 1_000_000L * tokenIds.length);
          return super.decode(tokenIds, positions);
        }

        @Override
        public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows wanted) {
          elapsed(500_000L * tokenIds.length);
          return super.prefill(slot, start, tokenIds, wanted);
        }
      };
  private final CoreHarness harness = new CoreHarness(executor, 4, 8);

  {
    executor.takesGivenCompletions = true;
  }

  private void elapsed(long nanos) {
    stepNanos += nanos;
    harness.clock.advance(Duration.ofNanos(nanos));
  }

  /** Scores and answers of the background are the same however often they gave their slots back. */
  @Test
  void whatGivesItsSlotBackGoesOnWhereItWas() {
    FakeModelExecutor one = new FakeModelExecutor(1, 64);
    one.takesGivenCompletions = true;
    CoreHarness narrow = new CoreHarness(one);
    int[] prompt = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    RecordingSink sink = new RecordingSink();
    narrow.submitBackground(prompt, null, exactly(30), null, sink);
    int preemptions = 0;
    while (!sink.hasEnded()) {
      for (int i = 0; i < 7 && !sink.hasEnded(); i++) {
        narrow.step();
      }
      if (!sink.hasEnded() && preemptions++ < 12) {
        RecordingSink online = new RecordingSink();
        narrow.submit(exactly(2), online, 3, 4);
        narrow.step();
        assertThat(narrow.core.slots().running(RequestClass.BACKGROUND)).isZero();
        while (!online.hasEnded()) {
          narrow.step();
        }
      }
    }
    assertThat(preemptions).isGreaterThan(5);
    assertThat(sink.tokens).isEqualTo(CoreHarness.alone(prompt, 0, exactly(30)).tokens);
  }

  /** One who asks, one request after another. */
  private final class Client implements GenerationSink {
    private final SplittableRandom random;
    private final int thinkMillis;
    private Instant next;
    private boolean running;
    private boolean answered;
    private final List<Double> ttft = new ArrayList<>();
    private final List<Double> tpot = new ArrayList<>();
    private @Nullable Instant last;

    Client(int thinkMillis, long seed) {
      this.thinkMillis = thinkMillis;
      this.random = new SplittableRandom(seed);
      this.next = harness.clock.instant().plusMillis(random.nextInt(thinkMillis + 1));
    }

    void askIfItIsTime() {
      if (!running && !harness.clock.instant().isBefore(next)) {
        running = true;
        answered = false;
        next = harness.clock.instant();
        int[] prompt = random.ints(8, 3, FakeModelExecutor.VOCAB).toArray();
        harness.submit(prompt, null, exactly(16), "key" + thinkMillis, null, this);
      }
    }

    @Override
    public void onPrompt(List<TokenLogprob> prompt) {}

    @Override
    public void onToken(TokenEvent event) {
      Instant now = harness.clock.instant();
      Instant before = answered && last != null ? last : next;
      (answered ? tpot : ttft).add(Duration.between(before, now).toNanos() / 1e6);
      answered = true;
      last = now;
    }

    @Override
    public void onFinish(GenerationResult result) {
      running = false;
      next = harness.clock.instant().plusMillis(random.nextInt(thinkMillis + 1));
    }

    @Override
    public void onError(ServeException error) {
      throw error;
    }
  }

  private static SamplingParams exactly(int tokens) {
    return SamplingParams.builder(tokens).temperature(0f).ignoreEos(true).build();
  }

  /** Milliseconds, and what the background got done. */
  private record Seen(double meanTtft, double meanTpot, int background) {}

  private Seen run(int clients, int thinkMillis, boolean withBackground) {
    List<Client> all = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      all.add(new Client(thinkMillis, 100 + i));
    }
    List<RecordingSink> open = new ArrayList<>();
    int done = 0;
    int[] tokens = new SplittableRandom(9).ints(40, 3, FakeModelExecutor.VOCAB).toArray();
    Instant end = harness.clock.instant().plusSeconds(120);
    while (harness.clock.instant().isBefore(end)) {
      all.forEach(Client::askIfItIsTime);
      while (withBackground && open.size() < 6) {
        open.add(new RecordingSink());
        if (open.size() % 2 == 0) {
          harness.score(new int[] {3, 4, 5, 6}, tokens, null, open.getLast());
        } else {
          harness.submitBackground(tokens, null, exactly(12), null, open.getLast());
        }
      }
      stepNanos = 0;
      harness.step();
      if (stepNanos == 0) {
        harness.clock.advance(Duration.ofMillis(1));
      }
      done += (int) open.stream().filter(RecordingSink::hasEnded).count();
      open.removeIf(RecordingSink::hasEnded);
    }
    return new Seen(mean(all, true), mean(all, false), done);
  }

  private static double mean(List<Client> clients, boolean ttft) {
    return clients.stream()
        .flatMap(client -> (ttft ? client.ttft : client.tpot).stream())
        .mapToDouble(Double::doubleValue)
        .average()
        .orElseThrow();
  }

  /** Idle, half used, nearly full, and more than full: twelve that never think on eight slots. */
  @ParameterizedTest
  @CsvSource({"1, 400, 1.2, 1", "4, 400, 1.15, 1", "8, 400, 1.15, 1.2", "12, 0, 1.15, 1.5"})
  void othersHardlyNoticeItAndItNeverStarves(
      int clients, int thinkMillis, double tpot, double ttft) {
    Seen alone = new BackgroundTest().run(clients, thinkMillis, false);
    Seen beside = new BackgroundTest().run(clients, thinkMillis, true);
    assertThat(beside.background()).as("%s", beside).isGreaterThan(20);
    assertThat(beside.meanTpot()).as("%s", beside).isLessThanOrEqualTo(tpot * alone.meanTpot());
    assertThat(beside.meanTtft())
        .as("%s, alone %s", beside, alone)
        .isLessThanOrEqualTo(ttft * alone.meanTtft() + LONGEST_STEP_MILLIS);
  }
}
