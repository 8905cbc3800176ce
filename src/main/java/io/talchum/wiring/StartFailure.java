package io.talchum.wiring;

import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;
import io.talchum.core.ServeException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Finds the sentence that tells a user why the server did not start. */
public final class StartFailure {
  private static final Pattern BAD_VALUE =
      Pattern.compile(
          "The config property (talchum\\.\\S+) with the config value \"(.*)\" threw an Exception(.*)",
          Pattern.DOTALL);

  /** What the converters say, and what they want. */
  private static final Map<String, String> TYPES =
      Map.of(
          "an integer value",
          "a whole number",
          "a float value",
          "a number",
          "regular expression",
          "a size such as 4M",
          "Invalid duration",
          "a time such as 30s",
          StrictBoolean.WANTED,
          StrictBoolean.WANTED);

  private StartFailure() {}

  /** One sentence: the refusal at the root of this failure if there is one. */
  public static String sentence(Throwable failure) {
    Set<Throwable> seen = new HashSet<>();
    for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
      switch (cause) {
        case ServeException refused -> {
          return String.valueOf(refused.getMessage());
        }
        case QuarkusBindException bind -> {
          return "port %d of %s is taken by another program, or may not be used; end that program or choose another port with --port"
              .formatted(bind.getPort(), bind.getHost());
        }
        case ConfigValidationException config -> {
          return problems(config);
        }
        default -> {}
      }
    }
    return "the server did not start: %s; TALCHUM_DEBUG=1 shows where that arose"
        .formatted(failure);
  }

  /**
   * Every setting at fault once; a setting of the framework that follows one of ours is not told.
   */
  private static String problems(ConfigValidationException config) {
    List<String> problems =
        IntStream.range(0, config.getProblemCount())
            .mapToObj(i -> config.getProblem(i).getMessage())
            .toList();
    List<String> own =
        problems.stream()
            .map(StartFailure::setting)
            .filter(sentence -> !sentence.isEmpty())
            .toList();
    return own.isEmpty()
        ? "the configuration is wrong: " + String.join("; ", problems)
        : String.join("; ", own);
  }

  /** Empty if the problem is not of one of our settings' values. */
  private static String setting(String problem) {
    Matcher value = BAD_VALUE.matcher(problem);
    if (!value.find()) {
      return "";
    }
    String key = value.group(1);
    String said = value.group(3);
    String type =
        TYPES.entrySet().stream()
            .filter(entry -> said.contains(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("a value as docs/configuration.md describes it");
    return "%s (%s) is \"%s\"; it must be %s"
        .formatted(
            key,
            key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT),
            value.group(2),
            type);
  }
}
