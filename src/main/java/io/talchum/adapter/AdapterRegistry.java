package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;

/**
 * The names of adapters that lie in folders: each points to what its folder held when it was read.
 * Their weights are in {@link AdapterCache} while there is room. Any thread.
 *
 * <p>Reading, checking and preparing happen before the pointer is swapped. A request that has a
 * lease keeps its version, whatever becomes of the name.
 */
public final class AdapterRegistry implements AutoCloseable {
  /** At the same time: each holds what it has read while it waits for room. */
  private static final int LOADS = 4;

  private final Set<String> reservedNames;
  private final FolderAdapter.Base base;
  private final AdapterCache cache;
  private final InstantSource clock;
  private final ConcurrentMap<String, FolderAdapter> current = new ConcurrentHashMap<>();
  private final Semaphore turns = new Semaphore(LOADS, true);

  /** Names being loaded: two loads of one name at once would race for the pointer. */
  private final Set<String> loading = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /**
   * @param reservedNames names that no adapter may take: the base's
   */
  public AdapterRegistry(
      Set<String> reservedNames,
      AdapterReader reader,
      AdapterSelfTest selfTest,
      AdapterCache cache,
      InstantSource clock) {
    this.reservedNames = Set.copyOf(reservedNames);
    this.base = new FolderAdapter.Base(reader, selfTest);
    this.cache = cache;
    this.clock = clock;
  }

  /**
   * Makes an adapter folder the current version of the name; returns when it is, tried and in
   * memory. The content that the name already has stays the version that it is.
   *
   * @param replace whether the name may be taken already
   * @throws ServeException INVALID_REQUEST for a bad name, ALREADY_EXISTS, INVALID_ADAPTER, and as
   *     {@link AdapterCache#load}
   */
  public AdapterInfo load(String name, Path folder, boolean replace) {
    return publish(name, folder, replace, true);
  }

  /**
   * Like {@link #load} for a free name, but in memory only if there is room, and tried for the
   * first request that uses it.
   */
  public AdapterInfo add(String name, Path folder) {
    return publish(name, folder, false, false);
  }

  /**
   * Forgets the name; requests that hold a lease finish with it.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public void unload(String name) {
    if (!drop(name)) {
      throw ServeException.of(
          ErrorCode.MODEL_NOT_FOUND,
          "lora_name",
          "The lora adapter '" + AdapterReference.shorten(name) + "' cannot be found.");
    }
  }

  /**
   * A version and what reads it: what the name points to later does not change it.
   *
   * @param source throws INVALID_ADAPTER if the folder has changed since it was loaded
   * @param since when the name got it
   */
  public record Named(AdapterId id, AdapterSource source, Instant since) {}

  /** The current version of a name, which nobody holds. */
  public Optional<Named> named(String name) {
    return Optional.ofNullable(current.get(name))
        .map(adapter -> new Named(adapter.id(), adapter, adapter.info().loadedAt()));
  }

  /** The adapter of that name, if loaded. */
  public Optional<AdapterInfo> find(String name) {
    return Optional.ofNullable(current.get(name)).map(FolderAdapter::info);
  }

  /** All current versions, by name. */
  public List<AdapterInfo> list() {
    return current.values().stream()
        .map(FolderAdapter::info)
        .sorted(Comparator.comparing(info -> info.id().name()))
        .toList();
  }

  /** Forgets all names; versions with leases live until those end. */
  @Override
  public void close() {
    closed = true;
    current.keySet().forEach(this::drop);
  }

  private AdapterInfo publish(String name, Path folder, boolean replace, boolean loadNow) {
    requireFree(name, replace);
    if (!loading.add(name)) {
      throw alreadyExists("The lora adapter '" + name + "' is being loaded; try again later.");
    }
    turns.acquireUninterruptibly();
    try {
      requireFree(name, replace); // a load may have ended between the check and the mark
      FolderAdapter after = new FolderAdapter(name, folder, base, clock.instant());
      FolderAdapter before = current.get(name);
      if (before != null && before.id().equals(after.id())) {
        after.continues(before);
      }
      if (loadNow) {
        cache.load(after, after.id(), null);
      } else {
        cache.keep(after, after.id());
      }
      after.named();
      swap(name, after);
      return after.info();
    } finally {
      turns.release();
      loading.remove(name);
    }
  }

  private void requireFree(String name, boolean replace) {
    AdapterReference.requireName(name);
    if (reservedNames.contains(name)) {
      throw ServeException.invalid(
          "lora_name",
          "The lora adapter name '%s' conflicts with the served base model.".formatted(name));
    }
    if (!replace && current.containsKey(name)) {
      throw alreadyExists(
          "The lora adapter '%s' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True."
              .formatted(name));
    }
  }

  private void swap(String name, FolderAdapter after) {
    FolderAdapter before = current.put(name, after);
    if (before != null && !before.id().equals(after.id())) {
      cache.drop(before.id());
    }
    if (closed) { // closing went over the names before this one was there
      boolean unused = drop(name);
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server takes no more adapters");
    }
  }

  private boolean drop(String name) {
    FolderAdapter adapter = current.remove(name);
    if (adapter != null) {
      cache.drop(adapter.id());
    }
    return adapter != null;
  }

  private static ServeException alreadyExists(String message) {
    return ServeException.of(ErrorCode.ALREADY_EXISTS, "lora_name", message);
  }

  /** Where its versions are while there is room. */
  AdapterCache cache() {
    return cache;
  }
}
