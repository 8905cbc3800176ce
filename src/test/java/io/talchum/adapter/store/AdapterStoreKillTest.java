package io.talchum.adapter.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterId;
import io.talchum.core.ContentHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that change a store are killed at random moments, two at a time: what was acknowledged
 * is there, of what was begun all or nothing, and the store is whole. Several stores, so that one
 * is looked at while the processes of another start.
 */
class AdapterStoreKillTest {
  private static final int KILLS = 200;
  private static final int LANES = 4;
  private static final int AT_ONCE = 2;
  private static final long SEED = 20261121;
  private static final int LEAST_LINES = 4; // two operations
  private static final int MORE_LINES = 8;
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  @TempDir Path temp;

  @Test
  void whatWasAcknowledgedSurvivesAKillAtAnyMoment() throws Exception {
    WriterProgram program = WriterProgram.build(Files.createDirectories(temp.resolve("program")));
    try (ExecutorService lanes = Executors.newFixedThreadPool(LANES)) {
      List<Future<Lane>> running = new ArrayList<>();
      for (int i = 0; i < LANES; i++) {
        Lane lane = new Lane(program, temp.resolve("lane-" + i), SEED + 10_000L * i);
        running.add(lanes.submit(lane::run));
      }
      for (Future<Lane> lane : running) {
        assertThat(lane.get().killed).isEqualTo(KILLS / LANES);
        assertThat(lane.get().acknowledged).as("operations").isGreaterThan(KILLS / LANES);
      }
    }
  }

  /** One store, and the processes that are killed over it. */
  private static final class Lane {
    /** It is read whole after each kill. */
    private static final int MOST_SHARED = 15;

    private final WriterProgram program;
    private final Path folder;
    private final Path root;
    private final long seed;
    private final Random random;
    private final Map<String, NameModel> models = new HashMap<>();
    private int killed;
    private int acknowledged;

    Lane(WriterProgram program, Path folder, long seed) {
      this.program = program;
      this.folder = folder;
      this.root = folder.resolve("store");
      this.seed = seed;
      this.random = new Random(seed);
    }

    Lane run() throws Exception {
      List<KilledWriter> next = start();
      try {
        while (killed < KILLS / LANES) {
          List<KilledWriter> writers = next;
          for (KilledWriter writer : writers) {
            writer.go();
          }
          next = List.of();
          for (KilledWriter writer : writers) {
            int lines = LEAST_LINES + random.nextInt(MORE_LINES);
            writer.killAfter(lines, random.nextLong(LONGEST_NANOS));
            killed++;
          }
          next = start(); // meanwhile they come up
          check(writers);
        }
        return this;
      } finally {
        next.forEach(KilledWriter::end);
      }
    }

    private List<KilledWriter> start() throws IOException {
      List<KilledWriter> writers = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        writers.add(
            KilledWriter.start(
                program, root, folder.resolve("in-" + i), "w" + i, seed + killed + i));
      }
      return writers;
    }

    private void check(List<KilledWriter> writers) throws IOException {
      try (AdapterStore store = StubAdapters.open(root)) {
        for (KilledWriter writer : writers) {
          assertStands(store, writer);
        }
        assertSharedStands(store, writers);
        assertWhole(store);
      }
    }

    /** Nobody else changes its name: that is as its operations say, with the last or without. */
    private void assertStands(AdapterStore store, KilledWriter writer) {
      NameModel model = models.getOrDefault(writer.name(), NameModel.NONE);
      List<String> done = writer.acknowledged(writer.name());
      acknowledged += done.size();
      for (String operation : done) {
        model = model.after(operation);
      }
      List<NameModel> possible = new ArrayList<>(List.of(model));
      for (String operation : writer.begun(writer.name())) {
        possible.add(model.after(operation));
      }
      NameModel now = NameModel.of(store.find(writer.name()));
      assertThat(possible).as("%s after %s, seed %d", writer.name(), done, seed).contains(now);
      models.put(writer.name(), now);
    }

    /** All that was added is there; current is what one of them activated last. */
    private void assertSharedStands(AdapterStore store, List<KilledWriter> writers) {
      NameModel before = models.getOrDefault(StoreWriter.SHARED, NameModel.NONE);
      NameModel now = NameModel.of(store.find(StoreWriter.SHARED));
      Set<String> current = new HashSet<>();
      Set<String> begun = new HashSet<>();
      for (KilledWriter writer : writers) {
        NameModel added = before;
        for (String operation : writer.acknowledged(StoreWriter.SHARED)) {
          added = added.after(operation);
        }
        assertThat(now.versions()).as("acknowledged").containsAll(added.versions());
        if (!added.current().equals(before.current())) {
          current.add(added.current());
        }
        for (String operation : writer.begun(StoreWriter.SHARED)) {
          begun.add(added.after(operation).current());
        }
      }
      if (current.isEmpty()) {
        current.add(before.current());
      }
      current.addAll(begun);
      assertThat(current).as("current, seed %d", seed).contains(now.current());
      models.put(StoreWriter.SHARED, now);
      if (now.versions().size() > MOST_SHARED) {
        store.delete(StoreWriter.SHARED);
        models.remove(StoreWriter.SHARED);
      }
    }

    /** Every listed version can be read and is what was added; nothing else lies around. */
    private void assertWhole(AdapterStore store) throws IOException {
      Set<String> listed = new HashSet<>();
      for (StoredName name : store.list()) {
        assertThat(name.versions()).contains(name.current()).containsAll(name.previous());
        for (ContentHash version : name.versions()) {
          listed.add(version.toString());
          assertThat(store.read(new AdapterId(name.name(), version)).version()).isEqualTo(version);
          for (AdapterCard.StoredFile file : store.card(version).files()) {
            assertThat(hash(root.resolve(version.toString()).resolve(file.name())))
                .isEqualTo(file.sha256());
          }
        }
      }
      assertThat(entries(root, "sha256-")).isEqualTo(listed);
      assertThat(entries(root.resolve(".staging"), "")).as("only our own lock").hasSize(1);
      assertThat(entries(root.resolve("names"), "")).hasSize(store.list().size());
    }

    private static ContentHash hash(Path file) throws IOException {
      MessageDigest digest = ContentHash.newDigest();
      digest.update(Files.readAllBytes(file));
      return ContentHash.of(digest);
    }

    private static Set<String> entries(Path folder, String prefix) throws IOException {
      try (Stream<Path> entries = Files.list(folder)) {
        return new HashSet<>(
            entries
                .map(entry -> entry.getFileName().toString())
                .filter(entry -> entry.startsWith(prefix))
                .toList());
      }
    }
  }
}
