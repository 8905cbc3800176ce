package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens off the engine's thread: preparations before, releases after. */
class EnginePreparationTest {
  private static final int[] PROMPT = {3, 4, 5};

  private final Semaphore preparations = new Semaphore(0);
  private final CountDownLatch preparing = new CountDownLatch(1);
  private volatile boolean isReady;
  private volatile @Nullable RuntimeException failure;
  private final FakeModelExecutor executor =
      new FakeModelExecutor(2, 64) {
        @Override
        public boolean isReady(ResidentAdapter adapter) {
          return isReady;
        }

        @Override
        public void makeReady(ResidentAdapter adapter) {
          preparing.countDown();
          preparations.acquireUninterruptibly();
          RuntimeException thrown = failure;
          if (thrown != null) {
            throw thrown;
          }
          isReady = true;
        }
      };
  private final FakeAdapters adapters = new FakeAdapters(executor);
  private final Engine engine =
      Engine.start(
          executor,
          new FakeTokenizer(),
          new EngineConfig(Set.of(), 8, 4, 8),
          InstantSource.system(),
          EngineListener.NONE);
  private int requests;

  @AfterEach
  void close() {
    preparations.release(100);
    engine.close();
    executor.requireNoViolation();
  }

  private RecordingSink submit(@Nullable AdapterLease lease) {
    RecordingSink sink = new RecordingSink();
    engine.submit(
        new GenerationRequest(
            "r" + requests++, PROMPT, lease, SamplingParams.greedy(4), "key", null, sink));
    return sink;
  }

  private RecordingSink prepared() throws InterruptedException {
    adapters.load("a", 7);
    RecordingSink sink = submit(adapters.acquire("a"));
    assertThat(preparing.await(30, TimeUnit.SECONDS)).isTrue();
    return sink;
  }

  @Test
  void othersGoOnWhileAnAdapterIsPrepared() throws InterruptedException {
    RecordingSink cold = prepared();
    for (int i = 0; i < 5; i++) {
      submit(null).await().finished();
    }
    assertThat(cold.hasEnded()).isFalse();
    assertThat(engine.stats().waiting()).isEqualTo(1);
    preparations.release();
    assertThat(cold.await().tokens)
        .isEqualTo(CoreHarness.alone(PROMPT, 7, SamplingParams.greedy(4)).tokens);
    assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
    assertThat(adapters.openLeases()).isZero();
  }

  @Test
  void aPreparationThatFailsEndsItsRequest() throws InterruptedException {
    failure = new IllegalStateException("no graph");
    RecordingSink cold = prepared();
    preparations.release();
    assertThat(cold.await().failedWith()).isEqualTo(ErrorCode.INTERNAL);
    submit(null).await().finished();
    assertThat(engine.stats().waiting()).isZero();
    assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
    assertThat(adapters.openLeases()).isZero();
  }

  @Test
  void drainingWaitsForIt() throws InterruptedException {
    RecordingSink cold = prepared();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> engine.drain(Duration.ofSeconds(30)));
    preparations.release();
    assertThat(cold.await().finished().completionTokens()).isEqualTo(4);
    assertThat(drained.join()).isTrue();
  }

  @Test
  void theEndDoesNotWaitForIt() throws InterruptedException {
    RecordingSink cold = prepared();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> engine.drain(Duration.ZERO));
    preparations.release();
    RecordingSink ended = cold.await();
    ServeException error = ended.error;
    assertThat(error == null || error.code() == ErrorCode.SHUTTING_DOWN).isTrue();
    assertThat(drained.join()).isTrue();
    assertThat(adapters.openLeases()).isZero();
  }

  @Test
  void aProbePreparesOnItsCallersThread() {
    FakeModelExecutor.FakeAdapter adapter = executor.new FakeAdapter(7);
    failure = new IllegalStateException("no graph");
    preparations.release();
    assertThatThrownBy(() -> engine.probe(PROMPT, adapter, null)).hasMessage("no graph");
    submit(null).await().finished();
  }

  /** A lease that takes its time when it is closed holds up nobody. */
  @Test
  void leasesAreClosedElsewhere() throws InterruptedException {
    isReady = true;
    Semaphore closing = new Semaphore(0);
    CountDownLatch closed = new CountDownLatch(1);
    FakeModelExecutor.FakeAdapter adapter = executor.new FakeAdapter(7);
    AdapterLease slow = FakeAdapters.lease(adapter);
    AdapterLease lease =
        new AdapterLease() {
          @Override
          public io.talchum.adapter.AdapterId id() {
            return slow.id();
          }

          @Override
          public ResidentAdapter resident() {
            return adapter;
          }

          @Override
          public void close() {
            closing.acquireUninterruptibly();
            closed.countDown();
          }
        };
    submit(lease).await().finished();
    for (int i = 0; i < 5; i++) {
      submit(null).await().finished();
    }
    assertThat(closed.getCount()).isEqualTo(1);
    closing.release();
    assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
  }
}
