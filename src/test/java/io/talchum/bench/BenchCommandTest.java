package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.cli.ProcessEnvironment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchCommandTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private final Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  BenchCommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void printsATableAndWritesJsonLines() throws IOException {
    Path json = folder.resolve("lines.jsonl");
    try (StubServer server = new StubServer("a0");
        StubServer peer = new StubServer("a0")) {
      int code =
          run(
              "--url=" + server.url(),
              "--peer=" + peer.url(),
              "--peer-kind=openai",
              "--scenarios=decode1,short",
              "--rounds=2",
              "--pause=0",
              "--short-requests=3",
              "--note=commit=abc",
              "--json=" + json);
      assertThat(code).as(err.toString()).isZero();
    }
    assertThat(out.toString())
        .contains("commit: abc", "2026-01-02T03:04:05Z", "1 adapters")
        .contains("decode1: 1 stream, prompt 32, output 128 tokens, base; 2 rounds")
        .contains("by peer", "output, tok/s", "foreign CPU, %", "unknown")
        .contains("outside the model, p99, ms", "adapters in turn");
    List<JsonNode> lines = lines(json);
    assertThat(lines)
        .extracting(line -> line.path("type").asText())
        .containsExactly(
            "header", "round", "round", "round", "round", "summary", "round", "round", "round",
            "round", "round", "round", "summary");
    assertThat(lines.get(0).path("cores").intValue()).isPositive();
    JsonNode round = lines.get(1);
    assertThat(round.path("requests").get(0).path("inter_token_ms")).hasSize(127);
    assertThat(round.path("foreign_cpu").asText()).isEqualTo("unknown");
    JsonNode peerArm = lines.get(5).path("arms").get(1);
    // decode_tps needs tokens at two different times, which a stub does not promise.
    assertThat(peerArm.path("output_tps").has("median")).isTrue();
    assertThat(peerArm.path("first_arm_by_this").path("output_tps").has("of_medians")).isTrue();
  }

  @Test
  void aFailedScenarioDoesNotStopTheOthers() throws IOException {
    Path json = folder.resolve("lines.jsonl");
    try (StubServer server = new StubServer("a0")) {
      server.missingTokens = 1;
      assertThat(
              run(
                  "--url=" + server.url(),
                  "--scenarios=decode1,decode8",
                  "--pause=0",
                  "--json=" + json))
          .isEqualTo(1);
    }
    assertThat(err.toString()).contains("decode1 failed", "decode8 failed", "127 tokens");
    assertThat(lines(json))
        .extracting(line -> line.path("type").asText())
        .containsExactly("header", "failure", "failure");
  }

  @Test
  void saysWhatIsWrongWithTheCommandLine() throws IOException {
    try (StubServer server = new StubServer()) {
      String url = "--url=" + server.url();
      assertThat(failure(url, "--rounds=0")).contains("--rounds 0");
      assertThat(failure(url, "--vocab=1")).contains("--vocab 1");
      assertThat(failure(url, "--kind=vllm")).contains("'vllm'", "llama.cpp");
      assertThat(failure("--url=https://x")).contains("'https://x'", "http://127.0.0.1:8000");
      assertThat(failure(url, "--scenarios=adapters8")).contains("needs 8 adapters");
    }
  }

  private String failure(String... args) {
    List<String> message = new ArrayList<>();
    command()
        .setExecutionExceptionHandler(
            (failure, line, parsed) -> {
              message.add(String.valueOf(failure.getMessage()));
              return 1;
            })
        .execute(args);
    return message.getFirst();
  }

  private int run(String... args) {
    return command().execute(args);
  }

  private CommandLine command() {
    ProcessEnvironment process =
        new ProcessEnvironment(
            new BufferedReader(new StringReader("")),
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            false,
            Map.of(),
            folder);
    return new CommandLine(new BenchCommand(process, InstantSource.fixed(NOW)));
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }
}
