package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.talchum.bench.Workload.Adapters;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ScenarioTest {
  @Test
  void withoutNamesRunsAllThatTheServersAllow() {
    assertThat(names(Scenario.plan(List.of(), setup(0, null))))
        .containsExactly(
            "decode1", "decode8", "prefill512", "prefix512", "sweep-1", "sweep-4", "short");
    assertThat(names(Scenario.plan(List.of(), setup(8, null))))
        .contains("adapters8", "same8", "mixed-vs-base")
        .doesNotContain("loaded-vs-unloaded");
  }

  @Test
  void everyNameCanBeAskedFor() {
    Target unloaded = target("unloaded", 0);
    Setup setup =
        new Setup(target("server", 100), target("peer", 8), unloaded, null, null, List.of(2), 5);
    List<String> words =
        Arrays.stream(Scenario.values())
            .filter(scenario -> scenario != Scenario.KINDS)
            .map(Scenario::word)
            .toList();
    assertThat(names(Scenario.plan(words, setup)))
        .containsExactly(
            "decode1",
            "decode8",
            "prefill512",
            "prefix512",
            "same8",
            "adapters8",
            "mixed-vs-base",
            "loaded-vs-unloaded",
            "sweep-2",
            "short",
            "zipf",
            "fair");
  }

  @Test
  void serverAndPeerTakeTurnsWithTheSameWork() {
    List<Experiment> plan = Scenario.plan(List.of("adapters8"), setup(8, target("peer", 8)));
    List<Experiment.Arm> arms = plan.getFirst().arms();
    assertThat(arms).extracting(Experiment.Arm::label).containsExactly("server", "peer");
    assertThat(arms.get(0).workload()).isEqualTo(arms.get(1).workload());
  }

  @Test
  void eachKindStandsAgainstBaseAloneAndInABatch() {
    List<Experiment> plan = Scenario.plan(List.of("kinds"), setup(2, null));
    assertThat(names(plan)).containsExactly("kinds-a0-1", "kinds-a0-8", "kinds-a1-1", "kinds-a1-8");
    assertThat(plan.get(3).arms())
        .extracting(Experiment.Arm::label, arm -> arm.workload().adapters())
        .containsExactly(tuple("a1", Adapters.SAME), tuple("base", Adapters.NONE));
    assertThat(plan.get(3).arms().getFirst().target().adapters()).containsExactly("a1");
  }

  @Test
  void mixedStandsAgainstBaseOnTheSameServer() {
    Experiment experiment =
        Scenario.plan(List.of("mixed-vs-base"), setup(8, target("peer", 8))).getFirst();
    assertThat(experiment.arms())
        .extracting(arm -> arm.workload().adapters())
        .containsExactly(Adapters.DIFFERENT, Adapters.NONE);
    assertThat(experiment.arms())
        .extracting(arm -> arm.target().name())
        .containsExactly("server", "server");
  }

  @Test
  void refusesWhatIsUnknownOrNotPossible() {
    assertThatThrownBy(() -> Scenario.plan(List.of("decode9"), setup(0, null)))
        .hasMessageContaining("'decode9'")
        .hasMessageContaining("prefill512");
    assertThatThrownBy(() -> Scenario.plan(List.of("adapters8"), setup(3, null)))
        .hasMessageContaining("needs 8 adapters")
        .hasMessageContaining("has 3");
    assertThatThrownBy(() -> Scenario.plan(List.of("same8"), setup(8, target("peer", 0))))
        .hasMessageContaining("peer");
    assertThatThrownBy(() -> Scenario.plan(List.of("loaded-vs-unloaded"), setup(8, null)))
        .hasMessageContaining("--unloaded");
  }

  @Test
  void lengthsCanBeReplaced() {
    Setup setup = new Setup(target("server", 0), null, null, 5, 3, List.of(), 1);
    Workload workload =
        Scenario.plan(List.of("decode8"), setup).getFirst().arms().getFirst().workload();
    assertThat(workload).isEqualTo(Workload.streams(8, 5, 3, Adapters.NONE));
  }

  @Test
  void eachStreamHasAnotherAdapterInEveryCall() {
    Workload workload = Workload.streams(8, 1, 1, Adapters.DIFFERENT);
    for (int call = 0; call < 3; call++) {
      int number = call;
      assertThat(IntStream.range(0, 8).map(stream -> workload.adapterOf(stream, number, 8, 0.5)))
          .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
    }
    assertThat(Workload.streams(8, 1, 1, Adapters.SAME).adapterOf(5, 1, 8, 0.5)).isZero();
    assertThat(Workload.streams(8, 1, 1, Adapters.NONE).adapterOf(5, 1, 8, 0.5)).isNegative();
    Workload zipf = Workload.turns(8, 2, 1, 1, Adapters.ZIPF);
    assertThat(zipf.adapterOf(0, 0, 2000, 0)).isZero();
    assertThat(zipf.adapterOf(0, 0, 2000, 0.125)).isEqualTo(1);
    assertThat(zipf.adapterOf(0, 0, 2000, 0.9999999)).isEqualTo(1999);
    Workload fair = Workload.turns(12, 1, 1, 1, Adapters.NINE_AND_GREEDY);
    assertThat(IntStream.range(0, 12).map(stream -> fair.adapterOf(stream, 0, 10, 0)))
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0);
    Workload eight = Workload.turns(8, 2, 1, 1, Adapters.ZIPF_OF_EIGHT);
    assertThat(eight.adapterOf(0, 0, 2000, 0.9999999)).isEqualTo(7);
  }

  private static Setup setup(int adapters, @Nullable Target peer) {
    return new Setup(target("server", adapters), peer, null, null, null, List.of(1, 4), 5);
  }

  private static Target target(String name, int adapters) {
    return new Target(
        name,
        ServerKind.OPENAI,
        new Endpoint(name, 1, ""),
        "base",
        IntStream.range(0, adapters).mapToObj(i -> "a" + i).toList(),
        null,
        null);
  }

  private static List<String> names(List<Experiment> plan) {
    return plan.stream().map(Experiment::name).toList();
  }
}
