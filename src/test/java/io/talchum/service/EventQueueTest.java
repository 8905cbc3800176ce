package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.ServeException;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.GenerationSink;
import io.talchum.engine.TokenEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventQueueTest {
  private static final TokenEvent TOKEN = new TokenEvent(7, "x", null);
  private static final GenerationResult RESULT =
      new GenerationResult(FinishReason.STOP, "", Optional.empty(), 1, 0, 1, Duration.ZERO);

  private final EventQueue queue = new EventQueue();
  private final AtomicInteger woken = new AtomicInteger();

  @Test
  void keepsTheOrderOfAllChoices() {
    GenerationSink first = queue.sink(0);
    GenerationSink second = queue.sink(1);
    ServeException error = new ServeException(ErrorCode.CANCELLED, "gone");
    first.onPrompt(List.of());
    second.onToken(TOKEN);
    first.onFinish(RESULT);
    second.onError(error);
    assertThat(drained())
        .containsExactly(
            new EventQueue.Scored(0, List.of()),
            new EventQueue.Generated(1, TOKEN),
            new EventQueue.Finished(0, RESULT),
            new EventQueue.Failed(1, error));
  }

  @Test
  void wakesAtOnceIfThereIsSomething() {
    queue.sink(0).onToken(TOKEN);
    queue.await(woken::incrementAndGet, false);
    assertThat(woken).hasValue(1);
  }

  @Test
  void wakesOnce() {
    queue.await(woken::incrementAndGet, false);
    assertThat(woken).hasValue(0);
    queue.sink(0).onToken(TOKEN);
    queue.sink(0).onToken(TOKEN);
    assertThat(woken).hasValue(1);
  }

  @Test
  void whoWaitsForEndsIsNotWokenByTokens() {
    queue.sink(0).onToken(TOKEN);
    queue.await(woken::incrementAndGet, true);
    queue.sink(0).onToken(TOKEN);
    assertThat(woken).hasValue(0);
    queue.sink(0).onFinish(RESULT);
    assertThat(woken).hasValue(1);
    queue.await(woken::incrementAndGet, true); // there already
    assertThat(woken).hasValue(2);
  }

  @Test
  void theLastReaderCounts() {
    AtomicInteger other = new AtomicInteger();
    queue.await(woken::incrementAndGet, false);
    queue.await(other::incrementAndGet, false);
    queue.sink(0).onToken(TOKEN);
    assertThat(woken).hasValue(0);
    assertThat(other).hasValue(1);
  }

  /** A wake-up that is lost would leave the reader waiting. */
  @Test
  void noWakeUpIsLost() throws InterruptedException {
    int tokens = 20_000;
    Thread engine =
        Thread.ofPlatform()
            .start(
                () -> {
                  GenerationSink sink = queue.sink(0);
                  for (int i = 0; i < tokens; i++) {
                    sink.onToken(TOKEN);
                  }
                });
    int read = 0;
    while (read < tokens) {
      Semaphore ready = new Semaphore(0);
      queue.await(ready::release, false);
      assertThat(ready.tryAcquire(60, TimeUnit.SECONDS)).as("woken after " + read).isTrue();
      read += drained().size();
    }
    engine.join();
    assertThat(read).isEqualTo(tokens);
  }

  private List<EventQueue.Item> drained() {
    List<EventQueue.Item> items = new ArrayList<>();
    for (EventQueue.Item item = queue.poll(); item != null; item = queue.poll()) {
      items.add(item);
    }
    return items;
  }
}
