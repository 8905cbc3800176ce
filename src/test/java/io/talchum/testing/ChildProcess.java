package io.talchum.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another JVM with this one's class path; ended by force if the test does not end it. */
public final class ChildProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;

  public ChildProcess(Class<?> main, String... args) throws IOException {
    this(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), main, args);
  }

  /** With the JVM's own options. */
  public ChildProcess(List<String> options, Class<?> main, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    out = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Waits for a line of its output. */
  public void awaitLine(String expected) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.equals(expected)) {
        return;
      }
      seen.add(line);
    }
    assertThat(seen).as("output").contains(expected);
  }

  /** As {@code kill} does it: SIGTERM. */
  public void terminate() {
    process.toHandle().destroy(); // keeps the streams open
  }

  /** What it still says, and its exit code in a line of its own. */
  public String awaitEnd() throws IOException, InterruptedException {
    String rest = String.join("\n", out.lines().toList());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
    return rest + "\nexit " + process.exitValue();
  }

  @Override
  public void close() {
    process.toHandle().destroyForcibly();
  }
}
