package io.talchum.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.bench.Experiment.Arm;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Everything as JSON lines: {@code header}, {@code round}s, {@code summary}s, {@code failure}s. */
final class JsonLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final @Nullable Writer out;

  private JsonLog(@Nullable Writer out) {
    this.out = out;
  }

  /** Replaces the file; no file: writes nothing. */
  static JsonLog to(@Nullable Path file) {
    try {
      return new JsonLog(file == null ? null : Files.newBufferedWriter(file));
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "%s cannot be written (%s); name another file by --json".formatted(file, e),
          e);
    }
  }

  void header(Header header) {
    Machine machine = header.machine();
    Map<String, Object> line = line("header");
    line.put("date", header.date().toString());
    line.put("talchum", header.version());
    line.put("cpu", machine.cpu());
    line.put("cores", machine.cores());
    line.put("system", machine.system());
    line.put("java", machine.java());
    line.put("notes", header.notes());
    line.put("servers", header.targets().stream().map(JsonLog::target).toList());
    write(line);
  }

  void round(Round round) {
    Map<String, Object> line = line("round");
    line.put("scenario", round.experiment().name());
    line.put("arm", round.arm().label());
    line.put("server", round.arm().target().name());
    line.put("workload", round.arm().workload().inWords());
    line.put("round", round.number());
    Map<String, Object> figures = new LinkedHashMap<>();
    for (Figure figure : Figure.values()) {
      Double value = round.figures().get(figure);
      if (value != null) {
        figures.put(figure.key(), rounded(value));
      }
    }
    line.put("figures", figures);
    line.put("foreign_cpu", orUnknown(round.foreignCpu()));
    line.put("server_cpu_seconds", orUnknown(round.serverCpuSeconds()));
    line.put("requests", round.timings().stream().map(JsonLog::request).toList());
    write(line);
  }

  void summary(Summary summary) {
    Map<String, Object> line = line("summary");
    Experiment experiment = summary.experiment();
    line.put("scenario", experiment.name());
    line.put("headline", experiment.headline().key());
    List<Object> arms = new ArrayList<>();
    for (Arm arm : experiment.arms()) {
      arms.add(arm(summary, arm));
    }
    line.put("arms", arms);
    write(line);
  }

  void failure(Experiment experiment, String message) {
    Map<String, Object> line = line("failure");
    line.put("scenario", experiment.name());
    line.put("message", message);
    write(line);
  }

  private static Map<String, Object> arm(Summary summary, Arm arm) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("arm", arm.label());
    line.put("rounds", summary.roundsOf(arm).size());
    Map<String, Object> ratios = new LinkedHashMap<>();
    for (Figure figure : Figure.values()) {
      summary
          .spread(arm, figure)
          .ifPresent(
              spread -> {
                line.put(figure.key(), spread(spread));
                ratio(summary, arm, figure).ifPresent(r -> ratios.put(figure.key(), r));
              });
    }
    line.put("foreign_cpu", summary.foreignCpu(arm).<Object>map(JsonLog::spread).orElse("unknown"));
    if (!ratios.isEmpty()) {
      line.put("first_arm_by_this", ratios);
    }
    return line;
  }

  private static Optional<Object> ratio(Summary summary, Arm arm, Figure figure) {
    if (arm.equals(summary.experiment().arms().getFirst())) {
      return Optional.empty();
    }
    return summary
        .ratio(arm, figure)
        .map(
            ratio -> {
              Map<String, Object> line = new LinkedHashMap<>();
              line.put("of_medians", rounded(ratio.ofMedians()));
              line.put("pairs", spread(ratio.pairs()));
              return line;
            });
  }

  private static Map<String, Object> spread(Spread spread) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("median", rounded(spread.median()));
    line.put("min", rounded(spread.min()));
    line.put("max", rounded(spread.max()));
    return line;
  }

  private static Map<String, Object> request(RequestTiming timing) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompt_tokens", timing.promptTokens());
    line.put("output_tokens", timing.outputTokens());
    line.put("ttft_ms", rounded(timing.ttftNanos() / 1e6));
    line.put("total_ms", rounded(timing.totalNanos() / 1e6));
    line.put(
        "inter_token_ms",
        Arrays.stream(timing.interTokenNanos()).mapToObj(nanos -> rounded(nanos / 1e6)).toList());
    return line;
  }

  private static Map<String, Object> target(Target target) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", target.name());
    line.put("kind", target.kind().word());
    line.put("url", target.endpoint().url());
    line.put("model", target.model());
    line.put("adapters", target.adapters().size());
    return line;
  }

  private static Object orUnknown(OptionalDouble value) {
    return value.isPresent() ? rounded(value.getAsDouble()) : "unknown";
  }

  private static double rounded(double value) {
    return Math.round(value * 10_000) / 10_000.0;
  }

  private static Map<String, Object> line(String type) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("type", type);
    return line;
  }

  private void write(Map<String, Object> line) {
    if (out == null) {
      return;
    }
    try {
      out.write(JSON.writeValueAsString(line));
      out.write('\n');
      out.flush();
    } catch (IOException e) {
      throw new ServeException(ErrorCode.INTERNAL, "the JSON file cannot be written: " + e, e);
    }
  }

  @Override
  public void close() {
    if (out != null) {
      try {
        out.close();
      } catch (IOException e) {
        throw new ServeException(ErrorCode.INTERNAL, "the JSON file cannot be closed: " + e, e);
      }
    }
  }
}
