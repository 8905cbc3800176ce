package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.ZeroBase;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Random acquires, replacements, unloads and closings from many threads: a lease always sees one
 * live version whose content is that of its id, and every resident is closed exactly once.
 */
class AdapterRegistryStressTest {
  private static final int THREADS = 12;
  private static final int STEPS = 3000;
  private static final List<String> NAMES = List.of("a", "b", "c");

  private final Queue<CountingResident> residents = new ConcurrentLinkedQueue<>();
  private final AdapterRegistry registry =
      new AdapterRegistry(
          Set.of("base"),
          new PeftReader(new ZeroBase(TestBases.LLAMA)),
          this::prepare,
          InstantSource.system());

  private ResidentAdapter prepare(AdapterWeights weights) {
    CountingResident resident = new CountingResident(weights);
    residents.add(resident);
    return resident;
  }

  @Test
  void leasesNeverSeeAClosedOrMixedVersion() throws InterruptedException, ExecutionException {
    long seed = 20260102;
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < THREADS; thread++) {
        Random random = new Random(seed + thread);
        runs.add(threads.submit(() -> run(random)));
      }
    }
    for (Future<?> run : runs) {
      run.get();
    }

    registry.close();

    assertThat(residents).as("seed " + seed).hasSizeGreaterThan(THREADS);
    assertThat(residents)
        .as("seed " + seed)
        .allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
  }

  /** One name, replaced as fast as it goes, while others take and end leases as fast as they go. */
  @Test
  void leasesNeverReviveAReplacedVersion() throws InterruptedException, ExecutionException {
    List<AdapterContent> contents = List.of(TestAdapters.marked(1), TestAdapters.marked(2));
    AdapterInfo first = registry.register("a", contents.get(0), false);
    assertThat(first.leases()).isZero();
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      Future<?> replacing =
          threads.submit(
              () -> {
                for (int i = 1; i < 10_000; i++) {
                  AdapterInfo unused = registry.register("a", contents.get(i % 2), true);
                }
              });
      runs.add(replacing);
      for (int thread = 0; thread < 2; thread++) {
        runs.add(threads.submit(() -> leaseUntilDone(replacing)));
      }
    }
    for (Future<?> run : runs) {
      run.get();
    }

    registry.close();

    assertThat(residents).hasSize(10_000).allMatch(resident -> resident.closings.get() == 1);
  }

  private void leaseUntilDone(Future<?> replacing) {
    while (!replacing.isDone()) {
      try (AdapterLease lease = registry.acquire("a")) {
        if (((CountingResident) lease.resident()).closings.get() != 0) {
          throw new AssertionError("leased a closed resident");
        }
      }
    }
  }

  private void run(Random random) {
    List<AdapterLease> held = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      switch (random.nextInt(8)) {
        case 0 -> tolerate(() -> register(name, random.nextInt(1000), random.nextBoolean()));
        case 1 -> tolerate(() -> registry.unload(name));
        case 2, 3, 4 -> tolerate(() -> held.add(registry.acquire(name)));
        default -> closeOne(held, random);
      }
      held.forEach(AdapterRegistryStressTest::requireConsistent);
    }
    held.forEach(AdapterLease::close);
  }

  private void register(String name, int mark, boolean replace) {
    AdapterInfo unused = registry.register(name, TestAdapters.marked(mark), replace);
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
