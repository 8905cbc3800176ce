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
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The adapters in memory: each name points to its current version; a version that was replaced or
 * unloaded lives until its last lease ends. Any thread.
 *
 * <p>Nothing waits for a load: reading, checking and preparing happen before the pointer is
 * swapped, and taking a lease is one look-up and one compare-and-set.
 */
public final class AdapterRegistry implements AutoCloseable {
  private static final int SHOWN_NAMES = 20;

  private final Set<String> reservedNames;
  private final AdapterReader reader;
  private final Function<AdapterWeights, ResidentAdapter> prepare;
  private final AdapterTrial trial;
  private final InstantSource clock;

  private final ConcurrentMap<String, Loaded> current = new ConcurrentHashMap<>();

  private record Loaded(AdapterVersion version, Source source) {}

  /** Names being loaded: two loads of one name at once would race for the pointer. */
  private final Set<String> loading = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /** One that tries no adapters. */
  public AdapterRegistry(
      Set<String> reservedNames,
      AdapterReader reader,
      Function<AdapterWeights, ResidentAdapter> prepare,
      InstantSource clock) {
    this(reservedNames, reader, prepare, AdapterTrial.NONE, clock);
  }

  /**
   * @param reservedNames names that no adapter may take: the base's
   * @param prepare {@code ModelExecutor::prepare}
   */
  public AdapterRegistry(
      Set<String> reservedNames,
      AdapterReader reader,
      Function<AdapterWeights, ResidentAdapter> prepare,
      AdapterTrial trial,
      InstantSource clock) {
    this.reservedNames = Set.copyOf(reservedNames);
    this.reader = reader;
    this.prepare = prepare;
    this.trial = trial;
    this.clock = clock;
  }

  /**
   * Reads an adapter folder and makes it the current version of the name; returns when it is.
   * Loading the content that the name already has changes nothing.
   *
   * @param replace whether the name may be taken already
   * @throws ServeException INVALID_REQUEST for a bad name, ALREADY_EXISTS, INVALID_ADAPTER
   */
  public AdapterInfo load(String name, Path folder, boolean replace) {
    return publish(name, replace, true, () -> reader.read(folder));
  }

  /**
   * Like {@link #load} for a free name, but the first request that uses it finds out whether it
   * passes its trial.
   */
  public AdapterInfo loadUntried(String name, Path folder) {
    return publish(name, false, false, () -> reader.read(folder));
  }

  /** Like {@link #load} with an adapter that was read already. */
  public AdapterInfo register(String name, AdapterContent adapter, boolean replace) {
    return publish(name, replace, true, () -> adapter);
  }

  /**
   * Forgets the name; requests that hold a lease finish with it.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public void unload(String name) {
    Loaded loaded = current.remove(name);
    if (loaded == null) {
      throw ServeException.of(
          ErrorCode.MODEL_NOT_FOUND,
          "lora_name",
          "The lora adapter '" + AdapterReference.shorten(name) + "' cannot be found.");
    }
    loaded.version().release();
  }

  /**
   * A lease on the current version of {@code name}, or on {@code name@version} if that is the
   * current one.
   *
   * @throws ServeException MODEL_NOT_FOUND naming what there is
   */
  public AdapterLease acquire(String reference) {
    return acquire(reference, null);
  }

  /**
   * The same; an adapter that nobody has used yet is tried first.
   *
   * @param until when to give up waiting for that; null never
   * @throws ServeException as {@link AdapterTrial#firstUse} too
   */
  public AdapterLease acquire(String reference, @Nullable Instant until) {
    return hold(reference, until).lease();
  }

  /**
   * A lease, and what reads the content that it is of: only what runs is kept in memory.
   *
   * @param content throws INVALID_ADAPTER if the folder has changed since it was loaded
   */
  public record Held(AdapterLease lease, Supplier<AdapterContent> content) {}

  /** Like {@link #acquire(String, Instant)}, with the adapter's content. */
  public Held hold(String reference, @Nullable Instant until) {
    AdapterReference wanted = AdapterReference.parse(reference);
    while (true) {
      Loaded loaded = current.get(wanted.name());
      if (loaded == null) {
        throw notFound(reference, "the loaded adapters are " + shownNames());
      }
      AdapterVersion version = loaded.version();
      if (!wanted.matches(version.id().version())) {
        throw notFound(reference, "the current version is " + version.id());
      }
      int task = taskOf(wanted, reference, version.tasks());
      if (version.retain()) {
        AdapterLease lease = tried(version, until).lease(task);
        return new Held(lease, () -> again(version.id(), loaded.source()));
      }
      // Between the look-up and the retain the version was replaced or unloaded: look again.
    }
  }

  private static AdapterContent again(AdapterId id, Source source) {
    AdapterContent content = source.read();
    if (!content.version().equals(id.version())) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the folder of adapter %s has changed since it was loaded; load it again with load_inplace"
              .formatted(id));
    }
    return content;
  }

  private AdapterVersion tried(AdapterVersion retained, @Nullable Instant until) {
    try {
      retained.requireTried(trial, clock.instant(), until);
      return retained;
    } catch (RuntimeException e) {
      retained.release();
      throw e;
    }
  }

  static int taskOf(AdapterReference wanted, String reference, int tasks) {
    if (tasks == 0 && wanted.task().isPresent()) {
      throw notFound(reference, "'" + wanted.name() + "' has no tasks");
    }
    if (tasks > 0 && (wanted.task().isEmpty() || wanted.task().getAsInt() >= tasks)) {
      throw notFound(
          reference,
          "'"
              + wanted.name()
              + "' has "
              + tasks
              + " tasks: ask for "
              + wanted.name()
              + ":0 to "
              + wanted.name()
              + ":"
              + (tasks - 1));
    }
    return wanted.task().orElse(0);
  }

  /** The adapter of that name, which a task may follow, if loaded. */
  public Optional<AdapterInfo> find(String name) {
    return Optional.ofNullable(current.get(AdapterReference.parse(name).name()))
        .map(loaded -> loaded.version().info());
  }

  /** All current versions, by name. */
  public List<AdapterInfo> list() {
    return current.values().stream()
        .map(loaded -> loaded.version().info())
        .sorted(Comparator.comparing(info -> info.id().name()))
        .toList();
  }

  /** Unloads everything; versions with leases live until those end. */
  @Override
  public void close() {
    closed = true;
    current.keySet().forEach(this::drop);
  }

  private interface Source {
    AdapterContent read();
  }

  private AdapterInfo publish(String name, boolean replace, boolean tryNow, Source source) {
    requireFree(name, replace);
    if (!loading.add(name)) {
      throw alreadyExists("The lora adapter '" + name + "' is being loaded; try again later.");
    }
    try {
      requireFree(name, replace); // a load may have ended between the check and the mark
      AdapterContent adapter = source.read();
      Loaded known = current.get(name);
      AdapterVersion before = known == null ? null : known.version();
      if (before != null && before.id().version().equals(adapter.version())) {
        if (tryNow && before.retain()) {
          tried(before, null).release();
        }
        return before.info();
      }
      AdapterVersion after =
          version(new AdapterId(name, adapter.version()), adapter, tryNow ? trial : null);
      swap(name, new Loaded(after, source));
      return after.info();
    } finally {
      loading.remove(name);
    }
  }

  private AdapterVersion version(
      AdapterId id, AdapterContent adapter, @Nullable AdapterTrial before) {
    List<ResidentAdapter> residents = adapter.prepared(prepare);
    if (before != null) {
      try {
        before.admit(id, AdapterTrial.parts(adapter, residents));
      } catch (RuntimeException e) {
        residents.forEach(ResidentAdapter::close);
        throw e;
      }
    }
    AdapterVersion version = new AdapterVersion(id, adapter, residents, clock.instant());
    if (before != null) {
      version.tried();
    }
    return version;
  }

  private void requireFree(String name, boolean replace) {
    AdapterReference.requireName(name);
    if (reservedNames.contains(name)) {
      throw ServeException.invalid(
          "lora_name",
          "The lora adapter name '" + name + "' conflicts with the served base model.");
    }
    if (!replace && current.containsKey(name)) {
      throw alreadyExists(
          "The lora adapter '"
              + name
              + "' has already been loaded. If you want to load the adapter in place, set"
              + " 'load_inplace' to True.");
    }
  }

  private void swap(String name, Loaded after) {
    Loaded before = current.put(name, after);
    if (before != null) {
      before.version().release();
    }
    if (closed) { // closing went over the names before this one was there
      drop(name);
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server takes no more adapters");
    }
  }

  private void drop(String name) {
    Loaded loaded = current.remove(name);
    if (loaded != null) {
      loaded.version().release();
    }
  }

  private static ServeException alreadyExists(String message) {
    return ServeException.of(ErrorCode.ALREADY_EXISTS, "lora_name", message);
  }

  private static ServeException notFound(String reference, String known) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "model",
        "there is no adapter '" + AdapterReference.shorten(reference) + "'; " + known);
  }

  private String shownNames() {
    List<String> names = current.keySet().stream().sorted().toList();
    String shown = names.stream().limit(SHOWN_NAMES).collect(Collectors.joining(", "));
    int more = names.size() - SHOWN_NAMES;
    return names.isEmpty() ? "none" : more > 0 ? shown + " and " + more + " more" : shown;
  }
}
