package io.talchum.adapter.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterId;
import io.talchum.core.ContentHash;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that put, activate and delete are killed at random moments, two at a time: what they
 * said stands, and the store is whole.
 */
@Tag("packaged")
class AdapterStoreKillTest {
  private static final int KILLS = 200;
  private static final int AT_ONCE = 2;
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

  @TempDir Path temp;

  @Test
  void aKillAtAnyMomentLeavesTheStoreWhole() throws Exception {
    long seed = 20261121;
    Random random = new Random(seed);
    for (int kill = 0; kill < KILLS; kill += AT_ONCE) {
      List<Writer> writers = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        writers.add(start("w" + i, seed + kill + i));
      }
      for (Writer writer : writers) {
        writer.killAfter(random.nextLong(LONGEST_NANOS));
      }
      try (AdapterStore store = StubAdapters.open(temp.resolve("store"))) {
        writers.forEach(writer -> assertStands(store, writer));
        assertWhole(store);
      }
    }
  }

  private Writer start(String name, long seed) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-cp",
            System.getProperty("java.class.path"),
            StoreWriter.class.getName(),
            temp.resolve("store").toString(),
            Files.createDirectories(temp.resolve("in-" + name)).toString(),
            name,
            Long.toString(seed));
    return new Writer(name, builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static final class Writer {
    private final String name;
    private final Process process;
    private final List<String> said = new ArrayList<>();

    Writer(String name, Process process) {
      this.name = name;
      this.process = process;
    }

    void killAfter(long nanos) throws IOException, InterruptedException {
      try (BufferedReader lines = process.inputReader()) {
        said.add(String.valueOf(lines.readLine()));
        LockSupport.parkNanos(nanos);
        boolean unused = process.toHandle().destroyForcibly(); // its streams stay open

        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          said.add(line);
        }
      }
      assertThat(process.waitFor()).as("killed, not ended by itself").isEqualTo(137);
    }
  }

  /** What was said last is one of the name's versions, unless a delete after it was not said. */
  private static void assertStands(AdapterStore store, Writer writer) {
    String last = writer.said.getLast();
    if (last.equals("null")) {
      throw new AssertionError(writer.name + " wrote nothing");
    }
    if (!last.equals("deleted") && store.find(writer.name).isPresent()) {
      StoredName name = store.find(writer.name).orElseThrow();
      ContentHash version = last.contains("-") ? StubAdapters.version(last) : new ContentHash(last);
      assertThat(name.versions()).contains(version);
    }
  }

  private void assertWhole(AdapterStore store) throws IOException {
    for (StoredName name : store.list()) {
      assertThat(name.versions()).contains(name.current()).containsAll(name.previous());
      for (ContentHash version : name.versions()) {
        assertThat(store.read(new AdapterId(name.name(), version)).version()).isEqualTo(version);
        AdapterCard card = store.card(version);
        for (AdapterCard.StoredFile file : card.files()) {
          assertThat(temp.resolve("store").resolve(version.toString()).resolve(file.name()))
              .hasSize(file.bytes());
        }
      }
    }
    try (Stream<Path> entries = Files.list(temp.resolve("store"))) {
      assertThat(
              entries
                  .map(entry -> entry.getFileName().toString())
                  .filter(e -> e.startsWith("sha256-")))
          .hasSameSizeAs(
              store.list().stream().flatMap(n -> n.versions().stream()).distinct().toList());
    }
    try (Stream<Path> staged = Files.list(temp.resolve("store/.staging"))) {
      assertThat(staged).as("leftovers").hasSize(1);
    }
  }
}
