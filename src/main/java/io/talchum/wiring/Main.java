package io.talchum.wiring;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.talchum.cli.Surroundings;
import io.talchum.cli.Talchum;

/** Where the program starts: only the command {@code serve} boots the server. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    Surroundings surroundings = Surroundings.ofProcess();
    int status =
        Talchum.run(surroundings, new QuarkusServer(surroundings), new PackageRunner(), args);
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) { // live reload starts anew in this process
      System.exit(status);
    }
  }
}
