package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLeftoversTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path temporary;
  @TempDir private Path processes;

  @BeforeEach
  void twoProcesses() throws IOException {
    Files.createDirectories(processes.resolve("self"));
    map("17", "7f00-7f10 r-xp 0 08:01 5 " + temporary + "/onnxruntime-java1/libonnxruntime.so\n");
    map("18", "7f00-7f10 rw-p 0 00:00 0\n");
    Files.createDirectories(processes.resolve("19")); // its map may not be read
    Files.createDirectories(processes.resolve("sys"));
  }

  @Test
  void removesWhatNoProcessHasLoaded() throws IOException {
    Path served = unpacked("onnxruntime-java1", Duration.ofDays(1));
    Path left = unpacked("onnxruntime-java2", Duration.ofDays(1));
    Path loading = unpacked("onnxruntime-java3", Duration.ofMinutes(1));
    Path others = unpacked("onnxruntime-java-notes", Duration.ofDays(1));
    sweep(processes);
    assertThat(left).doesNotExist();
    assertThat(served.resolve("libonnxruntime.so")).exists();
    assertThat(loading.resolve("libonnxruntime.so")).exists();
    assertThat(others.resolve("libonnxruntime.so")).exists();
  }

  @Test
  void followsNoLinkAndStaysOutOfFoldersInside() throws IOException {
    Path kept = unpacked("elsewhere", Duration.ofDays(1));
    Files.createSymbolicLink(temporary.resolve("onnxruntime-java4"), kept);
    Path deep = unpacked("onnxruntime-java5", Duration.ofDays(1));
    Files.createFile(Files.createDirectories(deep.resolve("own")).resolve("file"));
    age(deep, Duration.ofDays(1));
    sweep(processes);
    assertThat(kept.resolve("libonnxruntime.so")).exists();
    assertThat(deep.resolve("own/file")).exists();
  }

  @Test
  void withoutMemoryMapsNothingIsRemoved() throws IOException {
    Path left = unpacked("onnxruntime-java2", Duration.ofDays(1));
    sweep(temporary.resolve("no-proc"));
    assertThat(left).isDirectory();
  }

  private void sweep(Path proc) {
    new NativeLeftovers(temporary, proc, InstantSource.fixed(NOW)).sweep();
  }

  private void map(String process, String lines) throws IOException {
    Path folder = Files.createDirectories(processes.resolve(process));
    Files.writeString(folder.resolve("maps"), lines);
  }

  private Path unpacked(String name, Duration age) throws IOException {
    Path folder = Files.createDirectories(temporary.resolve(name));
    Files.createFile(folder.resolve("libonnxruntime.so"));
    age(folder, age);
    return folder;
  }

  private static void age(Path folder, Duration age) throws IOException {
    Files.setLastModifiedTime(folder, FileTime.from(NOW.minus(age)));
  }
}
