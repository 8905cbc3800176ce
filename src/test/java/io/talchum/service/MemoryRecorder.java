package io.talchum.service;

import io.talchum.core.Caller;
import io.talchum.core.Interaction;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Keeps interactions in memory. Held back, it says that they are kept only when the test does.
 * Enabled by tests that record.
 */
@Singleton
@Alternative
public class MemoryRecorder implements Recorder {
  private final List<Interaction> kept = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Handed> handed = new LinkedBlockingQueue<>();
  private volatile boolean holds;

  /** An interaction that waits for the test's word. */
  public record Handed(Interaction interaction, CompletableFuture<Void> word) {}

  @Override
  public boolean records(Caller caller) {
    return true;
  }

  @Override
  public CompletionStage<?> record(Interaction interaction) {
    Handed one = new Handed(interaction, new CompletableFuture<>());
    if (!holds) {
      one.word().complete(null);
    }
    kept.add(interaction);
    handed.add(one);
    return one.word();
  }

  /** From now on nothing is kept without the test's word, or all is. */
  public void hold(boolean on) {
    holds = on;
  }

  /** The next that was handed over. */
  public Handed next() throws InterruptedException {
    Handed one = handed.poll(60, TimeUnit.SECONDS);
    if (one == null) {
      throw new AssertionError("nothing was recorded");
    }
    return one;
  }

  public void clear() {
    handed.clear();
    kept.clear();
  }

  /** All so far. */
  public List<Interaction> kept() {
    return kept;
  }
}
