package io.talchum;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged program in a process of its own. */
final class PackagedServer implements AutoCloseable {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
  private static final String LAST_LINE = "Ctrl-C ends the server.";

  private final Process process;
  private final List<String> said;
  private final BufferedReader out;

  private PackagedServer(Process process, List<String> said, BufferedReader out) {
    this.process = process;
    this.said = said;
    this.out = out;
  }

  /** How a run that ended by itself went. */
  record Ended(int exitCode, List<String> out, List<String> err) {}

  /** Starts a server on a free port and waits until it is ready. */
  static PackagedServer start(Path dataDir, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("serve", "--port", "0"));
    arguments.addAll(List.of("--data-dir", dataDir.toString()));
    arguments.addAll(List.of(options));
    return start(command(Map.of(), arguments));
  }

  /** Starts a server by this command and waits until it is ready. */
  static PackagedServer start(ProcessBuilder command) throws IOException {
    Process process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> said = new ArrayList<>();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = "";
    while (!line.equals(LAST_LINE) && (line = out.readLine()) != null) {
      said.add(line);
    }
    if (line == null) {
      process.destroyForcibly();
      throw new AssertionError("the server ended instead of getting ready; it said " + said);
    }
    return new PackagedServer(process, said, out);
  }

  /** Runs a command to its end. */
  static Ended run(Path folder, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return run(folder, command(environment, List.of(arguments)));
  }

  /** Runs this to its end. */
  static Ended run(Path folder, ProcessBuilder command) throws IOException, InterruptedException {
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    Process process = command.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("did not end: " + command.command());
    }
    return new Ended(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
  }

  static ProcessBuilder command(Map<String, String> environment, List<String> arguments) {
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    command.addAll(
        List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Xmx512m",
            "-jar",
            JAR.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("TALCHUM"));
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    builder.environment().putAll(environment);
    return builder;
  }

  /** The start-up message. */
  List<String> said() {
    return said;
  }

  /** The commands that the start-up message gives. */
  List<String> commands() {
    return said.stream().filter(line -> line.startsWith("curl ")).toList();
  }

  String url() {
    return said.getFirst().replaceFirst(".* at (http://\\S+)$", "$1");
  }

  /** Runs a line as if pasted into a shell; what it printed. */
  static String paste(String line) throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder("sh", "-c", line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String printed = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (shell.waitFor() != 0) {
      throw new AssertionError("exit code %d of %s".formatted(shell.exitValue(), line));
    }
    return printed;
  }

  /** Sends SIGTERM and waits for the end; what is said from then on is in {@link #said}. */
  int stop() throws IOException, InterruptedException {
    boolean unused =
        process.toHandle().destroy(); // unlike the process's own, it leaves its output open
    for (String line; (line = out.readLine()) != null; ) {
      said.add(line);
    }
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
