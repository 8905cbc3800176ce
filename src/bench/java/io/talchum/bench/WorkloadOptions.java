package io.talchum.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the servers are asked. */
final class WorkloadOptions {
  @Option(
      names = "--scenarios",
      paramLabel = "NAME,...",
      split = ",",
      description =
          "decode1, decode8, prefill512, prefix512, same8, adapters8, mixed-vs-base, loaded-vs-unloaded, sweep, short, zipf, fair, kinds (default: all that the servers allow but kinds).")
  private List<String> scenarios = new ArrayList<>();

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Length of the prompts instead of each scenario's own.")
  private @Nullable Integer promptTokens;

  @Option(
      names = "--output-tokens",
      paramLabel = "N",
      description = "Tokens to generate instead of each scenario's own number.")
  private @Nullable Integer outputTokens;

  @Option(
      names = "--sweep",
      paramLabel = "N,...",
      split = ",",
      defaultValue = "1,2,4,8",
      description = "Numbers of streams of the sweep (default: ${DEFAULT-VALUE}).")
  private List<Integer> sweep = new ArrayList<>();

  @Option(
      names = "--short-requests",
      paramLabel = "N",
      defaultValue = "100",
      description = "Requests per round of the scenario short (default: ${DEFAULT-VALUE}).")
  private int shortRequests;

  @Option(
      names = "--vocab",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Prompts are random token ids below N; at most the model's vocabulary (default: ${DEFAULT-VALUE}).")
  private int vocabularyTokens;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the prompts (default: ${DEFAULT-VALUE}).")
  private long seed;

  List<String> scenarios() {
    return scenarios;
  }

  Prompts prompts() {
    return new Prompts(seed, Checks.atLeast("--vocab", vocabularyTokens, 2));
  }

  Setup setup(ServerOptions servers, Duration timeout) {
    for (int streams : sweep) {
      Checks.atLeast("--sweep", streams, 1);
    }
    if (promptTokens != null) {
      Checks.atLeast("--prompt-tokens", promptTokens, 1);
    }
    if (outputTokens != null) {
      Checks.atLeast("--output-tokens", outputTokens, 1);
    }
    return new Setup(
        servers.server(timeout),
        servers.peer(timeout),
        servers.unloaded(timeout),
        promptTokens,
        outputTokens,
        sweep,
        Checks.atLeast("--short-requests", shortRequests, 1));
  }
}
