package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuClockTest {
  private static final long OWN = 1;
  private static final long SERVER = 22;

  private final Path proc;

  CpuClockTest(@TempDir Path proc) {
    this.proc = proc;
  }

  @Test
  void foreignIsWhatNeitherTheServerNorThisProcessUsed() throws IOException {
    CpuClock clock = new CpuClock(proc, OWN);
    machine(1000, 5000, 10, 500);
    Optional<CpuClock.Reading> before = clock.read(List.of(SERVER));
    machine(1150, 5050, 20, 610);
    Optional<CpuClock.Reading> after = clock.read(List.of(SERVER));
    assertThat(clock.foreign(before, after, List.of(SERVER)).orElseThrow())
        .as("150 busy of 200 ticks, 10 own, 110 the server's")
        .isCloseTo(0.15, within(1e-9));
    assertThat(clock.seconds(before, after, SERVER).orElseThrow()).isCloseTo(1.1, within(1e-9));
  }

  @Test
  void isUnknownWithoutTheServersProcess() throws IOException {
    CpuClock clock = new CpuClock(proc, OWN);
    machine(1000, 5000, 10, 500);
    Optional<CpuClock.Reading> before = clock.read(List.of(SERVER));
    machine(1150, 5050, 20, 610);
    Optional<CpuClock.Reading> after = clock.read(List.of(SERVER));
    assertThat(clock.foreign(before, after, Arrays.asList(SERVER, null))).isEmpty();
    assertThat(clock.foreign(before, after, List.of(SERVER, 33L))).isEmpty();
    assertThat(clock.seconds(before, after, null)).isEmpty();
  }

  @Test
  void isUnknownWithoutProc() {
    CpuClock clock = new CpuClock(proc.resolve("missing"), OWN);
    assertThat(clock.read(List.of())).isEmpty();
    assertThat(clock.foreign(Optional.empty(), Optional.empty(), List.of())).isEmpty();
  }

  @Test
  void readsResidentMemory() throws IOException {
    Files.createDirectories(proc.resolve("22"));
    Files.writeString(proc.resolve("22/status"), "Name:\tx\nVmRSS:\t  2048 kB\n");
    CpuClock clock = new CpuClock(proc, OWN);
    assertThat(clock.residentBytes(SERVER)).hasValue(2048.0 * 1024);
    assertThat(clock.residentBytes(33L)).isEmpty();
    assertThat(clock.residentBytes(null)).isEmpty();
  }

  /** Busy ticks are split over the kinds that count: user, nice, system, irq, softirq, steal. */
  private void machine(long busy, long idle, long own, long server) throws IOException {
    Files.writeString(
        proc.resolve("stat"),
        "cpu  %d 1 2 %d 7 3 4 5 999 999\ncpu0 1 2 3\n".formatted(busy - 15, idle - 7));
    process(OWN, own);
    process(SERVER, server);
  }

  private void process(long pid, long ticks) throws IOException {
    Path folder = Files.createDirectories(proc.resolve(Long.toString(pid)));
    Files.writeString(
        folder.resolve("stat"),
        "%d (a (b) c) S 1 2 3 4 5 6 7 8 9 10 %d 3 77 88 20\n".formatted(pid, ticks - 3));
  }
}
