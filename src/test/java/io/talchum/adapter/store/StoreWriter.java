package io.talchum.adapter.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Changes a store until it is killed. Before each operation it says {@code ? OPERATION}, after it
 * {@code !}: what was acknowledged stands, what was only begun may.
 *
 * <p>Its own name it changes alone, in every way; to {@code shared} all writers add.
 */
final class StoreWriter {
  static final String SHARED = "shared";
  private static final int MOST_VERSIONS = 5;
  private static final int TRIAL = 30;

  private final AdapterStore store;
  private final Path folders;
  private final String name;
  private final Random random;
  private final String seed;
  private int made;

  private StoreWriter(AdapterStore store, Path folders, String name, String seed) {
    this.store = store;
    this.folders = folders;
    this.name = name;
    this.seed = seed;
    this.random = new Random(Long.parseLong(seed));
  }

  /**
   * Arguments: the store, a folder of its own, its name, a seed. Begins when it may read a byte; if
   * there is none, it ends by itself after a while.
   */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[1]));
    say("ready");
    boolean isTrial = System.in.read() < 0;
    try (AdapterStore store = StubAdapters.open(Path.of(args[0]))) {
      StoreWriter writer = new StoreWriter(store, folder, args[2], args[3]);
      for (int i = 0; !isTrial || i < TRIAL; i++) {
        writer.next();
      }
    }
  }

  private void next() {
    StoredName known = store.find(name).orElse(null);
    if (known == null || random.nextInt(3) == 0) {
      put(name);
    } else if (known.versions().size() > MOST_VERSIONS) {
      does("delete " + name, () -> store.delete(name));
    } else {
      change(known);
    }
    if (random.nextInt(4) == 0) {
      put(SHARED);
    }
  }

  private void put(String to) {
    String mark = name + "-" + seed + "-" + made++;
    Path folder = StubAdapters.folder(folders, mark);
    boolean activate = random.nextBoolean();
    does(
        "put %s %s %s".formatted(to, StubAdapters.version(mark).hex(), activate),
        () -> store.put(to, folder, activate));
  }

  private void change(StoredName known) {
    List<String> versions = known.versions().stream().map(version -> version.hex()).toList();
    String version = versions.get(random.nextInt(versions.size()));
    int way = random.nextInt(4);
    if (way == 0 && !known.previous().isEmpty()) {
      does("roll-back " + name, () -> store.rollBack(name));
    } else if (way == 1 && !version.equals(known.current().hex())) {
      does("forget " + name + " " + version, () -> store.delete(name, known.version(version)));
    } else if (way == 2) {
      boolean pinned = random.nextBoolean();
      does("pin " + name + " " + pinned, () -> store.pin(name, pinned));
    } else {
      does("activate " + name + " " + version, () -> store.activate(name, version));
    }
  }

  private static void does(String operation, Runnable work) {
    say("? " + operation);
    work.run();
    say("!");
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
