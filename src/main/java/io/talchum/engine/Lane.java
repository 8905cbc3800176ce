package io.talchum.engine;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A thread for work that must not take the engine's time, one piece after the other. What is handed
 * over is bounded by the requests that the engine has accepted. Any thread.
 */
final class Lane implements Executor, AutoCloseable {
  private static final Duration MOST_WAIT = Duration.ofSeconds(30);

  private final String name;
  private final ExecutorService thread;

  Lane(String name) {
    this.name = name;
    this.thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name(name).daemon().factory());
  }

  @Override
  public void execute(Runnable work) {
    thread.execute(() -> ExceptionBarrier.run(name, work));
  }

  /** Waits until what was handed over is done, within reason. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(MOST_WAIT.toSeconds(), TimeUnit.SECONDS)) {
        ExceptionBarrier.log(name + " does not end", new IllegalStateException("still at work"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
