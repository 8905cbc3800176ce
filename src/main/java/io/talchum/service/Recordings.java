package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.Interaction;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hands interactions to the recorder and waits for it, bounded in number and time. Any thread. */
final class Recordings {
  private static final System.Logger LOG = System.getLogger("io.talchum.service");

  private final Recorder recorder;
  private final InstantSource clock;
  private final Limits limits;
  private final AtomicInteger pending = new AtomicInteger();

  /**
   * How far the recorder may fall behind.
   *
   * @param pending interactions that it has not finished; with more, new requests are refused
   * @param patience how long an answer waits for it
   */
  record Limits(int pending, Duration patience) {
    static final Limits DEFAULT = new Limits(1024, Duration.ofSeconds(30));
  }

  Recordings(Recorder recorder, InstantSource clock, Limits limits) {
    this.recorder = recorder;
    this.clock = clock;
    this.limits = limits;
  }

  /**
   * The recording of a request that is about to start; null if it is not recorded.
   *
   * @throws ServeException QUEUE_FULL if the recorder is too far behind
   */
  @Nullable Recording begin(
      String id, Instant created, GenerationStarter.Plan plan, ModelVersions versions) {
    if (!recorder.records(plan.caller())) {
      return null;
    }
    if (pending.get() >= limits.pending()) {
      throw new ServeException(
          ErrorCode.QUEUE_FULL,
          "%d answers wait to be recorded; retry later, or make the recorder's disk faster"
              .formatted(limits.pending()));
    }
    return new Recording(
        new Recording.Head(id, created, plan.caller().tenant(), plan.tags(), versions),
        clock,
        this);
  }

  /**
   * Records; returns at once.
   *
   * @param release called when it is recorded; must not block
   * @param fail called when it cannot be; must not block
   */
  void record(Interaction interaction, Runnable release, Consumer<ServeException> fail) {
    pending.incrementAndGet();
    Thread.ofVirtual()
        .name("talchum-record")
        .start(
            () -> {
              CompletableFuture<?> kept = keep(interaction).toCompletableFuture();
              kept.whenComplete((done, error) -> pending.decrementAndGet());
              kept.copy()
                  .orTimeout(limits.patience().toMillis(), TimeUnit.MILLISECONDS)
                  .whenComplete(
                      (done, error) -> {
                        if (error == null) {
                          release.run();
                        } else {
                          fail.accept(failed(interaction, error));
                        }
                      });
            });
  }

  private CompletionStage<?> keep(Interaction interaction) {
    try {
      return recorder.record(interaction);
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private ServeException failed(Interaction interaction, Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    String why =
        cause instanceof TimeoutException
            ? "it took longer than %d s".formatted(limits.patience().toSeconds())
            : cause.toString();
    LOG.log(Level.ERROR, "interaction %s was not recorded".formatted(interaction.id()), cause);
    return new ServeException(
        ErrorCode.INTERNAL,
        "the answer could not be recorded and is therefore not complete; see the server's log ("
            + why
            + ")",
        cause);
  }
}
