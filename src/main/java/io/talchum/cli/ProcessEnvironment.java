package io.talchum.cli;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command sees of the world.
 *
 * @param in what is typed or piped in
 * @param isTerminal whether a person watches standard output
 * @param environment the process's variables
 * @param home the user's folder
 */
public record ProcessEnvironment(
    BufferedReader in,
    PrintWriter out,
    PrintWriter err,
    boolean isTerminal,
    Map<String, String> environment,
    Path home) {

  public ProcessEnvironment {
    environment = Map.copyOf(environment);
  }

  /** This process's. */
  public static ProcessEnvironment ofProcess() {
    return new ProcessEnvironment(
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        System.console() != null && System.console().isTerminal(),
        System.getenv(),
        home(System.getenv(), System.getProperty("user.home", ".")));
  }

  /** What a shell calls {@code ~}; the JVM's own answer is the user database's. */
  static Path home(Map<String, String> environment, String otherwise) {
    String home = environment.getOrDefault("HOME", "");
    return Path.of(home.isEmpty() ? otherwise : home);
  }

  /** How the user calls this program; the launcher knows. */
  public String command() {
    return environment.getOrDefault("TALCHUM_COMMAND", "./talchum");
  }

  /** Whether failures show where in the program they arose. */
  boolean debug() {
    return "1".equals(environment.get("TALCHUM_DEBUG"));
  }
}
