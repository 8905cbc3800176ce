package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.bench.Experiment.Arm;
import io.talchum.bench.Workload.Adapters;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BenchTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final String[] ADAPTERS = {"a0", "a1", "a2", "a3"};

  private StubServer server;
  private StubServer peer;

  @BeforeEach
  void start() throws IOException {
    server = new StubServer(ADAPTERS);
    peer = new StubServer(ADAPTERS);
  }

  @AfterEach
  void stop() {
    server.close();
    peer.close();
  }

  @Test
  void armsTakeTurnsWithTheSamePromptsAndWarmUpsDoNotCount() {
    Workload workload = Workload.streams(2, 6, 3, Adapters.NONE);
    Experiment experiment =
        experiment(
            new Arm("server", server.target(ServerKind.OPENAI), workload),
            new Arm("peer", peer.target(ServerKind.LLAMA_CPP), workload));
    List<String> order = new ArrayList<>();
    Summary summary =
        bench(1, 3).run(experiment, r -> order.add(r.arm().label() + " " + r.number()));

    assertThat(order)
        .containsExactly("server 1", "peer 1", "server 2", "peer 2", "server 3", "peer 3");
    assertThat(summary.rounds()).hasSize(6);
    assertThat(server.asked()).hasSize(2 * 4);
    assertThat(prompts(server)).containsExactlyInAnyOrderElementsOf(prompts(peer));
    assertThat(prompts(server)).as("no prompt comes twice").doesNotHaveDuplicates();
    assertThat(summary.spread(experiment.arms().getFirst(), Figure.OUTPUT)).isPresent();
    assertThat(summary.ratio(experiment.arms().getLast(), Figure.TTFT_WORST)).isPresent();
    assertThat(summary.foreignCpu(experiment.arms().getFirst())).as("no pids").isEmpty();
    assertThat(summary.rounds().getFirst().timings())
        .allSatisfy(timing -> assertThat(timing.outputTokens()).isEqualTo(3))
        .allSatisfy(timing -> assertThat(timing.promptTokens()).isEqualTo(6));
  }

  @Test
  void armsOnTheSameServerGetOtherPrompts() {
    Workload mixed = Workload.streams(4, 6, 2, Adapters.DIFFERENT);
    Workload base = Workload.streams(4, 6, 2, Adapters.NONE);
    Target target = server.target(ServerKind.OPENAI);
    bench(0, 2)
        .run(experiment(new Arm("mixed", target, mixed), new Arm("base", target, base)), r -> {});
    assertThat(prompts(server)).hasSize(16).doesNotHaveDuplicates();
    assertThat(
            server.asked().stream()
                .collect(
                    Collectors.groupingBy(
                        body -> body.path("model").asText(), Collectors.counting())))
        .containsEntry("base", 8L)
        .containsEntry("a0", 2L)
        .containsEntry("a3", 2L);
  }

  @Test
  void promptsOfARoundBeginAlikeWhereThatIsMeasured() {
    Workload workload = Workload.sequence(3, 2, 1, Adapters.NONE).sharing(6);
    Target target = server.target(ServerKind.OPENAI);
    Summary summary = bench(0, 2).run(experiment(new Arm("server", target, workload)), r -> {});
    List<List<Integer>> beginnings =
        server.asked().stream()
            .map(body -> body.path("prompt"))
            .map(ids -> IntStream.range(0, 6).mapToObj(i -> ids.path(i).intValue()).toList())
            .toList();
    assertThat(beginnings).hasSize(6);
    assertThat(new HashSet<>(beginnings)).hasSize(2);
    assertThat(server.asked().stream().map(body -> body.path("prompt")).distinct()).hasSize(6);
    assertThat(summary.spread(summary.experiment().arms().getFirst(), Figure.TTFT_REUSED))
        .isPresent();
  }

  @Test
  void requestsAreGreedyAndOfAFixedLength() {
    run(server.target(ServerKind.OPENAI), Workload.streams(1, 4, 2, Adapters.SAME));
    JsonNode body = server.asked().getFirst();
    assertThat(body.path("model").asText()).isEqualTo("a0");
    assertThat(body.path("temperature").intValue()).isZero();
    assertThat(body.path("ignore_eos").booleanValue()).isTrue();
    assertThat(body.path("stream").booleanValue()).isTrue();
    assertThat(body.path("max_tokens").intValue()).isEqualTo(2);
    assertThat(body.has("lora")).isFalse();
    assertThat(body.has("cache_prompt")).isFalse();
  }

  @Test
  void llamaCppGetsTheScaleOfEveryAdapter() {
    Target target = peer.target(ServerKind.LLAMA_CPP);
    run(target, Workload.streams(4, 4, 2, Adapters.DIFFERENT));
    run(target, Workload.streams(1, 4, 2, Adapters.NONE));
    assertThat(peer.asked().subList(0, 4))
        .allSatisfy(
            body ->
                assertThat(body.path("lora").findValuesAsText("id"))
                    .containsExactly("0", "1", "2", "3"))
        .extracting(
            body ->
                IntStream.range(0, 4)
                    .filter(i -> body.path("lora").get(i).path("scale").doubleValue() == 1)
                    .boxed()
                    .toList())
        .containsExactlyInAnyOrder(List.of(0), List.of(1), List.of(2), List.of(3));
    JsonNode base = peer.asked().getLast();
    assertThat(base.path("lora").findValues("scale"))
        .hasSize(4)
        .allSatisfy(scale -> assertThat(scale.doubleValue()).isZero());
    assertThat(base.path("cache_prompt").isBoolean()).isTrue();
    assertThat(base.path("cache_prompt").booleanValue()).isFalse();
  }

  @Test
  void theModelsTimeIsTakenAway() {
    Workload workload = Workload.sequence(5, 4, 2, Adapters.NONE).watchingModel();
    Round round = run(server.target(ServerKind.OPENAI), workload);
    assertThat(server.asked()).hasSize(5);
    assertThat(round.timings()).hasSize(5);
    double total = round.figures().getOrDefault(Figure.TOTAL_MEDIAN, Double.NaN);
    assertThat(round.figures().get(Figure.OUTSIDE_MEDIAN))
        .as("the stub says 1 ms per request")
        .isCloseTo(total - 1, org.assertj.core.api.Assertions.within(1e-6));
  }

  @Test
  void aWrongNumberOfTokensFailsTheRound() {
    server.missingTokens = 1;
    assertThatThrownBy(
            () -> run(server.target(ServerKind.OPENAI), Workload.streams(2, 4, 3, Adapters.NONE)))
        .hasMessageContaining("2 tokens instead of 3");
  }

  @Test
  void aServerThatIsGoneFailsTheRound() {
    Target target = server.target(ServerKind.OPENAI);
    server.close();
    assertThatThrownBy(() -> run(target, Workload.streams(2, 4, 3, Adapters.NONE)))
        .hasMessageContaining("did not answer")
        .hasMessageContaining(target.endpoint().url());
  }

  @Test
  void asksTheServersForModelAndAdapters() {
    Target open =
        new Target("x", ServerKind.OPENAI, Endpoint.parse(server.url()), "", List.of(), null, null);
    Target found = Discovery.complete(open, TIMEOUT);
    assertThat(found.model()).isEqualTo("base");
    assertThat(found.adapters()).containsExactly(ADAPTERS);
    Target llama =
        new Target(
            "x", ServerKind.LLAMA_CPP, Endpoint.parse(peer.url()), "", List.of(), null, null);
    assertThat(Discovery.complete(llama, TIMEOUT).adapters())
        .containsExactly("a0", "a1", "a2", "a3", "a.gguf", "b.gguf");
  }

  private Round run(Target target, Workload workload) {
    return bench(0, 1)
        .run(experiment(new Arm("only", target, workload)), round -> {})
        .rounds()
        .getFirst();
  }

  private static Experiment experiment(Arm... arms) {
    return new Experiment("test", Figure.DECODE, List.of(arms));
  }

  private Bench bench(int warmUps, int rounds) {
    return new Bench(
        new Streams(new Prompts(1, 1000), TIMEOUT),
        CpuClock.ofThisMachine(),
        List.of(server.target(ServerKind.OPENAI)),
        new Bench.Repeats(warmUps, rounds, Duration.ZERO));
  }

  private static List<String> prompts(StubServer asked) {
    return asked.asked().stream().map(body -> body.path("prompt").toString()).toList();
  }
}
