package io.talchum.cli;

import io.talchum.cli.chat.ChatCommand;
import io.talchum.service.ModelRunner;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line as a whole: finds the command and runs it. */
@Command(
    name = "talchum",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Serves one quantized language model; every request chooses its adapter.",
    footer = {
      "",
      "In a clone of the project also: test runs the tests, dev serves with live reload, bench measures",
      "a running server, package makes a release that runs without Maven.",
      "TALCHUM_HOME names the data directory, TALCHUM_DEBUG=1 shows where a failure arose."
    })
public final class Talchum {
  private Talchum() {}

  /**
   * Runs one command.
   *
   * @return 0, or 1 after a failure, 2 for a command line that makes no sense
   */
  public static int run(
      Surroundings surroundings, Server server, ModelRunner runner, String... args) {
    CommandLine line =
        new CommandLine(new Talchum())
            .addSubcommand(new ServeCommand(surroundings, server))
            .addSubcommand(new ChatCommand(surroundings))
            .addSubcommand(new ImportCommand(surroundings, runner))
            .addSubcommand(
                new CommandLine(new EvalCommand())
                    .addSubcommand(new PerplexityCommand(surroundings, runner)))
            .addSubcommand(
                new CommandLine(new AdapterCommand())
                    .addSubcommand(new AdapterVerifyCommand(surroundings, runner)))
            .addSubcommand(new ModelsCommand(surroundings));
    return execute(line, surroundings, args);
  }

  /** Runs a command line whose failures are one sentence each; its exit code. */
  public static int execute(CommandLine line, Surroundings surroundings, String... args) {
    Failures failures = new Failures(surroundings);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures)
        .setOut(surroundings.out())
        .setErr(surroundings.err())
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                surroundings.isTerminal() ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF))
        .execute(args);
  }
}
