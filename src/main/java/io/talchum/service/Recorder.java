package io.talchum.service;

import io.talchum.core.Caller;
import io.talchum.core.Interaction;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Keeps what was answered, before the answer's last byte leaves. Used by any thread. */
public interface Recorder {
  /** Keeps nothing; requests go as if there were no recorder. */
  static Recorder none() {
    return new Recorder() {
      @Override
      public boolean records(Caller caller) {
        return false;
      }

      @Override
      public CompletionStage<?> record(Interaction interaction) {
        return CompletableFuture.completedStage(null);
      }
    };
  }

  /** Whether a request of the caller is to be recorded; asked before it starts, must not block. */
  boolean records(Caller caller);

  /**
   * Takes an interaction whose sequences have all ended, also one that failed or whose client has
   * gone away. Called on a virtual thread of its own, so it may block.
   *
   * @return completes when the interaction is kept; only then the end of the answer goes out. A
   *     failure, also one that is thrown, becomes the end of the request.
   */
  CompletionStage<?> record(Interaction interaction);
}
