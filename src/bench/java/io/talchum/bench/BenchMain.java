package io.talchum.bench;

import io.talchum.cli.Surroundings;
import io.talchum.cli.Talchum;
import java.time.InstantSource;
import picocli.CommandLine;

/** Where {@code ./talchum bench} starts. */
public final class BenchMain {
  private BenchMain() {}

  public static void main(String... args) {
    Surroundings surroundings = Surroundings.ofProcess();
    BenchCommand command = new BenchCommand(surroundings, InstantSource.system());
    CommandLine line = new CommandLine(command).setCommandName("talchum bench");
    System.exit(Talchum.execute(line, surroundings, args));
  }
}
