package io.talchum.weights;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What the importer wants to know of the CPU.
 *
 * @param vnni whether it multiplies int8 in one instruction, which makes int8 linears as fast as
 *     int4
 */
public record CpuFeatures(boolean vnni) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final int MAX_LINES = 1000;

  /** This machine's; nothing special where it cannot be told. */
  public static CpuFeatures detect() {
    try (BufferedReader lines = Files.newBufferedReader(CPU_INFO)) {
      return parse(lines.lines().limit(MAX_LINES).toList());
    } catch (IOException e) {
      return new CpuFeatures(false);
    }
  }

  /** Reads the lines of Linux's {@code /proc/cpuinfo}. */
  static CpuFeatures parse(List<String> lines) {
    return new CpuFeatures(
        lines.stream()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .map(line -> Arrays.asList(line.split("\\s+")))
            .filter(flags -> flags.contains("avx512_vnni") || flags.contains("avx_vnni"))
            .isPresent());
  }
}
