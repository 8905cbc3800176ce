package io.talchum.adapter.store;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterReference;
import io.talchum.adapter.AdapterRoom;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Adapter versions of one base on disk, and the names that point to them. What a method has
 * returned survives a kill; what it was killed in has happened or not. Any thread, any number of
 * processes; one instance per process and folder.
 *
 * <pre>
 *   sha256-HASH/          the adapter's files and card.json, never changed
 *   names/NAME.json       current version, versions, history
 *   self-tests/           see SelfTestStore
 *   .staging/             what is being made or removed
 *   .lock                 held while something is given its name
 * </pre>
 */
public final class AdapterStore implements AutoCloseable {
  /** A few bytes each; beyond that they are looked up again. */
  private static final int FACTS_KEPT = 100_000;

  private final Path root;
  private final InstantSource clock;
  private final StoreLock lock;
  private final StagingArea staging;
  private final NameFiles names;
  private final VersionFolders versions;
  private final ConcurrentMap<ContentHash, AdapterFacts> facts = new ConcurrentHashMap<>();

  /**
   * What versions are checked against.
   *
   * @param prepare {@code ModelExecutor::prepare}
   * @param selfTest that an adapter has to pass
   * @param room in which it is tried
   */
  public record Base(
      String name,
      ContentHash version,
      AdapterReader reader,
      Function<AdapterWeights, ResidentAdapter> prepare,
      AdapterSelfTest selfTest,
      AdapterRoom room) {
    /** Without a bound on the memory. */
    public Base(
        String name,
        ContentHash version,
        AdapterReader reader,
        Function<AdapterWeights, ResidentAdapter> prepare,
        AdapterSelfTest selfTest) {
      this(name, version, reader, prepare, selfTest, AdapterRoom.UNCOUNTED);
    }
  }

  private AdapterStore(
      Path root, Base base, InstantSource clock, StoreLock lock, StagingArea staging)
      throws IOException {
    this.root = root;
    this.clock = clock;
    this.lock = lock;
    this.staging = staging;
    this.names = NameFiles.open(root.resolve("names"), staging);
    this.versions = new VersionFolders(root, base, clock, staging);
  }

  /**
   * Opens a store and removes what processes that died have left.
   *
   * @param folder need not exist
   * @throws ServeException INTERNAL if it cannot be written
   */
  public static AdapterStore open(Path folder, Base base, InstantSource clock) {
    return io(
        () -> {
          Files.createDirectories(folder);
          Path root = folder.toRealPath();
          StoreLock lock = new StoreLock(root.resolve(".lock"));
          return lock.holding(
              () -> {
                StagingArea staging = StagingArea.open(root.resolve(".staging"));
                AdapterStore store = new AdapterStore(root, base, clock, lock, staging);
                store.versions.removeUnnamed(store.names);
                return store;
              });
        });
  }

  /**
   * A folder for files on their way into the store; gone when it is closed, or with the process.
   */
  public Incoming incoming() {
    return io(() -> new Incoming(Files.createDirectory(staging.fresh())));
  }

  /** A folder of the caller's until it is closed. */
  public record Incoming(Path folder) implements AutoCloseable {
    @Override
    public void close() {
      io(
          () -> {
            Durable.delete(folder);
            return folder;
          });
    }
  }

  /**
   * Adds a folder as a version of a name. The first version of a name becomes the current one.
   *
   * @param activate whether it becomes the current one in any case
   * @return the version; adding content that is there changes nothing of it
   * @throws ServeException INVALID_REQUEST for a bad name, INVALID_ADAPTER also if it fails its
   *     self-test; then nothing of it stays
   */
  public AdapterCard put(String name, Path folder, boolean activate) {
    AdapterReference.requireName("name", name);
    return io(
        () -> {
          Path room = Files.createDirectory(staging.fresh());
          Path staged = room.resolve(name); // what is wrong with it is said of this name
          try {
            AdapterCard card = versions.stage(name, folder, staged);
            return lock.holding(() -> publish(name, card, staged, activate));
          } finally {
            Durable.delete(room);
          }
        });
  }

  private AdapterCard publish(String name, AdapterCard card, Path staged, boolean activate)
      throws IOException {
    versions.publish(card.version(), staged);
    StoredName before = names.read(name).orElse(null);
    StoredName after =
        before == null
            ? StoredName.first(name, card.version(), clock.instant())
            : before.with(card.version(), clock.instant());
    names.write(activate ? after.activated(card.version(), clock.instant()) : after, before);
    return versions.card(card.version());
  }

  /**
   * Makes a version the current one of its name.
   *
   * @param version 8 to 64 digits of the hash
   * @throws ServeException MODEL_NOT_FOUND
   */
  public StoredName activate(String name, String version) {
    return change(name, known -> known.activated(known.version(version), clock.instant()));
  }

  /**
   * Goes back to what was current before.
   *
   * @throws ServeException MODEL_NOT_FOUND; INVALID_REQUEST if there is nothing to go back to
   */
  public StoredName rollBack(String name) {
    return change(name, known -> known.rolledBack(clock.instant()));
  }

  /**
   * Says whether the name's current version stays in memory.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public StoredName pin(String name, boolean pinned) {
    return change(name, known -> known.pinned(pinned, clock.instant()));
  }

  /**
   * Forgets a version of a name, and its files unless another name has it.
   *
   * @throws ServeException MODEL_NOT_FOUND; INVALID_REQUEST for the current version
   */
  public void delete(String name, ContentHash version) {
    StoredName unused =
        change(
            name,
            known -> known.without(known.version(version.hex()), clock.instant()),
            List.of(version));
  }

  /**
   * Forgets a name, and the files of its versions unless another name has them.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public void delete(String name) {
    StoredName unused =
        io(
            () ->
                lock.holding(
                    () -> {
                      StoredName known = require(name);
                      names.delete(name);
                      versions.removeAllBut(named(known.versions()), known.versions());
                      return known;
                    }));
  }

  private StoredName change(String name, UnaryOperator<StoredName> what) {
    return change(name, what, List.of());
  }

  private StoredName change(
      String name, UnaryOperator<StoredName> what, List<ContentHash> dropped) {
    return io(
        () ->
            lock.holding(
                () -> {
                  StoredName before = require(name);
                  StoredName after = what.apply(before);
                  names.write(after, before);
                  versions.removeAllBut(named(dropped), dropped);
                  return after;
                }));
  }

  private StoredName require(String name) throws IOException {
    return names.read(name).orElseThrow(() -> unknown(name));
  }

  /** Those of the versions that some name has. */
  private List<ContentHash> named(List<ContentHash> versions) throws IOException {
    return versions.isEmpty()
        ? List.of()
        : names.all().stream()
            .flatMap(known -> known.versions().stream())
            .filter(versions::contains)
            .distinct()
            .toList();
  }

  /** What a name points to, as it is on disk now. */
  public Optional<StoredName> find(String name) {
    return io(() -> names.read(name));
  }

  /** All names, sorted. */
  public List<StoredName> list() {
    return io(names::all);
  }

  /**
   * What is known of a version.
   *
   * @throws ServeException MODEL_NOT_FOUND if it was deleted
   */
  public AdapterCard card(ContentHash version) {
    return io(() -> versions.card(version));
  }

  /**
   * What requests for a version are checked against. A card of an older server does not have it:
   * the files are then read once.
   *
   * @throws ServeException MODEL_NOT_FOUND if it was deleted
   */
  public AdapterFacts facts(AdapterId id) {
    AdapterFacts found = facts.get(id.version());
    if (found != null) {
      return found;
    }
    AdapterCard card = card(id.version());
    AdapterFacts told = card.facts();
    AdapterFacts known = told == null ? completed(card, id) : told;
    if (facts.size() >= FACTS_KEPT) {
      facts.clear();
    }
    facts.put(id.version(), known);
    return known;
  }

  private AdapterFacts completed(AdapterCard card, AdapterId id) {
    AdapterFacts read = read(id).facts();
    return io(
        () ->
            lock.holding(
                () -> {
                  versions.replace(card.with(read));
                  return read;
                }));
  }

  /**
   * Reads a version's weights.
   *
   * @throws ServeException MODEL_NOT_FOUND if it was deleted, INVALID_ADAPTER if its files are not
   *     those that were added
   */
  public AdapterContent read(AdapterId id) {
    return versions.read(id);
  }

  static ServeException unknown(String name) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "name",
        "there is no stored adapter '%s'; see GET /v1/adapters".formatted(shorten(name)));
  }

  private static String shorten(String name) {
    return name.length() <= 128 ? name : name.substring(0, 128) + "...";
  }

  private static <T> T io(StoreLock.Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the adapter store cannot be used (%s); look at its disk".formatted(e),
          e);
    }
  }

  @Override
  public void close() {
    Path unused =
        io(
            () -> {
              staging.close();
              lock.close();
              return root;
            });
  }
}
