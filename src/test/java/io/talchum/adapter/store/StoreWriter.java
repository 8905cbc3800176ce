package io.talchum.adapter.store;

import java.nio.file.Path;
import java.util.Random;

/** Puts, activates and deletes until it is killed; each line of output is something that stands. */
final class StoreWriter {
  private StoreWriter() {}

  /** Arguments: the store, a folder of its own, its name, a seed. */
  public static void main(String[] args) {
    Random random = new Random(Long.parseLong(args[3]));
    String name = args[2];
    try (AdapterStore store = StubAdapters.open(Path.of(args[0]))) {
      for (int i = 0; ; i++) {
        String mark = name + "-" + args[3] + "-" + i;
        Path folder = StubAdapters.folder(Path.of(args[1]), mark);
        store.put(name, folder, true);
        say(mark);
        store.put("shared", folder, random.nextBoolean());
        StoredName known = store.find(name).orElseThrow();
        switch (random.nextInt(4)) {
          case 0 -> {
            String other = known.versions().get(random.nextInt(known.versions().size())).hex();
            say(store.activate(name, other).current().hex());
          }
          case 1 -> {
            if (!known.previous().isEmpty()) {
              store.delete(name, known.previous().getLast());
            }
          }
          default -> store.pin(name, random.nextBoolean());
        }
        if (known.versions().size() > 5) {
          store.delete(name);
          say("deleted");
        }
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
