package io.talchum.service;

import io.talchum.core.ServeException;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.GenerationSink;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Hands a request's events from the engine thread to its reader. Never longer than the tokens the
 * request may generate, so a slow reader cannot hold up the engine. The engine wakes the reader
 * only when it waits: waking a thread costs the model's threads more than the event itself.
 */
final class EventQueue {
  /** An event of one choice, as the engine reported it. */
  sealed interface Item {
    int index();

    /** Whether it is the last of its choice. */
    default boolean isLast() {
      return false;
    }
  }

  record Scored(int index, List<TokenLogprob> prompt) implements Item {}

  record Generated(int index, TokenEvent event) implements Item {}

  record Finished(int index, GenerationResult result) implements Item {
    @Override
    public boolean isLast() {
      return true;
    }
  }

  record Failed(int index, ServeException error) implements Item {
    @Override
    public boolean isLast() {
      return true;
    }
  }

  /** A reader that waits, and for what. */
  private record Waiting(Runnable wake, boolean onlyForLast) {}

  private final Queue<Item> items = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Waiting> waiting = new AtomicReference<>();

  /** The next item; null if there is none now. */
  @Nullable Item poll() {
    return items.poll();
  }

  /**
   * Calls {@code wake} once, on any thread, when there is an item; at once if there is one already.
   *
   * @param onlyForLast wakes for the last item of a choice only; the reader has read all others
   *     that it wants to know of
   */
  void await(Runnable wake, boolean onlyForLast) {
    Waiting reader = new Waiting(wake, onlyForLast);
    waiting.set(reader);
    boolean isReady = onlyForLast ? items.stream().anyMatch(Item::isLast) : !items.isEmpty();
    if (isReady && waiting.compareAndSet(reader, null)) {
      wake.run();
    }
  }

  private void add(Item item) {
    items.add(item);
    Waiting reader = waiting.get();
    if (reader != null
        && (item.isLast() || !reader.onlyForLast())
        && waiting.compareAndSet(reader, null)) {
      reader.wake().run();
    }
  }

  /** Where the engine reports the choice. */
  GenerationSink sink(int index) {
    return new GenerationSink() {
      @Override
      public void onPrompt(List<TokenLogprob> prompt) {
        add(new Scored(index, prompt));
      }

      @Override
      public void onToken(TokenEvent event) {
        add(new Generated(index, event));
      }

      @Override
      public void onFinish(GenerationResult result) {
        add(new Finished(index, result));
      }

      @Override
      public void onError(ServeException error) {
        add(new Failed(index, error));
      }
    };
  }
}
