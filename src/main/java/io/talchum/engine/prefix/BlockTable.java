package io.talchum.engine.prefix;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks are stored: chains of blocks with common beginnings, found by hash, forgotten in the
 * order in which they were last used. Holds no KV. Engine thread.
 *
 * <p>A block is always newer than those after it in its chain, so that the oldest block is the last
 * one of its chain and can be forgotten alone.
 */
final class BlockTable {
  /** Blocks of one hash; more are not stored, so that forged collisions cost no time. */
  static final int MAX_COLLISIONS = 8;

  private final int capacity;
  private final BlockHash hash;
  private final Map<Long, List<Block>> byHash = new HashMap<>();
  private @Nullable Block newest;
  private @Nullable Block oldest;
  private int size;
  private long evictions;

  /**
   * @param capacity most blocks, at least 1
   */
  BlockTable(int capacity, BlockHash hash) {
    this.capacity = capacity;
    this.hash = hash;
  }

  /** The block of these tokens after that parent, null for the first ones of a sequence. */
  @Nullable Block find(@Nullable Block parent, PrefixOrigin origin, int[] tokenIds) {
    for (Block block : byHash.getOrDefault(hash(parent, origin, tokenIds), List.of())) {
      if (block.is(parent, origin, tokenIds)) {
        return block;
      }
    }
    return null;
  }

  /**
   * Adds a block that {@link #find} does not know, after a stored parent and next to it in age;
   * forgets the oldest if all places are taken. Null if there is no place: all other blocks are
   * before it in its chain or newer, or too many have its hash.
   */
  @Nullable Block insert(@Nullable Block parent, PrefixOrigin origin, int[] tokenIds) {
    long key = hash(parent, origin, tokenIds);
    if (byHash.getOrDefault(key, List.of()).size() >= MAX_COLLISIONS) {
      return null;
    }
    int place = size;
    if (size == capacity) {
      Block victim = oldest;
      if (victim == null || victim == parent) {
        return null;
      }
      evict(victim);
      place = victim.place;
    }
    Block block = new Block(parent, origin, tokenIds, key, place);
    byHash.computeIfAbsent(key, k -> new ArrayList<>(1)).add(block);
    link(block, parent);
    size++;
    return block;
  }

  /** The chain that ends with this block was used: it becomes the newest, its beginning first. */
  void touch(Block last) {
    for (Block block = last; block != null; block = block.parent) {
      unlink(block);
      link(block, null);
    }
  }

  int size() {
    return size;
  }

  /** Blocks forgotten since the start. */
  long evictions() {
    return evictions;
  }

  /** The newest first. */
  List<Block> byAge() {
    List<Block> blocks = new ArrayList<>(size);
    for (Block block = newest; block != null; block = block.older) {
      blocks.add(block);
    }
    return blocks;
  }

  private long hash(@Nullable Block parent, PrefixOrigin origin, int[] tokenIds) {
    return hash.of(parent == null ? 0 : parent.hash, origin, tokenIds);
  }

  private void evict(Block block) {
    unlink(block);
    List<Block> same = byHash.get(block.hash);
    if (same != null) {
      same.remove(block);
      if (same.isEmpty()) {
        byHash.remove(block.hash);
      }
    }
    block.isStored = false;
    size--;
    evictions++;
  }

  /** Puts a block behind a newer one, or before all. */
  private void link(Block block, @Nullable Block newer) {
    Block older = newer == null ? newest : newer.older;
    block.newer = newer;
    block.older = older;
    if (newer == null) {
      newest = block;
    } else {
      newer.older = block;
    }
    if (older == null) {
      oldest = block;
    } else {
      older.newer = block;
    }
  }

  private void unlink(Block block) {
    Block newer = block.newer;
    Block older = block.older;
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
  }
}
