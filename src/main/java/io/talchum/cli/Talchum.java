package io.talchum.cli;

import io.talchum.cli.chat.ChatCommand;
import io.talchum.service.ModelRunner;
import io.talchum.service.ModelSource.Quantization;
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
      ProcessEnvironment process, Server server, ModelRunner runner, String... args) {
    CommandLine line =
        new CommandLine(new Talchum())
            .addSubcommand(new ServeCommand(process, server))
            .addSubcommand(new ChatCommand(process))
            .addSubcommand(new ImportCommand(process, runner))
            .addSubcommand(
                new CommandLine(new EvalCommand())
                    .addSubcommand(new PerplexityCommand(process, runner)))
            .addSubcommand(
                new CommandLine(new AdapterCommand())
                    .addSubcommand(new AdapterVerifyCommand(process, runner)))
            .addSubcommand(
                new CommandLine(new ModelsCommand(process))
                    .addSubcommand(new RemoveModelCommand(process)))
            .registerConverter(Quantization.class, new QuantizationConverter());
    return execute(line, process, args);
  }

  /** Runs a command line whose failures are one sentence each; its exit code. */
  public static int execute(CommandLine line, ProcessEnvironment process, String... args) {
    Failures failures = new Failures(process);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures)
        .setOut(process.out())
        .setErr(process.err())
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                process.isTerminal() ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF))
        .execute(args);
  }
}
