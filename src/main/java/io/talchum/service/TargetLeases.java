package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.conditioning.ResolvedTarget;
import java.time.Instant;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The last step before the engine: holds what a checked request runs on. Any thread. */
record TargetLeases(AdapterCache cache) {
  /**
   * A lease on the target's adapter, which waits here if it is not in memory; null for the base.
   * The caller closes it.
   *
   * @param until when to give up waiting; null never
   * @throws io.talchum.core.ServeException DEADLINE_EXCEEDED, QUEUE_FULL and what the load throws
   */
  @Nullable SharedLease lease(ResolvedTarget target, @Nullable Instant until) {
    return switch (target) {
      case ResolvedTarget.Base unused -> null;
      case ResolvedTarget.Adapter adapter ->
          new SharedLease(cache.acquire(adapter.source(), adapter.id(), adapter.variant(), until));
      case ResolvedTarget.Mix mix -> {
        mix.parts().forEach(part -> requireTried(part, until));
        yield new SharedLease(cache.acquire(mix.source(), mix.id(), OptionalInt.empty(), until));
      }
    };
  }

  /** A mix has no self-test of its own: its parts have. */
  private void requireTried(ResolvedTarget.Adapter part, @Nullable Instant until) {
    if (!part.source().isTried(part.id())) {
      cache.load(part.source(), part.id(), until);
    }
  }
}
