package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Random acquires, replacements, unloads and closings from many threads: a lease always sees one
 * live version whose content is that of its id, and every resident is closed exactly once.
 */
class AdapterRegistryStressTest {
  private static final int THREADS = 12;
  private static final int STEPS = 3000;
  private static final int FOLDERS = 300;
  private static final int ROOM = 20;
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final long EACH = 7; // CountingResident

  private final Queue<CountingResident> residents = new ConcurrentLinkedQueue<>();
  private final AtomicLong heldBytes = new AtomicLong();
  private AdapterCache cache = cache(1000);
  private AdapterRegistry registry = registry();

  private AdapterCache cache(int adapters) {
    return new AdapterCache(
        this::prepare,
        new AdapterCache.Limits(adapters * EACH, 10_000),
        InstantSource.system(),
        AdapterCacheListener.NONE);
  }

  /** A folder is the mark of what it holds. */
  private AdapterRegistry registry() {
    return new AdapterRegistry(
        Set.of("base"),
        folder -> TestAdapters.marked(Integer.parseInt(folder.toString())),
        AdapterSelfTest.NONE,
        cache,
        InstantSource.system());
  }

  private ResidentAdapter prepare(AdapterWeights weights) {
    CountingResident resident =
        new CountingResident(weights) {
          @Override
          public void close() {
            super.close();
            heldBytes.addAndGet(-EACH);
          }
        };
    heldBytes.addAndGet(EACH);
    residents.add(resident);
    return resident;
  }

  private void closeEverything() {
    registry.close();
    cache.close();
    assertThat(heldBytes).hasValue(0);
    assertThat(cache.usedBytes()).isZero();
    assertThat(residents).allMatch(resident -> resident.closings.get() == 1);
  }

  @Test
  void leasesNeverSeeAClosedOrMixedVersion() throws Exception {
    long seed = 20260102;
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < THREADS; thread++) {
        Random random = new Random(seed + thread);
        runs.add(threads.submit(() -> run(random)));
      }
    }
    for (Future<?> run : runs) {
      run.get(120, TimeUnit.SECONDS);
    }

    closeEverything();
    assertThat(residents).as("seed " + seed).hasSizeGreaterThan(THREADS);
  }

  /** One name, replaced as fast as it goes, while others take and end leases as fast as they go. */
  @Test
  void leasesNeverReviveAReplacedVersion() throws Exception {
    load("a", 1, false);
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      Future<?> replacing =
          threads.submit(
              () -> {
                for (int i = 1; i < 10_000; i++) {
                  load("a", 1 + i % 2, true);
                }
              });
      runs.add(replacing);
      for (int thread = 0; thread < 2; thread++) {
        runs.add(threads.submit(() -> leaseUntilDone(replacing)));
      }
    }
    for (Future<?> run : runs) {
      run.get(120, TimeUnit.SECONDS);
    }

    closeEverything();
    assertThat(residents).hasSizeGreaterThanOrEqualTo(10_000);
  }

  /** 300 folders, room for 20, while some are replaced and unloaded: rightly and in bounds. */
  @Test
  void manyFoldersShareLittleMemory() throws Exception {
    closeEverything();
    cache = cache(ROOM);
    registry = registry();
    for (int i = 0; i < FOLDERS; i++) {
      AdapterInfo unused = registry.add("n" + i, Path.of(Integer.toString(i)));
    }
    assertThat(cache.residents()).as("kept while there is room").hasSize(ROOM);
    long seed = 20261122;
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < THREADS; thread++) {
        Random random = new Random(seed + thread);
        runs.add(threads.submit(() -> mixedTraffic(random)));
      }
    }
    for (Future<?> run : runs) {
      run.get(120, TimeUnit.SECONDS);
    }
    assertThat(residents).as("seed " + seed).hasSizeGreaterThan(FOLDERS);
    closeEverything();
  }

  private void mixedTraffic(Random random) {
    for (int step = 0; step < 1000; step++) {
      int at = Math.min(random.nextInt(FOLDERS), random.nextInt(FOLDERS));
      String name = "n" + at;
      switch (random.nextInt(40)) {
        case 0 -> tolerate(() -> registry.unload(name));
        case 1 -> tolerate(() -> load(name, at + FOLDERS * random.nextInt(3), true));
        default -> tolerate(() -> use(name, at));
      }
      assertThat(cache.usedBytes()).isLessThanOrEqualTo(ROOM * EACH);
      assertThat(heldBytes.get()).isLessThanOrEqualTo(ROOM * EACH);
    }
  }

  private void use(String name, int at) {
    try (AdapterLease lease = TestLeases.acquire(registry, name)) {
      requireConsistent(lease);
      assertThat(((CountingResident) lease.resident()).mark % FOLDERS).isEqualTo(at);
      Thread.yield();
    }
  }

  private void leaseUntilDone(Future<?> replacing) {
    while (!replacing.isDone()) {
      try (AdapterLease lease = TestLeases.acquire(registry, "a")) {
        requireConsistent(lease);
      }
    }
  }

  private void run(Random random) {
    List<AdapterLease> held = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      switch (random.nextInt(8)) {
        case 0 -> tolerate(() -> load(name, random.nextInt(1000), random.nextBoolean()));
        case 1 -> tolerate(() -> registry.unload(name));
        case 2, 3, 4 -> tolerate(() -> held.add(TestLeases.acquire(registry, name)));
        default -> closeOne(held, random);
      }
      held.forEach(AdapterRegistryStressTest::requireConsistent);
    }
    held.forEach(AdapterLease::close);
  }

  private void load(String name, int mark, boolean replace) {
    AdapterInfo unused = registry.load(name, Path.of(Integer.toString(mark)), replace);
  }

  private static void closeOne(List<AdapterLease> held, Random random) {
    if (!held.isEmpty()) {
      AdapterLease lease = held.remove(random.nextInt(held.size()));
      lease.close();
      lease.close();
    }
  }

  private static void requireConsistent(AdapterLease lease) {
    CountingResident resident = (CountingResident) lease.resident();
    assertThat(resident.closings).as("closings of a leased resident").hasValue(0);
    assertThat(lease.id().version()).isEqualTo(TestAdapters.version((int) resident.mark));
  }

  /** The refusals that a race of these calls may end in. */
  private static void tolerate(Runnable call) {
    try {
      call.run();
    } catch (ServeException e) {
      assertThat(e.code()).isIn(ErrorCode.MODEL_NOT_FOUND, ErrorCode.ALREADY_EXISTS);
    }
  }
}
