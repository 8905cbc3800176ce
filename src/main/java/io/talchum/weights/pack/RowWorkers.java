package io.talchum.weights.pack;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The threads of one import; closing it ends them. */
final class RowWorkers implements AutoCloseable {
  private final int threads;
  private final ExecutorService executor;

  RowWorkers(int threads) {
    this.threads = threads;
    this.executor =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("import-", 0).factory());
  }

  /** Work on rows {@code first .. first + count - 1}. */
  @FunctionalInterface
  interface RowRange {
    void run(int first, int count);
  }

  /** Runs disjoint ranges that cover all rows, each on one thread, and waits for them. */
  void overRows(int rows, RowRange work) throws IOException {
    int share = Math.ceilDiv(rows, threads);
    List<Future<?>> running = new ArrayList<>();
    for (int first = share; first < rows; first += share) {
      int start = first;
      int count = Math.min(share, rows - first);
      running.add(executor.submit(() -> work.run(start, count)));
    }
    try {
      work.run(0, Math.min(share, rows));
    } finally {
      for (Future<?> future : running) {
        await(future);
      }
    }
  }

  Future<?> submit(Runnable work) {
    return executor.submit(work);
  }

  /** Waits, and passes on what the work threw. */
  static void await(Future<?> future) throws IOException {
    try {
      future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the import was interrupted");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case UncheckedIOException cause -> throw cause.getCause();
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    executor.close();
  }
}
