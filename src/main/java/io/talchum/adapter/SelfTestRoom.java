package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Room of the cache's memory, in which adapters are tried. */
record SelfTestRoom(AdapterMemory memory, Duration timeout) implements AdapterRoom {
  @Override
  public Taken take(long bytes) {
    AtomicBoolean isWaiting = new AtomicBoolean(true);
    Executor later = CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    later.execute(
        () -> {
          isWaiting.set(false);
          memory.wake();
        });
    if (!memory.reserve(bytes, isWaiting::get)) {
      throw full(bytes);
    }
    return new Room(bytes);
  }

  private ServeException full(long bytes) {
    return new ServeException(
        ErrorCode.QUEUE_FULL,
        "the adapter needs %d bytes of memory to be tried; running requests hold so much of talchum.adapter-memory (%d of %d bytes are taken) that there was no room within %d s: try again later"
            .formatted(bytes, memory.usedBytes(), memory.capacity(), timeout.toSeconds()));
  }

  /** One thread. */
  private final class Room implements Taken {
    private long held;

    Room(long held) {
      this.held = held;
    }

    @Override
    public void resize(long bytes) {
      long before = held;
      held = 0; // what does not fit is given back
      if (!memory.correct(before, bytes)) {
        throw full(bytes);
      }
      held = bytes;
    }
  }
}
