package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A running request of one or more choices. Read by one thread at a time; only {@link #cancel} may
 * be called from others. Whoever gets it closes it.
 */
public final class Generation implements AutoCloseable {
  private final String id;
  private final Instant created;
  private final ModelVersions versions;
  private final Prompts prompts;
  private final List<SequenceFeed> feeds;
  private final EventQueue queue;
  private final Engine engine;
  private final Delivery delivery;
  private final Queue<GenerationEvent> ready = new ArrayDeque<>();
  private int running;

  /**
   * What the request reads.
   *
   * @param tokens of all prompts, each counted once
   * @param choices of each prompt; they follow each other
   */
  record Prompts(int tokens, int choices) {}

  Generation(
      String id,
      Instant created,
      ModelVersions versions,
      Prompts prompts,
      List<SequenceFeed> feeds,
      EventQueue queue,
      Engine engine,
      Delivery delivery) {
    this.id = id;
    this.created = created;
    this.versions = versions;
    this.prompts = prompts;
    this.feeds = List.copyOf(feeds);
    this.queue = queue;
    this.engine = engine;
    this.delivery = delivery;
    this.running = feeds.size();
  }

  /** What the client sees as {@code id}. */
  public String id() {
    return id;
  }

  public Instant created() {
    return created;
  }

  public ModelVersions versions() {
    return versions;
  }

  /** How many choices there are. */
  public int choices() {
    return feeds.size();
  }

  /** What was used up to the last event read. */
  public Usage usage() {
    List<OptionalInt> reasoning =
        feeds.stream().map(SequenceFeed::reasoningTokens).filter(OptionalInt::isPresent).toList();
    return new Usage(
        prompts.tokens(),
        cachedTokens(),
        feeds.stream().mapToInt(SequenceFeed::completionTokens).sum(),
        reasoning.isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(reasoning.stream().mapToInt(OptionalInt::orElseThrow).sum()));
  }

  /** A prompt's first choice to run reads what was not there, the others find it. */
  private OptionalInt cachedTokens() {
    int tokens = 0;
    for (int first = 0; first < feeds.size(); first += prompts.choices()) {
      int least = Integer.MAX_VALUE;
      for (SequenceFeed feed : feeds.subList(first, first + prompts.choices())) {
        if (feed.cachedTokens().isEmpty()) {
          return OptionalInt.empty();
        }
        least = Math.min(least, feed.cachedTokens().getAsInt());
      }
      tokens += least;
    }
    return OptionalInt.of(tokens);
  }

  /**
   * The next event without waiting; null if there is none now or ever: {@link #hasEnded}.
   *
   * @throws ServeException if a choice failed; the others are then cancelled
   */
  public @Nullable GenerationEvent poll() {
    while (ready.isEmpty() && running > 0) {
      EventQueue.Item item = queue.poll();
      if (item == null) {
        return null;
      }
      take(item);
    }
    return ready.poll();
  }

  /** Whether the last event was read. */
  public boolean hasEnded() {
    return running == 0 && ready.isEmpty();
  }

  /**
   * Calls {@code wake} once, on any thread, as soon as {@link #poll} has something; {@code wake}
   * must not block. For a reader that has read all and has not reached the end.
   */
  public void whenReady(Runnable wake) {
    queue.await(wake, false);
  }

  /**
   * Waits for the next event; null after the last one.
   *
   * @throws ServeException if a choice failed; the others are then cancelled
   */
  public @Nullable GenerationEvent next() {
    return next(false);
  }

  /** Waits for the end and returns the choices, by index. */
  public List<Choice> await() {
    List<ChoiceBuilder> builders = new ArrayList<>();
    for (int index = 0; index < feeds.size(); index++) {
      builders.add(new ChoiceBuilder(index));
    }
    for (GenerationEvent event = next(true); event != null; event = next(true)) {
      builders.get(event.index()).add(event);
    }
    return builders.stream().map(ChoiceBuilder::build).toList();
  }

  /** The last byte of a complete answer has gone out; measures it. Any thread. */
  public void delivered(Instant arrivedAt) {
    delivery.ended(arrivedAt);
  }

  /** Ends all choices at the engine's next step. Any thread. */
  public void cancel() {
    feeds.forEach(feed -> engine.cancel(feed.sequenceId()));
  }

  /** Cancels what still runs. */
  @Override
  public void close() {
    if (running > 0) {
      cancel();
      running = 0;
    }
  }

  private @Nullable GenerationEvent next(boolean wakesForLast) {
    GenerationEvent event = poll();
    while (event == null && !hasEnded()) {
      sleep(wakesForLast);
      event = poll();
    }
    return event;
  }

  private void sleep(boolean wakesForLast) {
    Semaphore awake = new Semaphore(0);
    queue.await(awake::release, wakesForLast);
    try {
      awake.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
  }

  private void take(EventQueue.Item item) {
    SequenceFeed feed = feeds.get(item.index());
    switch (item) {
      case EventQueue.Scored scored -> ready.addAll(feed.onPrompt(scored.prompt()));
      case EventQueue.Generated generated -> ready.addAll(feed.onToken(generated.event()));
      case EventQueue.Finished finished -> {
        running--;
        ready.addAll(feed.onFinish(finished.result()));
        if (running == 0) {
          delivery.complete(finished.result().modelTime());
        }
      }
      case EventQueue.Failed failed -> {
        running--;
        close();
        throw failed.error();
      }
    }
  }
}
