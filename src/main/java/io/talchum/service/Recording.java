package io.talchum.service;

import io.talchum.core.Interaction;
import io.talchum.core.ModelVersions;
import io.talchum.core.RequestTags;
import io.talchum.core.ServeException;
import io.talchum.engine.GenerationSink;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Collects one request's sequences and holds the end of the last one back until all are recorded.
 * Filled by the thread that starts the request, before any sequence is submitted; then owned by the
 * engine thread.
 */
final class Recording {
  private final Head head;
  private final InstantSource clock;
  private final Recordings recordings;
  private final List<RecordedSequence> sequences = new ArrayList<>();
  private final AtomicInteger running = new AtomicInteger();

  /** What all sequences have in common. */
  record Head(
      String id, Instant created, String tenant, RequestTags tags, ModelVersions versions) {}

  Recording(Head head, InstantSource clock, Recordings recordings) {
    this.head = head;
    this.clock = clock;
    this.recordings = recordings;
  }

  /** What the engine gets in place of the next sink, which hears the same. */
  GenerationSink sink(RecordedSequence.Start start, GenerationSink next) {
    RecordedSequence sequence = new RecordedSequence(start, sequences.size(), this, next);
    sequences.add(sequence);
    running.incrementAndGet();
    return sequence;
  }

  Instant now() {
    return clock.instant();
  }

  Instant created() {
    return head.created();
  }

  /**
   * One more sequence has ended.
   *
   * @param release tells its end to the client: at once, or if it is the last one when all of them
   *     are recorded
   * @param fail tells the client that they are not
   */
  void ended(Runnable release, Consumer<ServeException> fail) {
    if (running.decrementAndGet() > 0) {
      release.run();
    } else {
      recordings.record(interaction(), release, fail);
    }
  }

  private Interaction interaction() {
    return new Interaction(
        head.id(),
        head.created(),
        head.tenant(),
        head.tags(),
        head.versions(),
        sequences.stream().map(RecordedSequence::choice).toList());
  }
}
