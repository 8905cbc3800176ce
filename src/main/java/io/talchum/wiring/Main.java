package io.talchum.wiring;

import io.quarkus.runtime.annotations.QuarkusMain;
import io.talchum.cli.Surroundings;
import io.talchum.cli.Talchum;

/** Where the program starts: only the command {@code serve} boots the server. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    System.exit(
        Talchum.run(Surroundings.ofProcess(), new QuarkusServer(), new PackageRunner(), args));
  }
}
