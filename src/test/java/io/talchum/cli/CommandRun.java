package io.talchum.cli;

import io.talchum.service.ModelRunner;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One command, run in this process, and what came of it.
 *
 * @param settings with which servers were started
 */
record CommandRun(int exitCode, String out, String err, List<Map<String, String>> settings) {
  private static final ModelRunner RUNNER =
      (folder, contextTokens, kv) -> {
        throw new AssertionError("no model runs here");
      };

  static CommandRun of(Path home, String... args) {
    return of(home, Map.of(), false, args);
  }

  static CommandRun of(
      Path home, Map<String, String> environment, boolean isTerminal, String... args) {
    List<Map<String, String>> settings = new ArrayList<>();
    return of(
        home,
        environment,
        isTerminal,
        given -> {
          settings.add(given);
          return 0;
        },
        settings,
        args);
  }

  static CommandRun withServer(Path home, Map<String, String> environment, Server server) {
    return of(home, environment, false, server, List.of(), "serve");
  }

  private static CommandRun of(
      Path home,
      Map<String, String> environment,
      boolean isTerminal,
      Server server,
      List<Map<String, String>> settings,
      String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    ProcessEnvironment process =
        new ProcessEnvironment(
            new BufferedReader(new StringReader("")),
            new PrintWriter(out),
            new PrintWriter(err),
            isTerminal,
            environment,
            home);
    int exitCode = Talchum.run(process, server, RUNNER, args);
    return new CommandRun(exitCode, out.toString(), err.toString(), settings);
  }
}
