package io.talchum.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that all commands share. */
final class DataDirOption {
  private static final String VARIABLE = "TALCHUM_HOME";

  @Option(
      names = "--data-dir",
      paramLabel = "D",
      description = "Where models and adapters lie (default: $TALCHUM_HOME, else ~/.talchum).")
  private @Nullable Path given;

  boolean isGiven() {
    return given != null;
  }

  Path resolve(ProcessEnvironment process) {
    if (given != null) {
      return given;
    }
    String variable = process.environment().getOrDefault(VARIABLE, "");
    return variable.isEmpty() ? process.home().resolve(".talchum") : Path.of(variable);
  }
}
