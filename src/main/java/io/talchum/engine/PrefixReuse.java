package io.talchum.engine;

import io.talchum.adapter.AdapterLease;
import io.talchum.core.ContentHash;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.engine.prefix.PrefixCacheStats;
import io.talchum.engine.prefix.PrefixCursor;
import io.talchum.engine.prefix.PrefixOrigin;
import io.talchum.model.ModelExecutor;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * When prompts take blocks from the prefix cache and sequences leave theirs there. Blocks are
 * looked up before every step, not at admission alone, so that requests that come together (the
 * choices of one request) read their common beginning once. A cache that fails is switched off;
 * requests go on without. Engine thread.
 */
final class PrefixReuse {
  /**
   * Tokens copied into slots in one step. Measured with SmolLM2-135M (46 KB a token): 6 ms, and 29
   * into pages that were never touched; the shortest piece of a prompt (32 tokens) takes about 50.
   * Larger models read slower by more than their KV grows.
   */
  static final int MOST_TOKENS_PER_STEP = 1024;

  private final ModelExecutor executor;
  private final int mostTokens;
  private @Nullable PrefixCache cache;
  private PrefixCacheStats last = PrefixCacheStats.OFF;
  private final BitSet unfinished = new BitSet(); // slots
  private int tokensLeft; // to be copied in this step

  /**
   * @param cache null to reuse nothing
   */
  PrefixReuse(ModelExecutor executor, @Nullable PrefixCache cache, int mostTokensPerStep) {
    this.executor = executor;
    this.cache = cache;
    this.mostTokens = mostTokensPerStep;
  }

  /** A sequence has got its slot. */
  void admitted(int slot, Sequence sequence) {
    if (cache != null) {
      guarded(() -> track(slot, sequence));
    }
  }

  private void track(int slot, Sequence sequence) {
    AdapterLease lease = sequence.adapter();
    ContentHash version = lease == null ? null : lease.id().version();
    int actsFrom = lease == null ? 0 : lease.resident().actsFrom(sequence.announcedTokenIds());
    if (lease == null || lease.resident().isCausal()) {
      sequence.track(
          new PrefixCursor(
              new PrefixOrigin(sequence.cacheSalt(), version, actsFrom, executor.kvVariant(slot))));
    }
  }

  /** Copies what is stored of the prompts that are being read. */
  void reuse(SlotTable slots) {
    unfinished.clear();
    tokensLeft = mostTokens;
    for (int slot = 0; slot < slots.slots(); slot++) {
      Sequence sequence = slots.get(slot);
      if (sequence != null && sequence.isPrefilling()) {
        copy(slot, sequence);
      }
    }
  }

  /** Whether more is copied into the slot in the next step. */
  boolean goesOn(int slot) {
    return unfinished.get(slot);
  }

  private void copy(int slot, Sequence sequence) {
    PrefixCursor cursor = sequence.prefix();
    if (cache != null && cursor != null) {
      PrefixCache from = cache;
      guarded(() -> copy(from, cursor, slot, sequence));
    }
  }

  private void copy(PrefixCache from, PrefixCursor cursor, int slot, Sequence sequence) {
    int usable = Math.min(PrefixCache.usableTokens(sequence.readTokens()), sequence.logitsFrom());
    int before = sequence.kvTokens();
    while (tokensLeft > 0) {
      int filled = from.extend(cursor, slot, sequence.kvTokens(), usable, sequence);
      if (filled == sequence.kvTokens()) {
        break;
      }
      tokensLeft -= filled - sequence.kvTokens();
      sequence.reused(filled);
    }
    if (sequence.kvTokens() > before) {
      from.touch(cursor);
    }
    if (tokensLeft <= 0 && from.canExtend(cursor, sequence.kvTokens(), usable, sequence)) {
      unfinished.set(slot);
    }
  }

  /** More of the sequence's KV is in its slot. */
  void filled(int slot, Sequence sequence) {
    PrefixCursor cursor = sequence.prefix();
    if (cache != null && cursor != null) {
      PrefixCache to = cache;
      guarded(() -> to.store(cursor, slot, sequence.kvTokens(), sequence));
    }
  }

  /** A sequence has read its whole prompt. */
  void promptDone(Sequence sequence) {
    if (cache != null && sequence.prefix() != null) {
      cache.promptDone(sequence.cachedTokens());
    }
  }

  PrefixCacheStats stats() {
    return cache == null ? last : cache.stats();
  }

  /** Frees the memory; nothing is reused any more. */
  void close() {
    if (cache != null) {
      last = cache.stats();
      cache.close();
      cache = null;
    }
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (Throwable e) {
      ExceptionBarrier.log("the prefix cache failed and is off from now on", e);
      close();
    }
  }
}
