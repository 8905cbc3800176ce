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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What needs the engine's thread; all else is in {@link EngineCoreTest}. */
class EngineTest {
  private static final int[] PROMPT = {3, 4, 5};
  private static final int QUEUE = 3;

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
        new SamplingParams(
            0, 1, 0, 0, 0, 0, 1, 0, Map.of(), List.of(), List.of(), maxTokens, 0, true, false, 0,
            false);
    return new GenerationRequest("request-" + requests++, PROMPT, null, endless, "key", null, sink);
  }

  /** Submits a request that has its slot and is inside a decode step when this returns. */
  private RecordingSink runningRequest() {
    RecordingSink sink = new RecordingSink();
    engine.submit(request(sink, 50));
    waitsForPermit.acquireUninterruptibly();
    return sink;
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
    while (!isParked()) { // never ends if it spins
      Thread.onSpinWait();
    }
    assertThat(engine.isHealthy()).isTrue();
  }

  private boolean isParked() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> LockSupport.getBlocker(thread) == engine);
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
        .hasMessageContaining("3");
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
    while (engine.isAccepting()) {
      Thread.onSpinWait();
    }
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
    while (engine.isAccepting()) {
      Thread.onSpinWait();
    }
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

  @Test
  void twoFailedRunsMakeItUnhealthy() {
    CoreHarness.silence();
    RecordingSink running = runningRequest();
    RecordingSink waiting = new RecordingSink();
    engine.submit(request(waiting, 2));
    executor.failNextRuns(2);
    permits.release(2);
    assertThat(running.await().failedWith()).isEqualTo(ErrorCode.ENGINE_UNHEALTHY);
    assertThat(waiting.await().failedWith()).isEqualTo(ErrorCode.ENGINE_UNHEALTHY);
    assertThat(engine.isHealthy()).isFalse();
    assertCode(ErrorCode.ENGINE_UNHEALTHY, () -> engine.submit(request(new RecordingSink(), 2)));
    assertThat(engine.drain(Duration.ZERO)).isTrue();
    assertThat(engine.isHealthy()).isFalse();
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
