package io.talchum.adapter.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A process that runs {@link StoreWriter}, and what it has said of its operations. */
final class KilledWriter {
  private final String name;
  private final Process process;
  private final BufferedReader lines;
  private final List<String> acknowledged = new ArrayList<>();
  private String begun = "";

  private KilledWriter(String name, Process process) {
    this.name = name;
    this.process = process;
    this.lines = process.inputReader();
  }

  static KilledWriter start(WriterProgram program, Path store, Path folder, String name, long seed)
      throws IOException {
    return new KilledWriter(
        name,
        program.start(List.of(store.toString(), folder.toString(), name, Long.toString(seed))));
  }

  String name() {
    return name;
  }

  /** Returns when it is about to open the store. */
  void go() throws IOException {
    assertThat(lines.readLine()).as("%s starts", name).isEqualTo("ready");
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }

  /** Kills it a little after it has said so many lines. */
  void killAfter(int count, long nanos) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      said(String.valueOf(lines.readLine()));
    }
    LockSupport.parkNanos(nanos);
    boolean unused = process.toHandle().destroyForcibly(); // its streams stay open
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      said(line);
    }
    lines.close();
    assertThat(process.waitFor()).as("killed, not ended by itself").isEqualTo(137);
  }

  private void said(String line) {
    if (line.equals("!")) {
      acknowledged.add(begun);
      begun = "";
    } else if (line.startsWith("? ")) {
      begun = line.substring(2);
    } // else it was killed within the line, before it began
  }

  void end() {
    process.destroyForcibly();
  }

  /** What it has done with a name, in order. */
  List<String> acknowledged(String of) {
    return acknowledged.stream().filter(operation -> isOf(operation, of)).toList();
  }

  /** What it may have done with a name at its end, besides: one operation or none. */
  List<String> begun(String of) {
    return isOf(begun, of) ? List.of(begun) : List.of();
  }

  private static boolean isOf(String operation, String name) {
    return !operation.isEmpty() && operation.split(" ")[1].equals(name);
  }
}
