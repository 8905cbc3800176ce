package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.model.ForwardPass;
import io.talchum.model.StepLogits;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What needs the engine's thread; all else is in {@link EngineCoreTest}. */
class EngineTest {
  private static final int[] PROMPT = {3, 4, 5};
  private static final int QUEUE = 7;

  /** Each decode step waits for a permit. */
  private final Semaphore permits = new Semaphore(0);

  private final Semaphore waitsForPermit = new Semaphore(0);
  private final FakeModelExecutor executor =
      new FakeModelExecutor(1, 64) {
        @Override
        public StepLogits decode(int[] tokenIds, int[] positions) {
          waitsForPermit.release();
          permits.acquireUninterruptibly();
          return super.decode(tokenIds, positions);
        }
      };
  private final Engine engine =
      Engine.start(
          executor,
          new FakeTokenizer(),
          new EngineConfig(Set.of(FakeTokenizer.EOS), QUEUE, 4, 8),
          InstantSource.system(),
          EngineListener.NONE);
  private int requests;

  @AfterEach
  void close() {
    permits.release(1_000_000);
    engine.close();
  }

  private GenerationRequest request(GenerationSink sink, int maxTokens) {
    SamplingParams endless =
        SamplingParams.builder(maxTokens).temperature(0).ignoreEos(true).build();
    return new GenerationRequest("request-" + requests++, PROMPT, null, endless, "key", null, sink);
  }

  /** Submits a request that has its slot and is inside a decode step when this returns. */
  private RecordingSink runningRequest() {
    RecordingSink sink = new RecordingSink();
    engine.submit(request(sink, 50));
    acquire(waitsForPermit);
    return sink;
  }

  private static void acquire(Semaphore semaphore) {
    try {
      assertThat(semaphore.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertCode(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ServeException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void wakesUpAgainAndAgain() {
    permits.release(1000);
    for (int i = 0; i < 50; i++) {
      RecordingSink sink = new RecordingSink();
      engine.submit(request(sink, 3));
      assertThat(sink.await().finished().completionTokens()).isEqualTo(3);
    }
    assertThat(engine.isHealthy()).isTrue();
  }

  @Test
  void sleepsWhileIdle() {
    permits.release(1000);
    RecordingSink sink = new RecordingSink();
    engine.submit(request(sink, 3));
    sink.await();
    waitUntil(engine::isAsleep);
    assertThat(engine.isHealthy()).isTrue();
  }

  /** Fails after half a minute. */
  private static void waitUntil(BooleanSupplier condition) {
    Instant end = Instant.now().plusSeconds(30);
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as("it never came").isBefore(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aProbeWaitsForASlotAndNoLongerThanItsCaller() {
    RecordingSink running = runningRequest();
    Instant now = Instant.now();
    assertCode(ErrorCode.DEADLINE_EXCEEDED, () -> engine.probe(PROMPT, null, now));
    CompletableFuture<float[]> probe =
        CompletableFuture.supplyAsync(() -> engine.probe(PROMPT, null, null));
    permits.release(1000);
    running.await().finished();
    assertThat(probe.join())
        .isEqualTo(ForwardPass.logits(new FakeModelExecutor(1, 64), 0, null, PROMPT));
    engine.close();
    assertCode(ErrorCode.SHUTTING_DOWN, () -> engine.probe(PROMPT, null, null));
  }

  @Test
  void theQueueIsBounded() {
    runningRequest();
    List<RecordingSink> queued = new ArrayList<>();
    for (int i = 0; i < QUEUE; i++) {
      queued.add(new RecordingSink());
      engine.submit(request(queued.getLast(), 2));
    }
    assertThat(engine.stats().waiting()).isEqualTo(QUEUE);
    assertThatThrownBy(() -> engine.submit(request(new RecordingSink(), 2)))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL))
        .hasMessageContaining("its " + QUEUE);
    permits.release(1000);
    queued.forEach(sink -> sink.await().finished());
    RecordingSink later = new RecordingSink();
    engine.submit(request(later, 2));
    later.await().finished();
  }

  @Test
  void cancelsById() {
    RecordingSink running = runningRequest();
    RecordingSink waiting = new RecordingSink();
    engine.submit(request(waiting, 2));
    engine.cancel("request-0");
    engine.cancel("request-1");
    engine.cancel("unknown");
    permits.release(1);
    assertThat(running.await().failedWith()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(waiting.await().failedWith()).isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void cancelsByHandleFromInsideAnEvent() {
    permits.release(1000);
    GenerationHandle[] handle = new GenerationHandle[1];
    RecordingSink sink =
        new RecordingSink() {
          @Override
          public void onToken(TokenEvent event) {
            super.onToken(event);
            engine.cancel("request-0");
          }
        };
    handle[0] = engine.submit(request(sink, 50));
    assertThat(sink.await().failedWith()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(sink.tokens).hasSize(1);
    handle[0].cancel(); // harmless after the end
  }

  @Test
  void idsAreUniqueWhileInTheEngine() {
    runningRequest();
    requests = 0;
    assertCode(ErrorCode.ALREADY_EXISTS, () -> engine.submit(request(new RecordingSink(), 2)));
  }

  @Test
  void drainLetsAcceptedRequestsFinishAndRefusesNewOnes() throws InterruptedException {
    RecordingSink running = runningRequest();
    RecordingSink waiting = new RecordingSink();
    engine.submit(request(waiting, 2));
    Thread drain = Thread.ofVirtual().start(() -> engine.drain(Duration.ofMinutes(5)));
    waitUntil(() -> !engine.isAccepting());
    assertCode(ErrorCode.SHUTTING_DOWN, () -> engine.submit(request(new RecordingSink(), 2)));
    permits.release(1000);
    drain.join();
    assertThat(running.await().finished().completionTokens()).isEqualTo(50);
    assertThat(waiting.await().finished().completionTokens()).isEqualTo(2);
    assertThat(engine.isHealthy()).isTrue();
  }

  @Test
  void theEndOfTheGraceEndsEverything() {
    RecordingSink running = runningRequest();
    RecordingSink waiting = new RecordingSink();
    engine.submit(request(waiting, 2));
    Thread drain = Thread.ofVirtual().start(() -> engine.drain(Duration.ZERO));
    waitUntil(() -> !engine.isAccepting());
    permits.release(1);
    assertThat(running.await().failedWith()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    assertThat(waiting.await().failedWith()).isEqualTo(ErrorCode.SHUTTING_DOWN);
    assertThat(drain).satisfies(Thread::join);
  }

  @Test
  void closesWhileIdle() {
    assertThat(engine.drain(Duration.ofMinutes(5))).isTrue();
    assertThat(engine.drain(Duration.ZERO)).isTrue();
    assertCode(ErrorCode.SHUTTING_DOWN, () -> engine.submit(request(new RecordingSink(), 2)));
  }

  @ParameterizedTest
  @ValueSource(ints = {EngineLoop.MOST_FAILURES - 1, EngineLoop.MOST_FAILURES})
  void stepsThatFailOneAfterTheOtherMakeItUnhealthy(int failures) {
    CoreHarness.silence();
    permits.release(1000);
    executor.fault = () -> new OutOfMemoryError("no more");
    for (int i = 0; i < failures; i++) {
      executor.failNextRuns(2);
      RecordingSink sink = new RecordingSink();
      engine.submit(request(sink, 2));
      sink.await().failedWith();
    }
    if (failures < EngineLoop.MOST_FAILURES) {
      RecordingSink sink = new RecordingSink();
      engine.submit(request(sink, 2));
      assertThat(sink.await().finished().completionTokens()).isEqualTo(2);
      assertThat(engine.isHealthy()).isTrue();
      engine.requireAccepting();
      return;
    }
    waitUntil(() -> !engine.isHealthy());
    assertThatThrownBy(engine::requireAccepting)
        .hasMessageContaining("5 steps in a row failed")
        .hasMessageContaining("no more");
    assertCode(ErrorCode.ENGINE_UNHEALTHY, () -> engine.submit(request(new RecordingSink(), 2)));
    assertThat(engine.drain(Duration.ZERO)).isTrue();
    assertThat(engine.isHealthy()).isFalse();
  }

  @Test
  void anEngineThatGivesUpEndsAllThatItHas() {
    CoreHarness.silence();
    RecordingSink running = runningRequest();
    List<RecordingSink> waiting = new ArrayList<>();
    for (int i = 0; i < QUEUE; i++) {
      waiting.add(new RecordingSink());
      engine.submit(request(waiting.getLast(), 2));
    }
    executor.failNextRuns(1_000_000);
    permits.release(1000);
    assertThat(running.await().failedWith()).isEqualTo(ErrorCode.INTERNAL);
    int failed = EngineLoop.MOST_FAILURES - 1;
    for (int i = 0; i < QUEUE; i++) {
      assertThat(waiting.get(i).await().failedWith())
          .isEqualTo(i < failed ? ErrorCode.INTERNAL : ErrorCode.ENGINE_UNHEALTHY);
    }
    assertThat(engine.drain(Duration.ZERO)).isTrue();
    assertThat(engine.stats().running() + engine.stats().waiting()).isZero();
  }

  @Test
  void aRefusedRequestLearnsHowLongTheQueueTakes() {
    runningRequest();
    for (int i = 0; i < QUEUE; i++) {
      engine.submit(request(new RecordingSink(), 2));
    }
    assertThatThrownBy(() -> engine.submit(request(new RecordingSink(), 2)))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> assertThat(e.retryAfter()).contains(engine.stats().expectedWait()));
  }

  @Test
  void scoresWaitInAQueueOfTheirOwn() {
    RecordingSink running = runningRequest();
    List<CompletableFuture<float[]>> scores = new ArrayList<>();
    for (int i = 0; i < 2 * QUEUE; i++) {
      scores.add(engine.score(score("s" + i)));
    }
    assertThat(engine.stats().waiting()).isZero();
    assertThat(engine.stats().backgroundWaiting()).isEqualTo(2 * QUEUE);
    permits.release(1000);
    running.await().finished();
    for (CompletableFuture<float[]> score : scores) {
      assertThat(score.orTimeout(30, TimeUnit.SECONDS).join()).hasSize(2);
    }
    assertCode(
        ErrorCode.INVALID_REQUEST,
        () -> engine.score(new ScoreRequest("x", PROMPT, new int[0], null, "key", null)).isDone());
  }

  private ScoreRequest score(String id) {
    executor.takesGivenCompletions = true;
    return new ScoreRequest(id, PROMPT, new int[] {6, 7}, null, "key", null);
  }

  @Test
  void aScoreCanBeCancelled() {
    RecordingSink running = runningRequest();
    CompletableFuture<float[]> score = engine.score(score("s"));
    engine.cancel("s");
    permits.release(1000);
    running.await().finished();
    assertThatThrownBy(() -> score.orTimeout(30, TimeUnit.SECONDS).join())
        .hasCauseInstanceOf(ServeException.class)
        .hasMessageContaining("went away");
  }

  @Test
  void manyThreadsSubmitAndCancel() throws InterruptedException {
    permits.release(1_000_000);
    List<RecordingSink> sinks = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      int thread = t;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 100; i++) {
                      RecordingSink sink = new RecordingSink();
                      GenerationRequest request = named("t" + thread + "-" + i, sink);
                      if (submitted(request)) {
                        synchronized (sinks) {
                          sinks.add(sink);
                        }
                        if (i % 3 == 0) {
                          engine.cancel(request.id());
                        }
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(engine.drain(Duration.ofMinutes(5))).isTrue();
    assertThat(sinks).isNotEmpty().allMatch(RecordingSink::hasEnded);
    assertThat(engine.stats().waiting()).isZero();
  }

  private GenerationRequest named(String id, GenerationSink sink) {
    GenerationRequest like = request(sink, 3);
    return new GenerationRequest(id, PROMPT, null, like.sampling(), id, null, sink);
  }

  private boolean submitted(GenerationRequest request) {
    try {
      engine.submit(request);
      return true;
    } catch (ServeException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL);
      return false;
    }
  }

  @Test
  void whatCannotRunIsRefusedAtOnce() {
    assertCode(ErrorCode.INVALID_REQUEST, () -> engine.submit(prompt()));
    assertCode(ErrorCode.INVALID_REQUEST, () -> engine.submit(prompt(1, -1)));
    assertCode(ErrorCode.INVALID_REQUEST, () -> engine.submit(prompt(FakeModelExecutor.VOCAB)));
    assertCode(ErrorCode.CONTEXT_LENGTH_EXCEEDED, () -> engine.submit(prompt(new int[64])));
  }

  private static GenerationRequest prompt(int... tokenIds) {
    return new GenerationRequest(
        "x", tokenIds, null, SamplingParams.greedy(5), "key", Instant.MAX, new RecordingSink());
  }
}
