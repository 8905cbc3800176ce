package io.talchum.engine.prefix;

import org.jspecify.annotations.Nullable;

/** How far a sequence's tokens are stored. Engine thread. */
public final class PrefixCursor {
  private final PrefixOrigin origin;
  private @Nullable Block last;
  private int blocks;
  private int tried; // blocks of the sequence when it was last stored

  public PrefixCursor(PrefixOrigin origin) {
    this.origin = origin;
  }

  @Nullable Block last() {
    return last;
  }

  /** Tokens up to the end of the last block. */
  int end(int blockTokens) {
    return blocks * blockTokens;
  }

  /** Of the next block; tokens before the adapter acts are the base's. */
  PrefixOrigin nextOrigin(int blockTokens) {
    return (long) (blocks + 1) * blockTokens <= origin.actsFrom() ? origin.base() : origin;
  }

  void advance(Block next) {
    last = next;
    blocks++;
  }

  /** Begins anew if the last block was forgotten. */
  void rewind() {
    if (last != null && !last.isStored) {
      last = null;
      blocks = 0;
    }
  }

  /** Whether a sequence of so many whole blocks has one that was not tried yet. */
  boolean isNew(int wholeBlocks) {
    boolean isNew = wholeBlocks > Math.max(blocks, tried);
    tried = Math.max(tried, wholeBlocks);
    return isNew;
  }
}
