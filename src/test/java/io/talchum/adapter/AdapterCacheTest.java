package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdapterCacheTest {
  private static final long EACH = 7; // CountingResident

  private final Queue<CountingResident> residents = new ConcurrentLinkedQueue<>();
  private final Set<AdapterId> pinned = ConcurrentHashMap.newKeySet();
  private final Queue<AdapterId> evicted = new ConcurrentLinkedQueue<>();
  private final Queue<AdapterId> loaded = new ConcurrentLinkedQueue<>();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private AdapterCache cache = open(3, 1000);

  private final AdapterSource marks = new Marks();

  private AdapterCache open(int adapters, int waiting) {
    return new AdapterCache(
        this::prepare,
        new AdapterCache.Limits(adapters * EACH, waiting),
        InstantSource.system(),
        new AdapterCacheListener() {
          @Override
          public void onLoad(AdapterId id, long bytes, Duration waited, Duration duration) {
            loaded.add(id);
          }

          @Override
          public void onEvict(AdapterId id, long bytes) {
            evicted.add(id);
          }
        });
  }

  private final class Marks implements AdapterSource {
    @Override
    public AdapterContent read(AdapterId id) {
      reads.incrementAndGet();
      Conditions.await(gate);
      int mark = Integer.parseInt(id.name());
      if (mark < 0) {
        throw new ServeException(ErrorCode.INVALID_ADAPTER, "broken");
      }
      return TestAdapters.marked(mark);
    }

    @Override
    public void check(AdapterId id, List<AdapterSelfTest.Part> parts) {
      if (id.name().equals("100013")) {
        throw new ServeException(ErrorCode.INVALID_ADAPTER, "loud");
      }
    }

    @Override
    public long residentBytes(AdapterId id) {
      return EACH;
    }

    @Override
    public boolean isPinned(AdapterId id) {
      return pinned.contains(id);
    }
  }

  private ResidentAdapter prepare(AdapterWeights weights) {
    CountingResident resident = new CountingResident(weights);
    residents.add(resident);
    return resident;
  }

  private static AdapterId id(int mark) {
    return new AdapterId(Integer.toString(mark), TestAdapters.version(mark));
  }

  private void use(int mark) {
    try (AdapterLease lease = cache.acquire(marks, id(mark), OptionalInt.empty(), null)) {
      requireRight(lease, mark);
    }
  }

  private static void requireRight(AdapterLease lease, int mark) {
    CountingResident resident = (CountingResident) lease.resident();
    assertThat(resident.mark).isEqualTo(mark);
    assertThat(resident.closings).hasValue(0);
    assertThat(lease.id()).isEqualTo(id(mark));
  }

  @AfterEach
  void closeEverythingOnce() {
    cache.close();
    assertThat(residents).allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void theLeastRecentlyUsedLeaves() {
    IntStream.of(1, 2, 3, 1, 4).forEach(this::use);
    assertThat(evicted).containsExactly(id(2));
    use(1);
    assertThat(reads).hasValue(4);
    use(2);
    assertThat(evicted).containsExactly(id(2), id(3));
    assertThat(cache.usedBytes()).isEqualTo(3 * EACH);
  }

  /** A mix of 1 and 2, as mark 12. */
  private final class Mix implements AdapterSource {
    @Override
    public AdapterContent read(AdapterId id) {
      reads.incrementAndGet();
      return TestAdapters.marked(12);
    }

    @Override
    public long residentBytes(AdapterId id) {
      return EACH;
    }

    @Override
    public boolean isPinned(AdapterId id) {
      return false;
    }

    @Override
    public List<AdapterId> parts(AdapterId id) {
      return List.of(id(1), id(2));
    }
  }

  @Test
  void aMixIsLoadedOnceAndLeavesWithItsParts() {
    try (AdapterLease one = cache.acquire(new Mix(), id(12), OptionalInt.empty(), null);
        AdapterLease two = cache.acquire(new Mix(), id(12), OptionalInt.empty(), null)) {
      requireRight(one, 12);
      requireRight(two, 12);
      assertThat(reads).hasValue(1);
      assertThat(cache.leases(id(1))).isEqualTo(2);
      assertThat(cache.leases(id(3))).isZero();
      cache.drop(id(2));
      assertThat(cache.resident(id(12))).isNull();
      requireRight(one, 12);
    }
    assertThat(cache.usedBytes()).isZero();
    cache.acquire(new Mix(), id(12), OptionalInt.empty(), null).close();
    assertThat(reads).hasValue(2);
    IntStream.of(3, 4, 5).forEach(this::use);
    assertThat(evicted).containsExactly(id(12));
  }

  @Test
  void pinnedOnesAndLeasedOnesStayLonger() {
    pinned.add(id(1));
    use(1);
    use(3);
    try (AdapterLease held = cache.acquire(marks, id(2), OptionalInt.empty(), null)) {
      IntStream.of(4, 5, 6).forEach(this::use);
      assertThat(evicted).containsExactly(id(3), id(4), id(5));
      requireRight(held, 2);
    }
    assertThat(cache.residents()).extracting(info -> info.id().name()).containsOnly("1", "2", "6");
  }

  @Test
  void manyWaitForOneLoad() throws Exception {
    gate = new CountDownLatch(1);
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        runs.add(threads.submit(() -> use(1)));
      }
      gate.countDown();
    }
    for (Future<?> run : runs) {
      run.get(60, TimeUnit.SECONDS);
    }
    assertThat(reads).hasValue(1);
  }

  @Test
  void residentsAreLeasedWhileOthersLoad() throws Exception {
    use(1);
    gate = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> cold = threads.submit(() -> use(2));
      Future<?> colder = threads.submit(() -> use(3));
      Future<?> coldest = threads.submit(() -> use(4));
      Conditions.await(() -> reads.get() == 3);
      use(1);
      assertThat(List.of(cold, colder, coldest)).noneMatch(Future::isDone);
      gate.countDown();
    }
  }

  @Test
  void aLoadWaitsForALeaseToEnd() throws Exception {
    List<AdapterLease> held =
        new ArrayList<>(
            IntStream.rangeClosed(1, 3)
                .mapToObj(i -> cache.acquire(marks, id(i), OptionalInt.empty(), null))
                .toList());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> cold = threads.submit(() -> use(4));
      Conditions.await(() -> !evicted.isEmpty());
      assertThat(evicted).containsExactly(id(1));
      assertThat(cold).isNotDone();
      held.getFirst().close();
      cold.get(60, TimeUnit.SECONDS);
    }
    held.forEach(AdapterLease::close);
  }

  @Test
  void saysWhyALoadFailed() {
    assertRefused(() -> use(-1), ErrorCode.INVALID_ADAPTER, "broken");
    assertRefused(() -> use(-1), ErrorCode.INVALID_ADAPTER, "broken");
    assertThat(reads).hasValue(2);
    assertThat(cache.usedBytes()).isZero();
    gate = new CountDownLatch(1);
    assertRefused(
        () -> cache.acquire(marks, id(1), OptionalInt.empty(), Instant.EPOCH),
        ErrorCode.DEADLINE_EXCEEDED,
        "deadline");
    gate.countDown();
  }

  /** Others make room only for what could be read. */
  @Test
  void whatCannotBeReadEvictsNobody() {
    IntStream.of(1, 2, 3).forEach(this::use);
    assertRefused(() -> use(-1), ErrorCode.INVALID_ADAPTER, "broken");
    assertThat(evicted).isEmpty();
    assertThat(cache.residents()).hasSize(3);
    assertThat(cache.usedBytes()).isEqualTo(3 * EACH);
  }

  @Test
  void saysThatNothingFits() {
    for (int mark = 1; mark <= 3; mark++) {
      pinned.add(id(mark));
      use(mark);
    }
    assertRefused(
        () -> use(4), ErrorCode.INVALID_REQUEST, "talchum.adapter-memory is 21, of which 21");
    pinned.remove(id(2));
    use(4);
    assertThat(evicted).containsExactly(id(2));
  }

  @Test
  void tooManyMustNotWait() {
    cache.close();
    cache = open(1, 0);
    assertRefused(() -> use(1), ErrorCode.QUEUE_FULL, "try again");
  }

  @Test
  void droppedOnesLiveUntilTheirLastLeaseEnds() {
    AdapterLease held = cache.acquire(marks, id(1), OptionalInt.empty(), null);
    cache.drop(id(1));
    assertThat(cache.resident(id(1))).isNull();
    requireRight(held, 1);
    assertThat(cache.usedBytes()).isEqualTo(EACH);
    held.close();
    assertThat(cache.usedBytes()).isZero();
  }

  /** 2,000 adapters, 64 in memory, Zipf traffic from many threads. */
  @Test
  void zipfTrafficKeepsTheBoundAndNobodyStarves() throws Exception {
    cache.close();
    cache = open(64, 1000);
    long seed = 20261121;
    double[] cumulative = zipf(2000);
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int thread = 0; thread < 100; thread++) {
        Random random = new Random(seed + thread);
        runs.add(threads.submit(() -> traffic(random, cumulative)));
      }
    }
    for (Future<?> run : runs) {
      run.get(60, TimeUnit.SECONDS);
    }
    assertThat(evicted).as("seed " + seed).hasSizeGreaterThan(1000);
    assertThat(reads.get()).as("loads").isLessThan(100 * 300);
  }

  private void traffic(Random random, double[] cumulative) {
    for (int step = 0; step < 300; step++) {
      int at = java.util.Arrays.binarySearch(cumulative, random.nextDouble());
      int mark = Math.min(cumulative.length - 1, at < 0 ? -at - 1 : at);
      try (AdapterLease lease = cache.acquire(marks, id(mark), OptionalInt.empty(), null)) {
        requireRight(lease, mark);
        if (cache.usedBytes() > 64 * EACH) {
          throw new AssertionError("the bound is broken: " + cache.usedBytes());
        }
        Thread.yield();
      }
    }
  }

  private static double[] zipf(int adapters) {
    double[] cumulative = new double[adapters];
    double sum = 0;
    for (int rank = 0; rank < adapters; rank++) {
      sum += 1.0 / (rank + 1);
      cumulative[rank] = sum;
    }
    for (int rank = 0; rank < adapters; rank++) {
      cumulative[rank] /= sum;
    }
    return cumulative;
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((ServeException) e).code())
        .isEqualTo(code);
  }

  @Test
  void whatIsKeptIsTriedForItsFirstRequestAndEvictsNobody() {
    cache.keep(marks, id(1));
    use(2);
    for (int mark : new int[] {3, 4, 5}) {
      cache.keep(marks, id(mark));
    }
    assertThat(cache.residents()).extracting(info -> info.id().name()).containsOnly("1", "2", "3");
    assertThat(reads).as("4 and 5 are not even read").hasValue(3);
    use(3);
    use(3);
    assertThat(reads).hasValue(3);
    assertThat(loaded).as("ready for their first request").containsExactly(id(2), id(3));
    use(4); // 1 goes, which nobody has used, so nobody is told of it
    assertThat(cache.resident(id(1))).isNull();
    assertThat(evicted).isEmpty();
    use(5);
    assertThat(evicted).containsExactly(id(2));
    AdapterId loud = new AdapterId("100013", TestAdapters.version(100013));
    cache.drop(id(3));
    cache.keep(marks, loud);
    assertThatThrownBy(() -> cache.acquire(marks, loud, OptionalInt.empty(), null))
        .hasMessage("loud");
    assertThat(cache.resident(loud)).isNull();
  }

  /** Says less than it needs. */
  private final class Small implements AdapterSource {
    @Override
    public AdapterContent read(AdapterId id) {
      reads.incrementAndGet();
      return TestAdapters.marked(Integer.parseInt(id.name()));
    }

    @Override
    public long residentBytes(AdapterId id) {
      return 1;
    }

    @Override
    public boolean isPinned(AdapterId id) {
      return false;
    }
  }

  @Test
  void whatNeedsMoreThanItSaidWaitsForTheRoom() {
    IntStream.of(1, 2, 3).forEach(this::use);
    try (AdapterLease lease = cache.acquire(new Small(), id(4), OptionalInt.empty(), null)) {
      requireRight(lease, 4);
      assertThat(evicted).containsExactly(id(1));
      assertThat(reads).as("read once").hasValue(4);
      assertThat(cache.usedBytes()).isEqualTo(3 * EACH);
    }
    cache.close();
    cache =
        new AdapterCache(
            this::prepare,
            new AdapterCache.Limits(EACH - 1, 1),
            InstantSource.system(),
            AdapterCacheListener.NONE);
    assertRefused(
        () -> cache.acquire(new Small(), id(5), OptionalInt.empty(), null),
        ErrorCode.INVALID_REQUEST,
        "needs 7 bytes of memory; talchum.adapter-memory is 6");
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void whatFailsItsSelfTestIsNotKept() {
    AdapterId loud = new AdapterId("100013", TestAdapters.version(100013));
    assertThatThrownBy(() -> cache.load(marks, loud, null)).hasMessage("loud");
    assertThat(cache.residents()).isEmpty();
    assertThat(cache.usedBytes()).isZero();
    assertThat(residents).allMatch(resident -> resident.closings.get() == 1);
  }
}
