package io.talchum.service;

import io.talchum.adapter.FolderState;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Follows the adapters directory: a new subfolder is loaded under its name, a changed one replaces
 * its version, one that is gone is unloaded. A folder is taken when nobody has changed it for a
 * while; until it holds a configuration it is none, and what is there stays.
 *
 * <p>Events only say where to look. If some were lost, everything is looked at.
 */
public final class AdapterWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.talchum.adapter");
  private static final WatchEvent.Kind<?>[] CHANGES = {
    StandardWatchEventKinds.ENTRY_CREATE,
    StandardWatchEventKinds.ENTRY_DELETE,
    StandardWatchEventKinds.ENTRY_MODIFY
  };

  /** What is made under such a name is renamed when it is complete. */
  private static final String HIDDEN = ".";

  private final Path root;
  private final AdapterService adapters;
  private final InstantSource clock;
  private final AdapterWatchListener listener;
  private final QuietFolders folders;
  private final WatchService events;
  private final Thread thread;

  // Owned by the thread once it runs.
  private final Map<WatchKey, String> keys = new HashMap<>(); // the root's is the empty name
  private final Map<String, ContentHash> loaded = new HashMap<>();
  private final Set<Path> watched = new HashSet<>();
  private boolean cannotWatchAll;

  /**
   * Begins to notice what changes; nothing is done about it before {@link #start}.
   *
   * @param root the adapters directory
   * @param quiet how long a folder must not have changed
   * @throws IOException if the root cannot be watched
   */
  public AdapterWatch(
      Path root,
      AdapterService adapters,
      Duration quiet,
      InstantSource clock,
      AdapterWatchListener listener)
      throws IOException {
    this.root = root;
    this.adapters = adapters;
    this.clock = clock;
    this.listener = listener;
    this.folders = new QuietFolders(quiet);
    this.events = root.getFileSystem().newWatchService();
    this.thread =
        Thread.ofPlatform().name("talchum-adapter-watch").daemon().unstarted(this::follow);
    keys.put(root.register(events, CHANGES), "");
    for (String name : names()) {
      FolderState state = look(name);
      if (state.isAdapter()) {
        folders.settle(name, state);
      }
    }
  }

  /** What was loaded from the folders meanwhile is taken for what they hold. */
  public void start() {
    for (LoadedAdapter adapter : adapters.list()) {
      if (adapter.name().equals(adapter.source())) {
        loaded.put(adapter.name(), adapter.version());
      }
    }
    thread.start();
  }

  private void follow() {
    try {
      while (true) {
        Optional<Duration> left = folders.untilNext(clock.instant());
        WatchKey key =
            left.isEmpty()
                ? events.take()
                : events.poll(left.get().toNanos(), TimeUnit.NANOSECONDS);
        for (String name : key == null ? Set.<String>of() : touched(key)) {
          folders.saw(name, look(name), clock.instant());
        }
        folders.due(clock.instant()).forEach(this::settle);
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      return;
    }
  }

  /** The subfolders in which something has changed. */
  private Set<String> touched(WatchKey first) {
    Set<String> names = new TreeSet<>();
    for (WatchKey key = first; key != null; key = events.poll()) {
      String owner = keys.getOrDefault(key, "");
      for (WatchEvent<?> event : key.pollEvents()) {
        if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
          names.addAll(names());
          names.addAll(folders.names());
        } else {
          names.add(owner.isEmpty() ? String.valueOf(event.context()) : owner);
        }
      }
      if (!key.reset()) {
        forget(key, owner);
      }
    }
    names.removeIf(name -> name.startsWith(HIDDEN));
    return names;
  }

  private void forget(WatchKey key, String owner) {
    keys.remove(key);
    watched.remove((Path) key.watchable());
    if (owner.isEmpty()) {
      LOG.log(
          Level.WARNING, "the adapters directory %s is gone, nobody watches it".formatted(root));
    }
  }

  private Set<String> names() {
    try (Stream<Path> entries = Files.list(root)) {
      return new TreeSet<>(
          entries
              .filter(Files::isDirectory)
              .map(entry -> String.valueOf(entry.getFileName()))
              .filter(name -> !name.startsWith(HIDDEN))
              .toList());
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the adapters directory cannot be listed: " + e);
      return Set.of();
    }
  }

  /** Watches its folders before it looks: what changes after that makes an event. */
  private FolderState look(String name) {
    Path folder = root.resolve(name);
    FolderState state = FolderState.of(folder);
    boolean isNew = false;
    for (Path inner : state.folders()) {
      isNew |= register(inner, name);
    }
    return isNew ? FolderState.of(folder) : state;
  }

  /** Returns whether it was not watched before. */
  private boolean register(Path folder, String name) {
    if (!watched.add(folder)) {
      return false;
    }
    try {
      keys.put(folder.register(events, CHANGES), name);
      return true;
    } catch (IOException e) {
      watched.remove(folder);
      if (Files.isDirectory(folder) && !cannotWatchAll) {
        cannotWatchAll = true;
        LOG.log(
            Level.WARNING,
            "changes of files inside the adapters directory are not all noticed (%s); raise fs.inotify.max_user_watches"
                .formatted(e));
      }
      return false;
    }
  }

  /** Nobody has changed it for long enough, unless that happens right now. */
  private void settle(String name, FolderState quiet) {
    FolderState now = look(name);
    if (!now.equals(quiet)) {
      folders.saw(name, now, clock.instant());
    } else if (now.isAdapter() && !load(name)) {
      folders.putOff(name, now, clock.instant());
    } else {
      folders.settle(name, now);
      if (now.isGone()) {
        unload(name);
      }
    }
  }

  /** Returns false if it may go better later, although the folder stays as it is. */
  private boolean load(String name) {
    try {
      LoadedAdapter adapter = adapters.load(name, root.resolve(name).toString(), null, true);
      if (!adapter.version().equals(loaded.put(name, adapter.version()))) {
        listener.onFolderLoaded(name);
      }
      return true;
    } catch (ServeException e) {
      if (e.code() == ErrorCode.QUEUE_FULL) {
        return false;
      }
      failed(name, e.getMessage());
    } catch (RuntimeException e) {
      failed(name, e.toString());
    }
    return true;
  }

  private void failed(String name, @Nullable String reason) {
    listener.onFolderFailed(name, String.valueOf(reason));
  }

  /** Unless somebody has loaded something else under that name. */
  private void unload(String name) {
    ContentHash ours = loaded.remove(name);
    if (ours != null
        && adapters.find(name).filter(adapter -> adapter.version().equals(ours)).isPresent()) {
      adapters.unload(name);
      listener.onFolderUnloaded(name);
    }
  }

  /** What is being loaded is waited for. */
  @Override
  public void close() {
    try {
      events.close();
      thread.join();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the watch of the adapters directory did not close: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
