package io.talchum.wiring;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.Talchum;

/** Where the program starts: only the command {@code serve} boots the server. */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    ProcessEnvironment process = ProcessEnvironment.ofProcess();
    int status = Talchum.run(process, new QuarkusServer(process), new PackageRunner(), args);
    if (LaunchMode.current() != LaunchMode.DEVELOPMENT) { // live reload starts anew in this process
      System.exit(status);
    }
  }
}
