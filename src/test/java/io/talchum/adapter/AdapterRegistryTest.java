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
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterRegistryTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private final List<CountingResident> residents = new ArrayList<>();
  private final AdapterRegistry registry =
      new AdapterRegistry(
          Set.of("base"),
          new PeftReader(new ZeroBase(TestBases.LLAMA)),
          weights -> {
            CountingResident resident = new CountingResident(weights);
            residents.add(resident);
            return resident;
          },
          InstantSource.fixed(NOW));

  /** What runs is kept; its content is read again, and has to be the same. */
  @Test
  void contentIsThatOfTheLeaseOrRefused() {
    AtomicInteger mark = new AtomicInteger(1);
    AdapterRegistry reading =
        new AdapterRegistry(
            Set.of(),
            folder -> TestAdapters.marked(mark.get()),
            CountingResident::new,
            InstantSource.fixed(NOW));
    AdapterInfo unused = reading.load("a", Path.of("a"), false);
    AdapterRegistry.Held held = reading.hold("a", null);
    assertThat(held.content().get().version()).isEqualTo(held.lease().id().version());
    mark.set(2);
    AdapterInfo replaced = reading.load("a", Path.of("a"), true);
    assertThat(replaced.id().version()).isNotEqualTo(held.lease().id().version());
    assertThatThrownBy(() -> held.content().get())
        .hasMessageContaining("has changed since it was loaded");
    held.lease().close();
    reading.close();
  }

  @Test
  void loadedFolderCanBeAcquired() {
    AdapterInfo info =
        registry.load("pirate", Fixtures.path("adapters/llama/lora_big_rank"), false);

    try (AdapterLease lease = registry.acquire("pirate")) {
      assertThat(lease.id()).isEqualTo(info.id());
      assertThat(lease.resident()).isSameAs(residents.getFirst());
      assertThat(registry.list())
          .containsExactly(new AdapterInfo(info.id(), "LORA", "lora_big_rank", 64, 7, NOW, 1));
    }
    assertThat(registry.list().getFirst().leases()).isZero();
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
    public void firstUse(AdapterId id, List<Part> parts, @Nullable Instant until) {
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
    return new AdapterRegistry(
        Set.of("base"),
        folder -> TestAdapters.marked(Integer.parseInt(folder.toString())),
        weights -> {
          CountingResident resident = new CountingResident(weights);
          residents.add(resident);
          return resident;
        },
        trial,
        InstantSource.fixed(NOW));
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
    tried.acquire("a").close();
    assertThat(trial.admitted).hasValue(3);
    assertThat(trial.firstUses).hasValue(0);
  }

  @Test
  void anUntriedAdapterIsTriedByItsFirstRequest() {
    Trial trial = new Trial();
    AdapterRegistry tried = trying(trial);
    AdapterInfo good = tried.loadUntried("good", Path.of("1"));
    AdapterInfo loud = tried.loadUntried("loud", Path.of("13"));
    assertThat(trial.firstUses).hasValue(0);
    trial.isBusy.set(true);
    assertThatThrownBy(() -> tried.acquire("good")).hasMessage("later");
    trial.isBusy.set(false);
    tried.acquire("good").close();
    tried.acquire("good").close();
    assertThat(trial.firstUses).hasValue(2);
    assertThatThrownBy(() -> tried.acquire("loud")).hasMessage("loud is loud");
    assertThat(tried.list()).containsExactly(good, loud);
    assertThat(trial.admitted).hasValue(0);
    assertThatThrownBy(() -> tried.load("loud", Path.of("13"), true)).hasMessage("loud is loud");
    assertThat(tried.load("good", Path.of("1"), true)).isEqualTo(good);
  }

  @Test
  void requestsNameTheTaskOfAnAdapterThatHasSeveral() {
    AdapterContent first = TestAdapters.marked(1);
    registry.register(
        "many", first.withTasks(List.of(first.weights(), TestAdapters.marked(2).weights())), false);

    try (AdapterLease zero = registry.acquire("many:0");
        AdapterLease one = registry.acquire("many:1")) {
      assertThat(zero.id().name()).isEqualTo("many:0");
      assertThat(((CountingResident) one.resident()).mark).isEqualTo(2);
      assertThat(one.id().version()).isNotEqualTo(zero.id().version());
      assertThat(registry.list().getFirst().leases()).isEqualTo(2);
      assertThat(registry.find("many:1")).isEqualTo(registry.find("many"));
    }
    for (String wrong : List.of("many", "many:2", "many:x", "many:", "many:01")) {
      assertThatThrownBy(() -> registry.acquire(wrong))
          .isInstanceOf(ServeException.class)
          .hasMessageContaining("many");
    }
    registry.unload("many");
    assertThat(residents).allSatisfy(resident -> assertThat(resident.closings).hasValue(1));
    registry.register("plain", first, false);
    assertThatThrownBy(() -> registry.acquire("plain:0")).hasMessageContaining("no tasks");
  }

  @Test
  void unloadedVersionLivesUntilItsLastLeaseEnds() {
    registry.register("a", TestAdapters.marked(1), false);
    AdapterLease first = registry.acquire("a");
    AdapterLease second = registry.acquire("a");

    registry.unload("a");

    assertThat(codeOf(() -> registry.acquire("a"))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    first.close();
    first.close();
    assertThat(residents.getFirst().closings).hasValue(0);
    assertThat(second.resident()).isSameAs(residents.getFirst());
    second.close();
    assertThat(residents.getFirst().closings).hasValue(1);
  }

  @Test
  void replacingKeepsRunningRequestsOnTheirVersion() {
    registry.register("a", TestAdapters.marked(1), false);
    AdapterLease old = registry.acquire("a");

    registry.register("a", TestAdapters.marked(2), true);

    try (AdapterLease fresh = registry.acquire("a")) {
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
    registry.register("a", TestAdapters.marked(1), false);

    for (int mark : new int[] {1, 2}) {
      ServeException refusal = refusalOf(() -> register("a", mark, false));
      assertThat(refusal.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
      assertThat(refusal)
          .hasMessage(
              "The lora adapter 'a' has already been loaded. If you want to load the adapter in"
                  + " place, set 'load_inplace' to True.");
    }
  }

  @Test
  void replacingBySameContentChangesNothing() {
    registry.register("a", TestAdapters.marked(1), false);

    registry.register("a", TestAdapters.marked(1), true);

    assertThat(residents).hasSize(1);
    assertThat(residents.getFirst().closings).hasValue(0);
  }

  @Test
  void versionPinsTheRequest() {
    registry.register("a", TestAdapters.marked(1), false);
    String hex = TestAdapters.version(1).hex();

    for (String version : List.of(hex, hex.substring(0, 12), "sha256-" + hex)) {
      registry.acquire("a@" + version).close();
    }
    registry.register("a", TestAdapters.marked(2), true);

    ServeException refusal = refusalOf(() -> registry.acquire("a@" + hex.substring(0, 12)));
    assertThat(refusal.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    assertThat(refusal).hasMessageContaining(TestAdapters.version(2).abbreviated());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a@", "a@12345", "a@xyzxyzxyzxyz", "a@@", "a@ABCDEF012345"})
  void malformedVersionIsNotFound(String reference) {
    registry.register("a", TestAdapters.marked(1), false);

    assertThat(codeOf(() -> registry.acquire(reference))).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
  }

  @Test
  void unknownNameListsTheKnownOnes() {
    registry.register("terse", TestAdapters.marked(1), false);
    registry.register("pirate", TestAdapters.marked(2), false);

    assertThatThrownBy(() -> registry.acquire("nope"))
        .hasMessageContaining("nope")
        .hasMessageContaining("pirate, terse");
    assertThat(refusalOf(() -> registry.unload("nope")))
        .hasMessage("The lora adapter 'nope' cannot be found.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a/b", "../a", ".a", "-a", "a@b", "ä", "a\n", "base"})
  void badNamesAreRefused(String name) {
    ServeException refusal = refusalOf(() -> register(name, 1, false));

    assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refusal.param()).hasValue("lora_name");
    assertThat(residents).isEmpty();
  }

  @Test
  void longNamesAreRefused() {
    register("a".repeat(128), 1, false);

    assertThat(codeOf(() -> register("a".repeat(129), 1, false)))
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void failedLoadLeavesTheOldVersion() {
    registry.register("a", TestAdapters.marked(1), false);

    assertThat(codeOf(() -> registry.load("a", Fixtures.path("adapters/hostile/nan"), true)))
        .isEqualTo(ErrorCode.INVALID_ADAPTER);

    try (AdapterLease lease = registry.acquire("a")) {
      assertThat(((CountingResident) lease.resident()).mark).isEqualTo(1);
    }
    registry.register("a", TestAdapters.marked(2), true);
  }

  @Test
  void residentOfAClosedLeaseIsOutOfReach() {
    registry.register("a", TestAdapters.marked(1), false);
    AdapterLease lease = registry.acquire("a");
    lease.close();

    assertThatThrownBy(lease::resident).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closingUnloadsEverythingAndTakesNoMore() {
    registry.register("a", TestAdapters.marked(1), false);
    registry.register("b", TestAdapters.marked(2), false);
    AdapterLease lease = registry.acquire("b");

    registry.close();

    assertThat(residents.get(0).closings).hasValue(1);
    assertThat(residents.get(1).closings).hasValue(0);
    lease.close();
    assertThat(residents.get(1).closings).hasValue(1);
    assertThat(codeOf(() -> register("c", 3, false))).isEqualTo(ErrorCode.SHUTTING_DOWN);
    assertThat(residents.get(2).closings).hasValue(1);
  }

  private void register(String name, int mark, boolean replace) {
    AdapterInfo unused = registry.register(name, TestAdapters.marked(mark), replace);
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
