package io.talchum.model.kernel.code;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the processor can do, by the names that Linux gives: it lists what the kernel switched on,
 * not only what the processor has.
 *
 * @param architecture as Java names it, for example amd64
 * @param flags of the first processor, for example avx512_vnni; empty where they cannot be read
 */
public record CpuFeatures(String architecture, Set<String> flags) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final List<String> KEYS = List.of("flags", "Features"); // x86, AArch64

  public CpuFeatures {
    flags = Set.copyOf(flags);
  }

  /** Of this machine. */
  public static CpuFeatures read() {
    return new CpuFeatures(System.getProperty("os.arch"), readFlags(CPUINFO));
  }

  private static Set<String> readFlags(Path cpuinfo) {
    if (!Files.isReadable(cpuinfo)) {
      return Set.of();
    }
    try {
      return flags(Files.readAllLines(cpuinfo));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those of the first processor of a cpuinfo file. */
  static Set<String> flags(List<String> lines) {
    return lines.stream()
        .map(line -> line.split(":", 2))
        .filter(pair -> pair.length == 2 && KEYS.contains(pair[0].strip()))
        .findFirst()
        .map(pair -> Arrays.stream(pair[1].strip().split("\\s+")).collect(Collectors.toSet()))
        .orElse(Set.of());
  }

  /** Whether all of these are there. */
  public boolean has(String... names) {
    return flags.containsAll(List.of(names));
  }
}
