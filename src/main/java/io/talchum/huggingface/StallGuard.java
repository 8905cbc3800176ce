package io.talchum.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Closes a stream that brings nothing for too long, so that its reader sees the end; a virtual
 * thread watches until {@link #close}.
 */
final class StallGuard implements AutoCloseable {
  private final AtomicLong beats = new AtomicLong();
  private final SynchronousQueue<Boolean> never = new SynchronousQueue<>();
  private final Thread watcher;

  StallGuard(InputStream in, Duration stall) {
    this.watcher = Thread.startVirtualThread(() -> watch(in, stall));
  }

  /** Something came. */
  void alive() {
    beats.incrementAndGet();
  }

  private void watch(InputStream in, Duration stall) {
    try {
      long seen;
      do {
        seen = beats.get();
        Boolean unused = never.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
      } while (seen != beats.get());
      in.close();
    } catch (InterruptedException | IOException e) {
      Thread.currentThread().interrupt(); // the transfer is over
    }
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}
