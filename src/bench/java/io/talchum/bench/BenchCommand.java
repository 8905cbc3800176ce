package io.talchum.bench;

import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.Version;
import io.talchum.core.ServeException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a running server, alone or side by side with another one. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measure a running server, alone or in turn with another one.")
public final class BenchCommand implements Callable<Integer> {
  private final PrintWriter out;
  private final PrintWriter err;
  private final InstantSource clock;

  @Mixin private ServerOptions servers = new ServerOptions();
  @Mixin private WorkloadOptions workload = new WorkloadOptions();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measured rounds of each scenario (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "1",
      description = "Rounds before them that do not count (default: ${DEFAULT-VALUE}).")
  private int warmUps;

  @Option(
      names = "--pause",
      paramLabel = "MS",
      defaultValue = "300",
      description = "Rest before each round (default: ${DEFAULT-VALUE}).")
  private int pauseMillis;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "120",
      description = "Longest silence of a server within a request (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write everything as JSON lines.")
  private @Nullable Path json;

  @Option(
      names = "--note",
      paramLabel = "K=V",
      description = "Put into the head of the report, such as a commit; may be repeated.")
  private Map<String, String> notes = new LinkedHashMap<>();

  public BenchCommand(ProcessEnvironment process, InstantSource clock) {
    this.out = process.out();
    this.err = process.err();
    this.clock = clock;
  }

  @Override
  public Integer call() {
    Checks.atLeast("--rounds", rounds, 1);
    Checks.atLeast("--warm-up", warmUps, 0);
    Checks.atLeast("--pause", pauseMillis, 0);
    Checks.atLeast("--timeout", timeoutSeconds, 1);
    Duration timeout = Duration.ofSeconds(timeoutSeconds);
    Setup setup = workload.setup(servers, timeout);
    List<Experiment> plan = Scenario.plan(workload.scenarios(), setup);
    CpuClock cpu = CpuClock.ofThisMachine();
    Bench bench =
        new Bench(
            new Streams(workload.prompts(), timeout),
            cpu,
            setup.targets(),
            new Bench.Repeats(warmUps, rounds, Duration.ofMillis(pauseMillis)));
    try (JsonLog log = JsonLog.to(json)) {
      head(setup, log);
      int failed = 0;
      for (Experiment experiment : plan) {
        failed += measured(bench, experiment, log) ? 0 : 1;
      }
      memory(setup, cpu);
      return failed == 0 ? 0 : 1;
    }
  }

  private void head(Setup setup, JsonLog log) {
    Header header =
        new Header(
            Machine.here(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS),
            Version.text(),
            notes,
            setup.targets());
    header.lines().forEach(out::println);
    log.header(header);
  }

  /** A failed scenario does not stop the others. */
  private boolean measured(Bench bench, Experiment experiment, JsonLog log) {
    try {
      Summary summary =
          bench.run(
              experiment,
              round -> {
                log.round(round);
                progress(round);
              });
      log.summary(summary);
      out.println();
      Report.table(summary).forEach(out::println);
      out.flush();
      return true;
    } catch (ServeException e) {
      String message = String.valueOf(e.getMessage());
      log.failure(experiment, message);
      err.printf("talchum: %s failed: %s%n", experiment.name(), message);
      err.flush();
      return false;
    }
  }

  private void progress(Round round) {
    err.printf(
        "%s, round %d of %d: %s%n",
        round.experiment().name(), round.number(), rounds, round.arm().label());
    err.flush();
  }

  private void memory(Setup setup, CpuClock cpu) {
    List<String> parts = new ArrayList<>();
    for (Target target : setup.targets()) {
      OptionalDouble bytes = cpu.residentBytes(target.pid());
      if (bytes.isPresent()) {
        parts.add("%s %.0f MB".formatted(target.name(), bytes.getAsDouble() / 1e6));
      }
    }
    if (!parts.isEmpty()) {
      out.printf("%nresident memory at the end: %s%n", String.join(", ", parts));
      out.flush();
    }
  }
}
