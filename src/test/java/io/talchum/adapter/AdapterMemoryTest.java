package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class AdapterMemoryTest {
  private static final long EACH = 7; // CountingResident
  private static final long SECONDS = 60;

  private final ConcurrentMap<AdapterId, AdapterEntry> residents = new ConcurrentHashMap<>();
  private final Set<AdapterId> pinned = ConcurrentHashMap.newKeySet();
  private final List<String> evicted = new ArrayList<>();
  private final AdapterMemory memory =
      new AdapterMemory(
          3 * EACH,
          residents,
          new AdapterCacheListener() {
            @Override
            public void onEvict(AdapterId id, long bytes) {
              evicted.add(id.name());
            }
          });

  /** Where the source looks for pins: a disk that may be slow. */
  private volatile Runnable disk = () -> {};

  private final AdapterSource source =
      new AdapterSource() {
        @Override
        public AdapterContent read(AdapterId id) {
          return TestAdapters.marked(Integer.parseInt(id.name()));
        }

        @Override
        public long residentBytes(AdapterId id) {
          return EACH;
        }

        @Override
        public boolean isPinned(AdapterId id) {
          disk.run();
          return pinned.contains(id);
        }
      };

  private static AdapterId id(int mark) {
    return new AdapterId(Integer.toString(mark), TestAdapters.version(mark));
  }

  /** Takes the room and fills it. */
  private AdapterVersion load(int mark) {
    assertThat(memory.reserve(EACH, () -> true)).isTrue();
    AdapterContent content = TestAdapters.marked(mark);
    AdapterVersion version =
        new AdapterVersion(
            id(mark), content, content.prepared(CountingResident::new), () -> memory.freed(EACH));
    version.tried();
    memory.add(new AdapterEntry(version, source, memory.uses()));
    return version;
  }

  @Test
  void theLeastRecentlyUsedOfThoseThatNobodyUsesGoesFirst() {
    AdapterVersion first = load(1);
    load(2);
    load(3);
    assertThat(first.retain()).isTrue();
    load(4);
    load(5);
    assertThat(evicted).containsExactly("2", "3");
    assertThat(memory.usedBytes()).isEqualTo(3 * EACH);
    first.release();
  }

  /** Who has it keeps it; its room is free when it is given back. */
  @Test
  void aLeasedOneLeavesWhenItsLeaseEnds() throws Exception {
    List<AdapterVersion> held = new ArrayList<>();
    for (int mark = 1; mark <= 3; mark++) {
      AdapterVersion version = load(mark);
      assertThat(version.retain()).isTrue();
      held.add(version);
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AdapterVersion> waiting = threads.submit(() -> load(4));
      Conditions.await(() -> !residents.containsKey(id(1)));
      assertThat(memory.usedBytes()).isEqualTo(3 * EACH);
      held.getFirst().release();
      assertThat(waiting.get(SECONDS, TimeUnit.SECONDS).id()).isEqualTo(id(4));
    }
    assertThat(memory.usedBytes()).isEqualTo(3 * EACH);
  }

  @Test
  void whatCanNeverFitEvictsNobody() {
    pinned.add(id(1));
    load(1);
    load(2);
    load(3);
    assertThatThrownBy(() -> memory.reserve(2 * EACH + 1, () -> true))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("needs 15 bytes")
        .hasMessageContaining("is 21, of which 7 are pinned");
    assertThatThrownBy(() -> memory.requirePossible(2 * EACH + 1))
        .isInstanceOf(ServeException.class);
    assertThat(evicted).isEmpty();
    assertThat(memory.reserve(2 * EACH, () -> true)).isTrue();
    assertThat(evicted).containsExactly("2", "3");
  }

  @Test
  void takingEvictsNobodyAndPassesNobody() throws Exception {
    load(1);
    assertThat(memory.take(2 * EACH)).isTrue();
    assertThat(memory.take(1)).isFalse();
    assertThat(evicted).isEmpty();
    AtomicBoolean wanted = new AtomicBoolean(true);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> waiting = threads.submit(() -> memory.reserve(3 * EACH, wanted::get));
      Conditions.await(() -> residents.isEmpty());
      assertThat(memory.take(1)).as("somebody waits for all of it").isFalse();
      wanted.set(false);
      memory.wake();
      assertThat(waiting.get(SECONDS, TimeUnit.SECONDS)).isFalse();
    }
    memory.release(2 * EACH);
    assertThat(memory.usedBytes()).isZero();
  }

  /** The engine's thread ends leases: it must not wait for a disk. */
  @Test
  void leasesEndWhileAPinIsReadFromASlowDisk() throws Exception {
    AdapterVersion held = load(1);
    load(2);
    load(3);
    assertThat(held.retain()).isTrue();
    CountDownLatch looking = new CountDownLatch(1);
    CountDownLatch slow = new CountDownLatch(1);
    disk =
        () -> {
          looking.countDown();
          Conditions.await(slow);
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AdapterVersion> loading = threads.submit(() -> load(4));
      Conditions.await(looking);
      Future<?> engine =
          threads.submit(
              () -> {
                memory.drop(id(1));
                held.release();
              });
      engine.get(SECONDS, TimeUnit.SECONDS);
      assertThat(loading).isNotDone();
      assertThat(memory.usedBytes()).isEqualTo(2 * EACH);
      slow.countDown();
      assertThat(loading.get(SECONDS, TimeUnit.SECONDS).id()).isEqualTo(id(4));
    }
    assertThat(evicted).isEmpty();
  }

  /** Closing an adapter gives native memory back, which takes time. */
  @Test
  void nothingIsClosedOrToldUnderTheLock() {
    List<Long> seen = new ArrayList<>();
    ConcurrentMap<AdapterId, AdapterEntry> entries = new ConcurrentHashMap<>();
    AdapterMemory[] watched = new AdapterMemory[1];
    watched[0] =
        new AdapterMemory(
            EACH,
            entries,
            new AdapterCacheListener() {
              @Override
              public void onEvict(AdapterId id, long bytes) {
                seen.add(fromOutside(watched[0]));
              }
            });
    for (int mark = 1; mark <= 2; mark++) {
      assertThat(watched[0].reserve(EACH, () -> true)).isTrue();
      AdapterContent content = TestAdapters.marked(mark);
      AdapterVersion version =
          new AdapterVersion(
              id(mark),
              content,
              content.prepared(CountingResident::new),
              () -> {
                seen.add(fromOutside(watched[0]));
                watched[0].freed(EACH);
              });
      version.tried();
      watched[0].add(new AdapterEntry(version, source, watched[0].uses()));
    }
    watched[0].drop(id(2));
    assertThat(seen).containsExactly(EACH, 0L, EACH);
  }

  private static long fromOutside(AdapterMemory memory) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return threads.submit(memory::usedBytes).get(SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the lock is held", e);
    }
  }
}
