package io.talchum.adapter;

import static io.talchum.adapter.TestLeases.acquire;
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
      open(folder -> isMark(folder) ? marked(folder) : peft.read(folder), AdapterSelfTest.NONE);

  private AdapterRegistry open(AdapterReader reader, AdapterSelfTest selfTest) {
    return new AdapterRegistry(Set.of("base"), reader, selfTest, cache, InstantSource.fixed(NOW));
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
    AdapterRegistry reading = open(folder -> TestAdapters.marked(mark.get()), AdapterSelfTest.NONE);
    AdapterInfo first = reading.load("a", Path.of("a"), false);
    AdapterRegistry.Named named = reading.named("a").orElseThrow();
    assertThat(named.source().read(named.id()).version()).isEqualTo(first.id().version());
    mark.set(2);
    try (AdapterLease held = acquire(reading, "a")) {
      assertThat(held.id()).isEqualTo(first.id());
      cache.drop(first.id());
      assertThat(refusalOf(() -> acquire(reading, "a")))
          .hasMessage(
              "the folder of adapter %s has changed since it was loaded; load it again with load_inplace"
                  .formatted(first.id()));
      AdapterInfo replaced = reading.load("a", Path.of("a"), true);
      assertThat(replaced.id().version()).isNotEqualTo(held.id().version());
      assertThatThrownBy(() -> named.source().read(named.id()))
          .hasMessageContaining("has changed since it was loaded");
      try (AdapterLease fresh = acquire(reading, "a")) {
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

    try (AdapterLease lease = acquire(registry, "pirate")) {
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
  private static final class StubSelfTest implements AdapterSelfTest {
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

  private AdapterRegistry trying(StubSelfTest selfTest) {
    return open(AdapterRegistryTest::marked, selfTest);
  }

  @Test
  void anAdapterThatFailsItsSelfTestLeavesEverythingAsItWas() {
    StubSelfTest selfTest = new StubSelfTest();
    AdapterRegistry tried = trying(selfTest);
    AdapterInfo before = tried.load("a", Path.of("1"), false);
    assertThatThrownBy(() -> tried.load("a", Path.of("13"), true)).hasMessage("a is loud");
    assertThatThrownBy(() -> tried.load("b", Path.of("13"), false)).hasMessage("b is loud");
    assertThat(tried.list()).containsExactly(before);
    assertThat(residents.stream().filter(r -> r.closings.get() == 0)).hasSize(1);
    acquire(tried, "a").close();
    assertThat(selfTest.admitted).hasValue(3);
    assertThat(selfTest.firstUses).hasValue(0);
    tried.close();
  }

  @Test
  void anUntriedAdapterIsTriedByItsFirstRequest() {
    StubSelfTest selfTest = new StubSelfTest();
    AdapterRegistry tried = trying(selfTest);
    AdapterInfo good = tried.add("good", Path.of("1"));
    AdapterInfo loud = tried.add("loud", Path.of("13"));
    assertThat(selfTest.firstUses).hasValue(0);
    assertThat(residents).as("kept ready").hasSize(2);
    selfTest.isBusy.set(true);
    assertThatThrownBy(() -> acquire(tried, "good")).hasMessage("later");
    selfTest.isBusy.set(false);
    acquire(tried, "good").close();
    acquire(tried, "good").close();
    assertThat(selfTest.firstUses).hasValue(2);
    assertThatThrownBy(() -> acquire(tried, "loud")).hasMessage("loud is loud");
    assertThat(tried.list()).extracting(AdapterInfo::id).containsExactly(good.id(), loud.id());
    assertThat(selfTest.admitted).hasValue(0);
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
            AdapterSelfTest.NONE);
    AdapterInfo cold = counting.add("cold", Path.of("1"));
    AdapterInfo gone = counting.add("gone", Path.of("2"));
    AdapterInfo old = counting.add("old", Path.of("3"));
    assertThat(reads).hasValue(3);
    for (AdapterInfo each : List.of(cold, gone, old)) {
      cache.drop(each.id());
    }
    assertThat(cache.residents()).isEmpty();
    acquire(counting, "cold").close();
    acquire(counting, "cold").close();
    assertThat(reads).hasValue(4);
    assertThat(cache.resident(cold.id())).isEqualTo(new ResidentInfo(cold.id(), EACH, 0));
    counting.unload("gone");
    assertThat(codeOf(() -> acquire(counting, "gone"))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    AdapterInfo fresh = counting.load("old", Path.of("4"), true);
    assertThat(cache.resident(old.id())).isNull();
    assertThat(cache.resident(gone.id())).isNull();
    assertThat(cache.resident(fresh.id())).isNotNull();
    assertThat(reads).as("a load by request reads once").hasValue(5);
    acquire(counting, "old").close();
    cache.drop(fresh.id());
    try (AdapterLease again = acquire(counting, "old")) {
      assertThat(again.id()).isEqualTo(fresh.id());
    }
    assertThat(reads).hasValue(6);
    counting.close();
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
            AdapterSelfTest.NONE);
    AdapterInfo first = moving.load("a", Path.of("1"), false);
    assertThat(moving.load("a", Path.of("2"), true)).isEqualTo(first);
    isGone.set(true);
    cache.drop(first.id());
    acquire(moving, "a").close();
    moving.close();
  }

  @Test
  void requestsNameTheVariantOfAnAdapterThatHasSeveral() {
    AdapterContent first = TestAdapters.marked(1);
    AdapterContent both =
        first.withVariants(List.of(first.weights(), TestAdapters.marked(2).weights()));
    AdapterRegistry variants =
        open(folder -> isMark(folder) ? marked(folder) : both, AdapterSelfTest.NONE);
    AdapterInfo many = variants.load("many", Path.of("both"), false);

    try (AdapterLease zero = acquire(variants, "many:0");
        AdapterLease one = acquire(variants, "many:1")) {
      assertThat(zero.id().name()).isEqualTo("many:0");
      assertThat(((CountingResident) one.resident()).mark).isEqualTo(2);
      assertThat(one.id().version()).isNotEqualTo(zero.id().version());
      assertThat(cache.leases(many.id())).isEqualTo(2);
    }
    for (String wrong : List.of("many", "many:2", "many:x", "many:", "many:01")) {
      assertThatThrownBy(() -> acquire(variants, wrong))
          .isInstanceOf(ServeException.class)
          .hasMessageContaining("many");
    }
    variants.unload("many");
    assertThat(residents).allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
    AdapterInfo plain = variants.load("plain", Path.of("1"), false);
    assertThat(plain.id().name()).isEqualTo("plain");
    assertThatThrownBy(() -> acquire(variants, "plain:0")).hasMessageContaining("no variants");
    variants.close();
  }

  @Test
  void unloadedVersionLivesUntilItsLastLeaseEnds() {
    load("a", 1, false);
    AdapterLease first = acquire(registry, "a");
    AdapterLease second = acquire(registry, "a");

    registry.unload("a");

    assertThat(codeOf(() -> acquire(registry, "a"))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
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
    AdapterLease old = acquire(registry, "a");

    load("a", 2, true);

    try (AdapterLease fresh = acquire(registry, "a")) {
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
  void anUnknownNameCannotBeUnloaded() {
    assertThat(registry.named("nope")).isEmpty();
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

    try (AdapterLease lease = acquire(registry, "a")) {
      assertThat(((CountingResident) lease.resident()).mark).isEqualTo(1);
    }
    load("a", 2, true);
  }

  @Test
  void residentOfAClosedLeaseIsOutOfReach() {
    load("a", 1, false);
    AdapterLease lease = acquire(registry, "a");
    lease.close();

    assertThatThrownBy(lease::resident).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closingUnloadsEverythingAndTakesNoMore() {
    load("a", 1, false);
    load("b", 2, false);
    AdapterLease lease = acquire(registry, "b");

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
