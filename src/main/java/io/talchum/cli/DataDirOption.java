package io.talchum.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that all commands share. */
final class DataDirOption {
  private static final String PROPERTY = "talchum.data-dir";
  private static final List<String> VARIABLES = List.of("TALCHUM_DATA_DIR", "TALCHUM_HOME");

  @Option(
      names = "--data-dir",
      paramLabel = "D",
      description =
          "Where models and adapters lie (default: $TALCHUM_DATA_DIR, else $TALCHUM_HOME, else ~/.talchum).")
  private @Nullable Path given;

  boolean isGiven() {
    return given != null;
  }

  Path resolve(ProcessEnvironment process) {
    if (given != null) {
      return given;
    }
    return Stream.concat(
            Stream.of(System.getProperty(PROPERTY, "")),
            VARIABLES.stream().map(name -> process.environment().getOrDefault(name, "")))
        .filter(value -> !value.isEmpty())
        .findFirst()
        .map(Path::of)
        .orElseGet(() -> process.home().resolve(".talchum"));
  }
}
