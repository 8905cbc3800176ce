package io.talchum.engine.prefix;

import io.talchum.model.ModelExecutor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of keys and values of one executor's base in host memory, bounded by bytes. Memory is
 * taken when a block is first stored in it and then used again. Engine thread.
 */
public final class PrefixCache implements AutoCloseable {
  /** Tokens of a block. */
  public static final int BLOCK_TOKENS = 32;

  private static final long ALIGNMENT = 64;

  private final ModelExecutor executor;
  private final int blockTokens;
  private final long blockBytes;
  private final long limitBytes;
  private final BlockTable table;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> memory = new ArrayList<>();
  private long hits;
  private long misses;
  private long reusedTokens;

  /** A sequence's tokens. */
  public interface Tokens {
    /** Token ids {@code from .. to - 1}, a new array. */
    int[] tokenIds(int from, int to);
  }

  /**
   * @param limitBytes at least {@link #blockBytes}
   */
  public PrefixCache(ModelExecutor executor, long limitBytes) {
    this(executor, limitBytes, BLOCK_TOKENS, BlockHash.MIXED);
  }

  /** With other blocks than those of {@value #BLOCK_TOKENS} tokens. */
  public PrefixCache(ModelExecutor executor, long limitBytes, int blockTokens, BlockHash hash) {
    this.executor = executor;
    this.blockTokens = blockTokens;
    this.blockBytes = blockTokens * executor.kvBytesPerToken();
    this.limitBytes = limitBytes;
    if (limitBytes < blockBytes) {
      throw new IllegalArgumentException(
          "a block takes " + blockBytes + " bytes, more than the limit of " + limitBytes);
    }
    this.table = new BlockTable((int) Math.min(Integer.MAX_VALUE, limitBytes / blockBytes), hash);
  }

  /** Bytes of one block; a smaller cache cannot hold anything. */
  public static long blockBytes(long kvBytesPerToken) {
    return BLOCK_TOKENS * kvBytesPerToken;
  }

  /** Most of a prompt's tokens that may come from the cache. */
  public static int usableTokens(int promptTokens) {
    // The last token's logits are wanted. A piece of one token is multiplied in another order than
    // longer ones; with two left every prompt keeps the bits that it has without the cache.
    return promptTokens - 2;
  }

  /**
   * Copies the next block into a slot.
   *
   * @param filled positions of the slot that hold the sequence's KV
   * @param usable most positions to fill
   * @return positions filled now; {@code filled} if the next block is not stored
   */
  public int extend(PrefixCursor at, int slot, int filled, int usable, Tokens tokens) {
    Block next = next(at, filled, usable, tokens);
    if (next == null) {
      return filled;
    }
    executor.writeKv(slot, at.end(blockTokens), blockTokens, memory.get(next.place));
    at.advance(next);
    return at.end(blockTokens);
  }

  /** Whether {@link #extend} would copy. */
  public boolean canExtend(PrefixCursor at, int filled, int usable, Tokens tokens) {
    return next(at, filled, usable, tokens) != null;
  }

  /** The blocks up to the cursor were used. */
  public void touch(PrefixCursor at) {
    at.rewind();
    if (at.last() != null) {
      table.touch(at.last());
    }
  }

  /**
   * Stores those whole blocks of a slot that are not stored yet, as far as there is place.
   *
   * @param filled positions of the slot that hold the sequence's KV
   */
  public void store(PrefixCursor at, int slot, int filled, Tokens tokens) {
    if (!at.isNew(filled / blockTokens)) {
      return;
    }
    walk(at, filled, tokens);
    touch(at);
    while (at.end(blockTokens) + blockTokens <= filled) {
      int start = at.end(blockTokens);
      Block next =
          table.insert(
              at.last(), at.nextOrigin(blockTokens), tokens.tokenIds(start, start + blockTokens));
      if (next == null) {
        return;
      }
      executor.readKv(slot, start, blockTokens, memory(next.place));
      at.advance(next);
    }
  }

  /** A prompt is complete. */
  public void promptDone(int reused) {
    hits += reused > 0 ? 1 : 0;
    misses += reused > 0 ? 0 : 1;
    reusedTokens += reused;
  }

  public PrefixCacheStats stats() {
    return new PrefixCacheStats(
        limitBytes, table.size() * blockBytes, hits, misses, reusedTokens, table.evictions());
  }

  /** Frees the memory. */
  @Override
  public void close() {
    arena.close();
  }

  /** The block that ends beyond {@code filled}, not beyond {@code usable}, if it is stored. */
  private @Nullable Block next(PrefixCursor at, int filled, int usable, Tokens tokens) {
    walk(at, filled, tokens);
    int end = at.end(blockTokens) + blockTokens;
    return end <= filled || end > usable ? null : find(at, tokens);
  }

  /** Moves the cursor over stored blocks as long as they end at or before {@code filled}. */
  private void walk(PrefixCursor at, int filled, Tokens tokens) {
    at.rewind();
    while (at.end(blockTokens) + blockTokens <= filled) {
      Block next = find(at, tokens);
      if (next == null) {
        return;
      }
      at.advance(next);
    }
  }

  private @Nullable Block find(PrefixCursor at, Tokens tokens) {
    int start = at.end(blockTokens);
    return table.find(
        at.last(), at.nextOrigin(blockTokens), tokens.tokenIds(start, start + blockTokens));
  }

  private MemorySegment memory(int place) {
    if (place == memory.size()) {
      memory.add(arena.allocate(blockBytes, ALIGNMENT));
    }
    return memory.get(place);
  }
}
