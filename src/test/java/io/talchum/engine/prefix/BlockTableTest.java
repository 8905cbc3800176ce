package io.talchum.engine.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ContentHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BlockTableTest {
  private static final PrefixOrigin BASE = new PrefixOrigin("", null, 0, 0);

  private static PrefixOrigin adapter(int content) {
    return new PrefixOrigin("", new ContentHash(String.format("%064x", content)), 0, 0);
  }

  private static int[] ids(int... ids) {
    return ids;
  }

  private static Block added(BlockTable table, @Nullable Block parent, int... ids) {
    return java.util.Objects.requireNonNull(table.insert(parent, BASE, ids));
  }

  @Test
  void findsWhatWasInsertedAfterTheSameBlocksOnly() {
    BlockTable table = new BlockTable(8, BlockHash.MIXED);
    Block a = added(table, null, 1, 2);
    Block ab = added(table, a, 3, 4);
    assertThat(table.find(null, BASE, ids(1, 2))).isSameAs(a);
    assertThat(table.find(a, BASE, ids(3, 4))).isSameAs(ab);
    assertThat(table.find(null, BASE, ids(3, 4))).isNull();
    assertThat(table.find(ab, BASE, ids(3, 4))).isNull();
    assertThat(table.find(null, BASE, ids(2, 1))).isNull();
  }

  /** All hashes are equal: everything that a block depends on is compared. */
  @Test
  void forgedCollisionsFindNothing() {
    BlockTable table = new BlockTable(20, (parent, origin, tokenIds) -> 7);
    Block mine = java.util.Objects.requireNonNull(table.insert(null, adapter(1), ids(1, 2)));
    for (PrefixOrigin other :
        List.of(
            BASE,
            adapter(2),
            new PrefixOrigin("", adapter(1).adapter(), 1, 0),
            new PrefixOrigin("", adapter(1).adapter(), 0, 1),
            new PrefixOrigin("other", adapter(1).adapter(), 0, 0))) {
      assertThat(table.find(null, other, ids(1, 2))).isNull();
    }
    assertThat(table.find(null, adapter(1), ids(1, 3))).isNull();
    assertThat(table.find(null, adapter(1), ids(1, 2, 0))).isNull();
    assertThat(table.find(mine, adapter(1), ids(1, 2))).isNull();
    assertThat(table.find(null, adapter(1), ids(1, 2))).isSameAs(mine);
  }

  @Test
  void collisionsAreBounded() {
    BlockTable table = new BlockTable(100, (parent, origin, tokenIds) -> 7);
    for (int i = 0; i < BlockTable.MAX_COLLISIONS; i++) {
      added(table, null, i);
    }
    assertThat(table.insert(null, BASE, ids(99))).isNull();
    assertThat(table.size()).isEqualTo(BlockTable.MAX_COLLISIONS);
    assertThat(table.evictions()).isZero();
  }

  @Test
  void forgetsWhatWasNotUsedForLongest() {
    BlockTable table = new BlockTable(3, BlockHash.MIXED);
    Block a = added(table, null, 1);
    Block b = added(table, null, 2);
    Block c = added(table, null, 3);
    table.touch(a);
    Block d = added(table, null, 4);
    assertThat(b.isStored).isFalse();
    assertThat(d.place).isEqualTo(b.place);
    assertThat(table.find(null, BASE, ids(2))).isNull();
    assertThat(table.byAge()).containsExactly(d, a, c);
    assertThat(table.evictions()).isEqualTo(1);
  }

  @Test
  void aChainIsForgottenFromItsEnd() {
    BlockTable table = new BlockTable(3, BlockHash.MIXED);
    Block a = added(table, null, 1);
    Block ab = added(table, a, 2);
    Block abc = added(table, ab, 3);
    Block x = added(table, null, 9);
    assertThat(List.of(a.isStored, ab.isStored, abc.isStored)).containsExactly(true, true, false);
    assertThat(table.byAge()).containsExactly(x, a, ab);
  }

  @Test
  void aChainThatFillsAllPlacesStopsGrowing() {
    BlockTable table = new BlockTable(2, BlockHash.MIXED);
    Block a = added(table, null, 1);
    Block ab = added(table, a, 2);
    assertThat(table.insert(ab, BASE, ids(3))).isNull();
    assertThat(table.byAge()).containsExactly(a, ab);
  }

  /** Against a table that is a list of all token sequences, the newest first. */
  @Test
  void randomUseEqualsThePlainModel() {
    long seed = new SplittableRandom().nextLong();
    try {
      new Model(seed, BlockHash.MIXED).run();
      new Model(seed, (parent, origin, ids) -> BlockHash.MIXED.of(parent, origin, ids) & 63).run();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + "L", e);
    }
  }

  private static final class Model {
    private static final int CAPACITY = 12;
    private static final int STEPS = 20_000;

    private final SplittableRandom random;
    private final BlockTable table;
    private final List<List<Object>> stored = new ArrayList<>(); // chains, the newest first
    private long evictions;

    Model(long seed, BlockHash hash) {
      this.random = new SplittableRandom(seed);
      this.table = new BlockTable(CAPACITY, hash);
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        use();
        assertThat(table.size()).isEqualTo(stored.size()).isLessThanOrEqualTo(CAPACITY);
        assertThat(table.evictions()).isEqualTo(evictions);
        List<Block> blocks = table.byAge();
        assertThat(blocks).allMatch(block -> block.isStored);
        assertThat(blocks.stream().map(block -> block.place).distinct().toList())
            .hasSize(blocks.size())
            .allMatch(place -> place < CAPACITY);
        for (Block block : blocks) {
          if (block.parent != null) {
            assertThat(blocks.indexOf(block.parent)).isBetween(0, blocks.indexOf(block) - 1);
          }
        }
      }
      assertThat(evictions).isPositive();
    }

    /** A sequence finds what it can, then stores the rest. */
    private void use() {
      PrefixOrigin origin = random.nextBoolean() ? BASE : adapter(random.nextInt(2));
      int length = 1 + random.nextInt(random.nextInt(8) == 0 ? CAPACITY + 3 : 5);
      int[][] blocks = new int[length][];
      Arrays.setAll(blocks, i -> new int[] {random.nextInt(3), i});
      Block last = null;
      int found = 0;
      for (Block next; found < length; found++, last = next) {
        next = table.find(last, origin, blocks[found]);
        assertThat(next != null).isEqualTo(stored.contains(chain(origin, blocks, found + 1)));
        if (next == null) {
          break;
        }
      }
      if (last != null) {
        table.touch(last);
        touch(origin, blocks, found);
      }
      for (int i = found; i < length && (i == 0 || last != null); i++) {
        last = table.insert(last, origin, blocks[i]);
        assertThat(last != null).isEqualTo(insert(origin, blocks, i + 1));
      }
    }

    private void touch(PrefixOrigin origin, int[][] blocks, int end) {
      for (int i = end; i > 0; i--) {
        List<Object> chain = chain(origin, blocks, i);
        stored.remove(chain);
        stored.addFirst(chain);
      }
    }

    private boolean insert(PrefixOrigin origin, int[][] blocks, int end) {
      List<Object> parent = end == 1 ? null : chain(origin, blocks, end - 1);
      if (stored.size() == CAPACITY) {
        if (stored.getLast().equals(parent)) {
          return false;
        }
        stored.removeLast();
        evictions++;
      }
      stored.add(parent == null ? 0 : stored.indexOf(parent) + 1, chain(origin, blocks, end));
      return true;
    }

    private static List<Object> chain(PrefixOrigin origin, int[][] blocks, int end) {
      List<Object> chain = new ArrayList<>(List.of(origin));
      for (int i = 0; i < end; i++) {
        Arrays.stream(blocks[i]).forEach(chain::add);
      }
      return chain;
    }
  }
}
