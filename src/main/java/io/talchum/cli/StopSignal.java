package io.talchum.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C or SIGTERM while a command works: its thread is interrupted, and the process waits until
 * it has cleaned up, at most ten seconds. The thread that makes one also closes it.
 */
final class StopSignal implements AutoCloseable {
  static final String THREAD = "talchum-stop";
  private static final long MOST_SECONDS = 10;

  private final Thread worker = Thread.currentThread();
  private final CountDownLatch cleaned = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, THREAD);
  private volatile boolean received;

  private StopSignal() {}

  static StopSignal listen() {
    StopSignal signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  boolean received() {
    return received;
  }

  private void stop() {
    received = true;
    worker.interrupt();
    try {
      boolean inTime = cleaned.await(MOST_SECONDS, TimeUnit.SECONDS);
      if (!inTime) {
        System.Logger log = System.getLogger(StopSignal.class.getName());
        log.log(System.Logger.Level.WARNING, "what was under way did not end; the process does");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets the process end; does nothing more once it is ending. */
  @Override
  public void close() {
    cleaned.countDown();
    if (!received) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        return; // the signal came just now; nobody waits any more
      }
    }
  }
}
