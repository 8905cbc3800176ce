package io.talchum.bench;

import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.Talchum;
import java.time.InstantSource;
import picocli.CommandLine;

/** Where {@code ./talchum bench} starts. */
public final class BenchMain {
  private BenchMain() {}

  public static void main(String... args) {
    ProcessEnvironment process = ProcessEnvironment.ofProcess();
    BenchCommand command = new BenchCommand(process, InstantSource.system());
    CommandLine line = new CommandLine(command).setCommandName("talchum bench");
    System.exit(Talchum.execute(line, process, args));
  }
}
