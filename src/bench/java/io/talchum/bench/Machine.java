package io.talchum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What everything ran on. */
record Machine(String cpu, int cores, String system, String java) {
  static Machine here() {
    return new Machine(
        cpuModel(Path.of("/proc/cpuinfo")),
        Runtime.getRuntime().availableProcessors(),
        property("os.name") + " " + property("os.version") + " " + property("os.arch"),
        property("java.vendor") + " " + property("java.version"));
  }

  static String cpuModel(Path cpuinfo) {
    try {
      for (String line : Files.readAllLines(cpuinfo)) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      return "unknown";
    }
    return "unknown";
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }
}
