package io.talchum.adapter.store;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterReference;
import io.talchum.adapter.AdapterTrial;
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
 *   .staging/             what is being made or removed
 *   .lock                 held while something is given its name
 * </pre>
 */
public final class AdapterStore implements AutoCloseable {
  private static final String CARD = "card.json";

  private final Path root;
  private final Base base;
  private final InstantSource clock;
  private final StoreLock lock;
  private final StagingArea staging;
  private final NameFiles names;

  /**
   * What versions are checked against.
   *
   * @param prepare {@code ModelExecutor::prepare}
   * @param trial that an adapter has to pass
   */
  public record Base(
      String name,
      ContentHash version,
      AdapterReader reader,
      Function<AdapterWeights, ResidentAdapter> prepare,
      AdapterTrial trial) {}

  private AdapterStore(
      Path root,
      Base base,
      InstantSource clock,
      StoreLock lock,
      StagingArea staging,
      NameFiles names) {
    this.root = root;
    this.base = base;
    this.clock = clock;
    this.lock = lock;
    this.staging = staging;
    this.names = names;
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
                NameFiles names = NameFiles.open(root.resolve("names"), staging);
                AdapterStore store = new AdapterStore(root, base, clock, lock, staging, names);
                store.removeUnnamed();
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
   *     trial; then nothing of it stays
   */
  public AdapterCard put(String name, Path folder, boolean activate) {
    AdapterReference.requireName("name", name);
    return io(
        () -> {
          Path staged = staging.fresh();
          try {
            AdapterCard card = stage(name, folder, staged);
            return lock.holding(() -> publish(name, card, staged, activate));
          } finally {
            Durable.delete(staged);
          }
        });
  }

  private AdapterCard stage(String name, Path folder, Path staged) throws IOException {
    List<AdapterCard.StoredFile> files = FolderCopy.run(folder, staged);
    if (files.stream().anyMatch(file -> file.name().equals(CARD))) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "the folder holds a file named %s; rename it".formatted(CARD));
    }
    AdapterContent content = base.reader().read(staged);
    AdapterCard card =
        new AdapterCard(
            content.version(),
            content.kind(),
            content.maxRank(),
            content.modules(),
            tried(name, content),
            base.name(),
            base.version(),
            clock.instant(),
            files);
    Durable.write(staged.resolve(CARD), StoreJson.bytes(card.json()));
    Durable.sync(staged);
    return card;
  }

  /** Returns the memory that it takes when it is loaded. */
  private long tried(String name, AdapterContent content) {
    List<ResidentAdapter> residents = content.prepared(base.prepare());
    try {
      AdapterId id = new AdapterId(name, content.version());
      base.trial().admit(id, AdapterTrial.parts(content, residents));
      return residents.stream().mapToLong(ResidentAdapter::residentBytes).sum();
    } finally {
      residents.forEach(ResidentAdapter::close);
    }
  }

  private AdapterCard publish(String name, AdapterCard card, Path staged, boolean activate)
      throws IOException {
    Path target = folder(card.version());
    if (!Files.exists(target)) {
      Durable.rename(staged, target);
    }
    StoredName before = names.read(name).orElse(null);
    StoredName after =
        before == null
            ? StoredName.first(name, card.version(), clock.instant())
            : before.with(card.version(), clock.instant());
    names.write(activate ? after.activated(card.version(), clock.instant()) : after, before);
    return card(card.version());
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
                      removeUnless(named(known.versions()), known.versions());
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
                  removeUnless(named(dropped), dropped);
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

  private void removeUnless(List<ContentHash> kept, List<ContentHash> versions) throws IOException {
    for (ContentHash version : versions) {
      if (!kept.contains(version)) {
        remove(folder(version));
      }
    }
  }

  /** Readers that have opened the files may go on. */
  private void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      Path gone = staging.fresh();
      Durable.rename(folder, gone);
      Durable.sync(root);
      Durable.delete(gone);
    }
  }

  /** What a kill between two steps has left; nothing is removed while a name cannot be read. */
  private void removeUnnamed() throws IOException {
    UnnamedVersions unnamed = new UnnamedVersions(root);
    for (Path folder : unnamed.of(names)) {
      remove(folder);
    }
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
    Path file = folder(version).resolve(CARD);
    return io(
        () -> {
          if (!Files.exists(file)) {
            throw gone(version);
          }
          return StoreJson.read(file, AdapterCard::of);
        });
  }

  /**
   * Reads a version's weights.
   *
   * @throws ServeException MODEL_NOT_FOUND if it was deleted, INVALID_ADAPTER if its files are not
   *     those that were added
   */
  public AdapterContent read(AdapterId id) {
    Path folder = folder(id.version());
    if (!Files.isDirectory(folder)) {
      throw gone(id.version());
    }
    AdapterContent content = base.reader().read(folder);
    if (!content.version().equals(id.version())) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the stored files of %s were changed; delete the version and add it again".formatted(id));
    }
    return content;
  }

  private Path folder(ContentHash version) {
    return root.resolve(version.toString());
  }

  static ServeException unknown(String name) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "name",
        "there is no stored adapter '%s'; see GET /v1/adapters".formatted(shorten(name)));
  }

  private static ServeException gone(ContentHash version) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "version",
        "version %s was deleted".formatted(version.abbreviated()));
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
