package io.talchum.engine.prefix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A stored block: its tokens, and through its parent all tokens before them. */
final class Block {
  final @Nullable Block parent;
  final long hash;
  final int place; // in the cache's memory
  private final PrefixOrigin origin;
  private final int[] tokenIds;

  // Kept by BlockTable.
  boolean isStored = true;
  @Nullable Block newer;
  @Nullable Block older;

  Block(@Nullable Block parent, PrefixOrigin origin, int[] tokenIds, long hash, int place) {
    this.parent = parent;
    this.origin = origin;
    this.tokenIds = tokenIds;
    this.hash = hash;
    this.place = place;
  }

  /**
   * Whether this is the block of these tokens after that parent: compared by value, the parent by
   * identity, so that equal blocks have equal tokens from the first one on.
   */
  boolean is(@Nullable Block parent, PrefixOrigin origin, int[] tokenIds) {
    return this.parent == parent
        && this.origin.equals(origin)
        && Arrays.equals(this.tokenIds, tokenIds);
  }
}
