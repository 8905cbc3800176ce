package io.talchum.cli;

import io.talchum.cli.bench.BenchCommand;
import io.talchum.service.ModelRunner;
import io.talchum.service.ModelSource.Quantization;
import java.time.InstantSource;
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
      "Also: 'talchum test' runs the tests, 'talchum dev' serves with live reload.",
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
            .addSubcommand(new ImportCommand(process, runner))
            .addSubcommand(
                new CommandLine(new EvalCommand())
                    .addSubcommand(new PerplexityCommand(process, runner)))
            .addSubcommand(
                new CommandLine(new AdapterCommand())
                    .addSubcommand(new AdapterVerifyCommand(process, runner)))
            .addSubcommand(new BenchCommand(process, InstantSource.system()))
            .addSubcommand(
                new CommandLine(new ModelsCommand(process))
                    .addSubcommand(new RemoveModelCommand(process)))
            .registerConverter(Quantization.class, new QuantizationConverter())
            .setOut(process.out())
            .setErr(process.err())
            .setColorScheme(
                CommandLine.Help.defaultColorScheme(
                    process.isTerminal() ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF));
    Failures failures = new Failures(process);
    line.setExecutionExceptionHandler(failures);
    line.setParameterExceptionHandler(failures);
    return line.execute(args);
  }
}
