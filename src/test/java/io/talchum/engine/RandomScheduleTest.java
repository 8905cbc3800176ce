package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.engine.prefix.PrefixCacheStats;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random schedules; the seed is in every message. Their seeds are fixed, so that a run is the same
 * every time; {@code -Dtalchum.schedules=N} adds N with seeds of their own, for a long run by hand.
 */
class RandomScheduleTest {
  private static final int CONTEXT = 64;

  private record Submitted(
      int[] prompt,
      long adapterContent,
      SamplingParams sampling,
      Sequence sequence,
      RecordingSink sink) {}

  @ParameterizedTest
  @MethodSource("seeds")
  void tenThousandRequestsEachAsIfAlone(long seed) {
    new Schedule(seed, 10_000, 0).run();
  }

  /** Two that are always the same, and as many others as are asked for. */
  static LongStream seeds() {
    return LongStream.concat(
        LongStream.of(20261201, 7),
        new SplittableRandom().longs(Integer.getInteger("talchum.schedules", 0)));
  }

  /** In so little memory that blocks are forgotten all the time; hashes collide all the time. */
  @ParameterizedTest
  @MethodSource("seeds")
  void theSameWithAPrefixCache(long seed) {
    Schedule schedule = new Schedule(seed, 10_000, 40);
    schedule.run();
    PrefixCacheStats stats = schedule.harness.core.stats().prefixCache();
    assertThat(stats.hits()).as("seed %dL", seed).isGreaterThan(1000);
    assertThat(stats.evictions()).as("seed %dL", seed).isGreaterThan(1000);
    assertThat(stats.bytes()).isEqualTo(stats.limitBytes());
  }

  private static final class Schedule {
    private final long seed;
    private final int most;
    private int requests;
    private final SplittableRandom random;
    private final RandomRequests requestsSource;
    private final FakeModelExecutor executor = new FakeModelExecutor(6, CONTEXT);
    private final CoreHarness harness;
    private final FakeAdapters adapters = new FakeAdapters(executor);
    private final List<Submitted> open = new ArrayList<>();
    private final int beginning; // tokens that most prompts have in common
    private long versions;

    Schedule(long seed, int requests, int cachedBlocks) {
      this.seed = seed;
      this.harness =
          new CoreHarness(executor, 5, 13, new PrefixReuse(executor, cache(cachedBlocks), 9));
      this.beginning = cachedBlocks == 0 ? 0 : 20;
      executor.takesGivenCompletions = true;
      executor.shortTokens = cachedBlocks == 0 ? Integer.MAX_VALUE : 30;
      this.requests = requests;
      this.most = 10 * requests;
      this.random = new SplittableRandom(seed);
      this.requestsSource = new RandomRequests(random);
      for (int name = 0; name < 4; name++) {
        adapters.load("a" + name, ++versions);
      }
    }

    private @Nullable PrefixCache cache(int blocks) {
      int blockTokens = 4;
      return blocks == 0
          ? null
          : new PrefixCache(
              executor,
              blocks * blockTokens * executor.kvBytesPerToken(),
              blockTokens,
              (parent, origin, tokenIds) -> Arrays.hashCode(tokenIds) % 61);
    }

    void run() {
      try {
        while (harness.accepted < requests || harness.core.hasWork()) {
          disturb();
          harness.step();
          checkLeases();
          checkEnded();
          if (harness.accepted == requests && executor.copies == 0 && requests < most) {
            requests++; // moves are rare: on until there is one
          }
        }
        assertThat(open).isEmpty();
        assertThat(adapters.openLeases()).isZero();
        assertThat(executor.openResidents).as("old versions are closed").isEqualTo(4);
        assertThat(harness.outcomes).as("one end each").hasSize(requests);
        assertThat(executor.copies).as("the schedule moves sequences").isPositive();
        assertThat(executor.failedRuns).as("the schedule fails runs").isPositive();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + "L", e);
      }
    }

    private void disturb() {
      while (harness.accepted < requests
          && harness.waiting(RequestClass.ONLINE) < 12
          && random.nextInt(3) == 0) {
        submit();
      }
      if (random.nextInt(12) == 0 && !open.isEmpty()) {
        open.get(random.nextInt(open.size())).sequence.cancel();
      }
      if (random.nextInt(20) == 0) {
        adapters.load("a" + random.nextInt(4), ++versions);
      }
      if (random.nextInt(50) == 0) {
        executor.failNextRuns(1);
      }
      if (random.nextInt(200) == 0) {
        executor.failNextBinds(1);
      }
      harness.clock.advance(Duration.ofMillis(1));
    }

    private void submit() {
      int[] prompt = requestsSource.prompt(random.nextInt(8) == 0 ? CONTEXT - 1 : 12 + beginning);
      for (int i = 0; i < Math.min(beginning, prompt.length) - random.nextInt(8); i++) {
        prompt[i] = i % 3;
      }
      SamplingParams sampling = requestsSource.sampling(16);
      int choice = random.nextInt(5);
      long content = choice == 4 ? 0 : adapters.content("a" + choice);
      AdapterLease lease = choice == 4 ? null : adapters.acquire("a" + choice);
      Instant deadline =
          random.nextInt(10) == 0 ? harness.clock.instant().plusMillis(random.nextInt(100)) : null;
      RecordingSink sink = new RecordingSink();
      Sequence sequence =
          random.nextInt(6) == 0 && harness.waiting(RequestClass.BACKGROUND) < 6
              ? harness.submitBackground(prompt, lease, sampling, deadline, sink)
              : harness.submit(prompt, lease, sampling, "key" + random.nextInt(3), deadline, sink);
      open.add(new Submitted(prompt, content, sampling, sequence, sink));
    }

    private void checkLeases() {
      long adapted = open.stream().filter(s -> s.adapterContent != 0 && !s.sink.hasEnded()).count();
      assertThat((long) adapters.openLeases()).isEqualTo(adapted);
    }

    private void checkEnded() {
      open.removeIf(
          submitted -> {
            if (!submitted.sink.hasEnded()) {
              return false;
            }
            checkAgainstAlone(submitted);
            return true;
          });
    }

    private void checkAgainstAlone(Submitted s) {
      RecordingSink alone =
          CoreHarness.alone(s.prompt, s.adapterContent, s.sampling, executor.shortTokens);
      if (s.sink.error == null) {
        assertThat(s.sink.tokens).isEqualTo(alone.tokens);
        assertThat(s.sink.prompt).isEqualTo(alone.prompt);
        assertThat(s.sink.result)
            .usingRecursiveComparison()
            .ignoringFields("modelTime", "cachedTokens")
            .isEqualTo(alone.result);
      } else {
        assertThat(s.sink.failedWith())
            .isIn(ErrorCode.CANCELLED, ErrorCode.DEADLINE_EXCEEDED, ErrorCode.INTERNAL);
        assertThat(s.sink.tokens).isEqualTo(alone.tokens.subList(0, s.sink.tokens.size()));
      }
    }
  }
}
