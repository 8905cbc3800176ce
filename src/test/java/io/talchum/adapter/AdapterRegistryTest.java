package io.talchum.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterRegistryTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final long EACH = 7; // CountingResident

  private final List<CountingResident> residents = Collections.synchronizedList(new ArrayList<>());
  private final AdapterCache cache =
      new AdapterCache(
          this::prepare,
          new AdapterCache.Limits(1 << 20, 1000),
          InstantSource.fixed(NOW),
          AdapterCacheListener.NONE);
  private final AdapterReader peft = new PeftReader(new ZeroBase(TestBases.LLAMA));
  private final AdapterRegistry registry =
      open(folder -> isMark(folder) ? marked(folder) : peft.read(folder), AdapterTrial.NONE);

  private AdapterRegistry open(AdapterReader reader, AdapterTrial trial) {
    return new AdapterRegistry(Set.of("base"), reader, trial, cache, InstantSource.fixed(NOW));
  }

  private ResidentAdapter prepare(AdapterWeights weights) {
    CountingResident resident = new CountingResident(weights);
    residents.add(resident);
    return resident;
  }

  private static boolean isMark(Path folder) {
    return folder.toString().matches("[0-9]+");
  }

  /** The folder is its mark. */
  private static AdapterContent marked(Path folder) {
    return TestAdapters.marked(Integer.parseInt(folder.toString()));
  }

  @AfterEach
  void everythingIsClosedOnce() {
    registry.close();
    cache.close();
    assertThat(residents).allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
    assertThat(cache.usedBytes()).isZero();
  }

  /** Only what runs is kept; its folder is read again, and has to hold the same. */
  @Test
  void aFolderThatHasChangedIsRefusedWhenItIsReadAgain() {
    AtomicInteger mark = new AtomicInteger(1);
    AdapterRegistry reading = open(folder -> TestAdapters.marked(mark.get()), AdapterTrial.NONE);
    AdapterInfo first = reading.load("a", Path.of("a"), false);
    AdapterRegistry.Named named = reading.named("a", null);
    assertThat(named.source().read(named.id()).version()).isEqualTo(first.id().version());
    mark.set(2);
    try (AdapterLease held = reading.acquire("a", null)) {
      assertThat(held.id()).isEqualTo(first.id());
      cache.drop(first.id());
      assertThat(refusalOf(() -> reading.acquire("a", null)))
          .hasMessage(
              "the folder of adapter %s has changed since it was loaded; load it again with load_inplace"
                  .formatted(first.id()));
      AdapterInfo replaced = reading.load("a", Path.of("a"), true);
      assertThat(replaced.id().version()).isNotEqualTo(held.id().version());
      assertThatThrownBy(() -> named.source().read(named.id()))
          .hasMessageContaining("has changed since it was loaded");
      try (AdapterLease fresh = reading.acquire("a", null)) {
        assertThat(((CountingResident) fresh.resident()).mark).isEqualTo(2);
        assertThat(((CountingResident) held.resident()).mark).isEqualTo(1);
      }
    }
    reading.close();
  }

  @Test
  void loadedFolderCanBeAcquired() {
    AdapterInfo info =
        registry.load("pirate", Fixtures.path("adapters/llama/lora_big_rank"), false);

    try (AdapterLease lease = registry.acquire("pirate", null)) {
      assertThat(lease.id()).isEqualTo(info.id());
      assertThat(lease.resident()).isSameAs(residents.getFirst());
      assertThat(registry.list())
          .containsExactly(
              new AdapterInfo(info.id(), "LORA", "lora_big_rank", 64, info.modules(), EACH, NOW));
      assertThat(cache.resident(info.id())).isEqualTo(new ResidentInfo(info.id(), EACH, 1));
    }
    assertThat(cache.leases(info.id())).isZero();
    assertThat(residents.getFirst().closings).hasValue(0);
  }

  /** Refuses what is marked 13 and counts. */
  private static final class Trial implements AdapterTrial {
    final AtomicInteger admitted = new AtomicInteger();
    final AtomicInteger firstUses = new AtomicInteger();
    final AtomicBoolean isBusy = new AtomicBoolean();

    @Override
    public void admit(AdapterId id, List<Part> parts) {
      admitted.incrementAndGet();
      check(id);
    }

    @Override
    public void firstUse(AdapterId id, List<Part> parts) {
      firstUses.incrementAndGet();
      if (isBusy.get()) {
        throw new ServeException(ErrorCode.QUEUE_FULL, "later");
      }
      check(id);
    }

    private static void check(AdapterId id) {
      if (id.version().equals(TestAdapters.version(13))) {
        throw new ServeException(ErrorCode.INVALID_ADAPTER, id.name() + " is loud");
      }
    }
  }

  private AdapterRegistry trying(Trial trial) {
    return open(AdapterRegistryTest::marked, trial);
  }

  @Test
  void anAdapterThatFailsItsTrialLeavesEverythingAsItWas() {
    Trial trial = new Trial();
    AdapterRegistry tried = trying(trial);
    AdapterInfo before = tried.load("a", Path.of("1"), false);
    assertThatThrownBy(() -> tried.load("a", Path.of("13"), true)).hasMessage("a is loud");
    assertThatThrownBy(() -> tried.load("b", Path.of("13"), false)).hasMessage("b is loud");
    assertThat(tried.list()).containsExactly(before);
    assertThat(residents.stream().filter(r -> r.closings.get() == 0)).hasSize(1);
    tried.acquire("a", null).close();
    assertThat(trial.admitted).hasValue(3);
    assertThat(trial.firstUses).hasValue(0);
    tried.close();
  }

  @Test
  void anUntriedAdapterIsTriedByItsFirstRequest() {
    Trial trial = new Trial();
    AdapterRegistry tried = trying(trial);
    AdapterInfo good = tried.add("good", Path.of("1"));
    AdapterInfo loud = tried.add("loud", Path.of("13"));
    assertThat(trial.firstUses).hasValue(0);
    assertThat(residents).as("kept ready").hasSize(2);
    trial.isBusy.set(true);
    assertThatThrownBy(() -> tried.acquire("good", null)).hasMessage("later");
    trial.isBusy.set(false);
    tried.acquire("good", null).close();
    tried.acquire("good", null).close();
    assertThat(trial.firstUses).hasValue(2);
    assertThatThrownBy(() -> tried.acquire("loud", null)).hasMessage("loud is loud");
    assertThatThrownBy(() -> tried.named("loud", null)).hasMessage("loud is loud");
    assertThat(tried.list()).extracting(AdapterInfo::id).containsExactly(good.id(), loud.id());
    assertThat(trial.admitted).hasValue(0);
    assertThatThrownBy(() -> tried.load("loud", Path.of("13"), true)).hasMessage("loud is loud");
    assertThat(tried.load("good", Path.of("1"), true).id()).isEqualTo(good.id());
    assertThat(cache.residents()).extracting(ResidentInfo::id).containsExactly(good.id());
    tried.close();
  }

  @Test
  void whatIsColdIsReadForItsFirstRequestOnly() {
    AtomicInteger reads = new AtomicInteger();
    AdapterRegistry counting =
        open(
            folder -> {
              reads.incrementAndGet();
              return marked(folder);
            },
            AdapterTrial.NONE);
    AdapterInfo cold = counting.add("cold", Path.of("1"));
    AdapterInfo gone = counting.add("gone", Path.of("2"));
    AdapterInfo old = counting.add("old", Path.of("3"));
    assertThat(reads).hasValue(3);
    for (AdapterInfo each : List.of(cold, gone, old)) {
      cache.drop(each.id());
    }
    assertThat(cache.residents()).isEmpty();
    counting.acquire("cold", null).close();
    counting.acquire("cold", null).close();
    assertThat(reads).hasValue(4);
    assertThat(cache.resident(cold.id())).isEqualTo(new ResidentInfo(cold.id(), EACH, 0));
    counting.unload("gone");
    assertThat(codeOf(() -> counting.acquire("gone", null))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    AdapterInfo fresh = counting.load("old", Path.of("4"), true);
    assertThat(cache.resident(old.id())).isNull();
    assertThat(cache.resident(gone.id())).isNull();
    assertThat(cache.resident(fresh.id())).isNotNull();
    assertThat(reads).as("a load by request reads once").hasValue(5);
    counting.acquire("old", null).close();
    cache.drop(fresh.id());
    try (AdapterLease again = counting.acquire("old", null)) {
      assertThat(again.id()).isEqualTo(fresh.id());
    }
    assertThat(reads).hasValue(6);
    counting.close();
  }

  /** A request that waits for a version gets the one that has replaced it, and keeps no other. */
  @Test
  void aVersionThatIsReplacedWhileItIsLoadedIsLookedUpAgain() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch replaced = new CountDownLatch(1);
    AtomicInteger reads = new AtomicInteger();
    AdapterRegistry slow =
        open(
            folder -> {
              if (folder.toString().equals("1") && reads.incrementAndGet() == 2) {
                reading.countDown();
                await(replaced);
              }
              return marked(folder);
            },
            AdapterTrial.NONE);
    AdapterInfo before = slow.add("a", Path.of("1"));
    cache.drop(before.id());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AdapterLease> waiting = threads.submit(() -> slow.acquire("a", null));
      await(reading);
      AdapterInfo after = slow.load("a", Path.of("2"), true);
      replaced.countDown();
      try (AdapterLease lease = waiting.get()) {
        assertThat(lease.id()).isEqualTo(after.id());
      }
      assertThat(cache.resident(before.id())).isNull();
    }
    slow.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folder of the second load counts: the first may be gone. */
  @Test
  void theSameContentIsReadFromTheFolderThatWasLoadedLast() {
    AtomicBoolean isGone = new AtomicBoolean();
    AdapterRegistry moving =
        open(
            folder -> {
              if (isGone.get() && folder.equals(Path.of("1"))) {
                throw new ServeException(ErrorCode.INVALID_ADAPTER, "gone");
              }
              return TestAdapters.marked(1);
            },
            AdapterTrial.NONE);
    AdapterInfo first = moving.load("a", Path.of("1"), false);
    assertThat(moving.load("a", Path.of("2"), true)).isEqualTo(first);
    isGone.set(true);
    cache.drop(first.id());
    moving.acquire("a", null).close();
    moving.close();
  }

  @Test
  void requestsNameTheTaskOfAnAdapterThatHasSeveral() {
    AdapterContent first = TestAdapters.marked(1);
    AdapterContent both =
        first.withTasks(List.of(first.weights(), TestAdapters.marked(2).weights()));
    AdapterRegistry tasks =
        open(folder -> isMark(folder) ? marked(folder) : both, AdapterTrial.NONE);
    AdapterInfo many = tasks.load("many", Path.of("both"), false);

    try (AdapterLease zero = tasks.acquire("many:0", null);
        AdapterLease one = tasks.acquire("many:1", null)) {
      assertThat(zero.id().name()).isEqualTo("many:0");
      assertThat(((CountingResident) one.resident()).mark).isEqualTo(2);
      assertThat(one.id().version()).isNotEqualTo(zero.id().version());
      assertThat(cache.leases(many.id())).isEqualTo(2);
      assertThat(tasks.find("many:1")).isEqualTo(tasks.find("many"));
    }
    for (String wrong : List.of("many", "many:2", "many:x", "many:", "many:01")) {
      assertThatThrownBy(() -> tasks.acquire(wrong, null))
          .isInstanceOf(ServeException.class)
          .hasMessageContaining("many");
    }
    tasks.unload("many");
    assertThat(residents).allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
    AdapterInfo plain = tasks.load("plain", Path.of("1"), false);
    assertThat(plain.id().name()).isEqualTo("plain");
    assertThatThrownBy(() -> tasks.acquire("plain:0", null)).hasMessageContaining("no tasks");
    tasks.close();
  }

  @Test
  void unloadedVersionLivesUntilItsLastLeaseEnds() {
    load("a", 1, false);
    AdapterLease first = registry.acquire("a", null);
    AdapterLease second = registry.acquire("a", null);

    registry.unload("a");

    assertThat(codeOf(() -> registry.acquire("a", null))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    first.close();
    first.close();
    assertThat(residents.getFirst().closings).hasValue(0);
    assertThat(second.resident()).isSameAs(residents.getFirst());
    second.close();
    assertThat(residents.getFirst().closings).hasValue(1);
  }

  @Test
  void replacingKeepsRunningRequestsOnTheirVersion() {
    load("a", 1, false);
    AdapterLease old = registry.acquire("a", null);

    load("a", 2, true);

    try (AdapterLease fresh = registry.acquire("a", null)) {
      assertThat(((CountingResident) old.resident()).mark).isEqualTo(1);
      assertThat(((CountingResident) fresh.resident()).mark).isEqualTo(2);
    }
    assertThat(residents.get(0).closings).hasValue(0);
    old.close();
    assertThat(residents.get(0).closings).hasValue(1);
    assertThat(residents.get(1).closings).hasValue(0);
  }

  @Test
  void nameIsTakenUnlessReplaced() {
    load("a", 1, false);

    for (int mark : new int[] {1, 2}) {
      ServeException refusal = refusalOf(() -> load("a", mark, false));
      assertThat(refusal.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
      assertThat(refusal)
          .hasMessage(
              "The lora adapter 'a' has already been loaded. If you want to load the adapter in"
                  + " place, set 'load_inplace' to True.");
    }
  }

  @Test
  void replacingBySameContentChangesNothing() {
    load("a", 1, false);

    load("a", 1, true);

    assertThat(residents).hasSize(1);
    assertThat(residents.getFirst().closings).hasValue(0);
  }

  @Test
  void versionPinsTheRequest() {
    load("a", 1, false);
    String hex = TestAdapters.version(1).hex();

    for (String version : List.of(hex, hex.substring(0, 12), "sha256-" + hex)) {
      registry.acquire("a@" + version, null).close();
    }
    load("a", 2, true);

    ServeException refusal = refusalOf(() -> registry.acquire("a@" + hex.substring(0, 12), null));
    assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    assertThat(refusal).hasMessageContaining(TestAdapters.version(2).abbreviated());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a@", "a@12345", "a@xyzxyzxyzxyz", "a@@", "a@ABCDEF012345"})
  void malformedVersionIsNotFound(String reference) {
    load("a", 1, false);

    assertThat(codeOf(() -> registry.acquire(reference, null)))
        .isEqualTo(ErrorCode.MODEL_NOT_FOUND);
  }

  @Test
  void unknownNameListsTheKnownOnes() {
    load("terse", 1, false);
    load("pirate", 2, false);

    assertThatThrownBy(() -> registry.acquire("nope", null))
        .hasMessageContaining("nope")
        .hasMessageContaining("pirate, terse");
    assertThat(refusalOf(() -> registry.unload("nope")))
        .hasMessage("The lora adapter 'nope' cannot be found.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a/b", "../a", ".a", "-a", "a@b", "ä", "a\n", "base"})
  void badNamesAreRefused(String name) {
    ServeException refusal = refusalOf(() -> load(name, 1, false));

    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refusal.param()).hasValue("lora_name");
    assertThat(residents).isEmpty();
  }

  @Test
  void longNamesAreRefused() {
    load("a".repeat(128), 1, false);

    assertThat(codeOf(() -> load("a".repeat(129), 1, false))).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void failedLoadLeavesTheOldVersion() {
    load("a", 1, false);

    assertThat(codeOf(() -> registry.load("a", Fixtures.path("adapters/hostile/nan"), true)))
        .isEqualTo(ErrorCode.INVALID_ADAPTER);

    try (AdapterLease lease = registry.acquire("a", null)) {
      assertThat(((CountingResident) lease.resident()).mark).isEqualTo(1);
    }
    load("a", 2, true);
  }

  @Test
  void residentOfAClosedLeaseIsOutOfReach() {
    load("a", 1, false);
    AdapterLease lease = registry.acquire("a", null);
    lease.close();

    assertThatThrownBy(lease::resident).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closingUnloadsEverythingAndTakesNoMore() {
    load("a", 1, false);
    load("b", 2, false);
    AdapterLease lease = registry.acquire("b", null);

    registry.close();

    assertThat(residents.get(0).closings).hasValue(1);
    assertThat(residents.get(1).closings).hasValue(0);
    lease.close();
    assertThat(residents.get(1).closings).hasValue(1);
    assertThat(codeOf(() -> load("c", 3, false))).isEqualTo(ErrorCode.SHUTTING_DOWN);
    assertThat(residents.get(2).closings).hasValue(1);
  }

  private void load(String name, int mark, boolean replace) {
    AdapterInfo unused = registry.load(name, Path.of(Integer.toString(mark)), replace);
  }

  private static ErrorCode codeOf(ThrowingCallable call) {
    return refusalOf(call).code();
  }

  private static ServeException refusalOf(ThrowingCallable call) {
    ServeException refusal = catchThrowableOfType(ServeException.class, call);
    assertThat(refusal).isNotNull();
    return refusal;
  }
}
