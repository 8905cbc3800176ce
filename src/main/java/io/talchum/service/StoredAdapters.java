package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.store.AdapterCard;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.adapter.store.StoredName;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The adapters on disk, which requests may name without anybody having loaded them. Any thread. */
public final class StoredAdapters {
  /** At the same time: each may fill the disk up to the limit of an upload. */
  private static final int MAX_UPLOADS = 4;

  private final String baseName;
  private final AdapterStore store;
  private final AdapterCache cache;
  private final AdapterRegistry loaded;
  private final StoreSource source;
  private final AdapterCards cards;
  private final long maxUploadBytes;
  private final Semaphore uploads = new Semaphore(MAX_UPLOADS);

  /**
   * @param loaded adapters that were loaded by hand: their names are taken
   */
  public StoredAdapters(
      String baseName,
      StoreSource source,
      AdapterCache cache,
      AdapterRegistry loaded,
      AdapterCards cards,
      long maxUploadBytes) {
    this.baseName = baseName;
    this.source = source;
    this.store = source.store();
    this.cache = cache;
    this.loaded = loaded;
    this.cards = cards;
    this.maxUploadBytes = maxUploadBytes;
  }

  /**
   * What an upload is written to; the caller closes it.
   *
   * @throws ServeException QUEUE_FULL if there are too many
   */
  public AdapterUpload upload() {
    if (!uploads.tryAcquire()) {
      throw new ServeException(
          ErrorCode.QUEUE_FULL,
          "%d adapters are being uploaded; try again later".formatted(MAX_UPLOADS));
    }
    try {
      return new AdapterUpload(this, store.incoming(), maxUploadBytes);
    } catch (RuntimeException e) {
      uploads.release();
      throw e;
    }
  }

  /** By {@link AdapterUpload#close}, once. */
  void uploadEnded() {
    uploads.release();
  }

  /**
   * Adds a folder as a version of a name; requests that name it get it from then on.
   *
   * @param base must be the base's name if said
   * @param activate whether it becomes the current version of a name that has one
   * @throws ServeException INVALID_REQUEST, INVALID_ADAPTER, ALREADY_EXISTS
   */
  public StoredAdapter add(String name, @Nullable String base, Path folder, boolean activate) {
    requireFree(name, base);
    AdapterCard unused = store.put(name, folder, activate);
    return get(name);
  }

  /** Everything that can be said before the files are there. */
  void requireFree(String name, @Nullable String base) {
    if (base != null && !base.equals(baseName)) {
      throw ServeException.invalid(
          "base",
          "base '%s' is not served here; leave it out or say '%s'"
              .formatted(Printable.of(base), baseName));
    }
    if (name.equals(baseName)) {
      throw ServeException.invalid(
          "name", "'%s' is the served base; choose another name".formatted(name));
    }
    if (loaded.find(name).isPresent()) {
      throw ServeException.of(
          ErrorCode.ALREADY_EXISTS,
          "name",
          "'%s' is an adapter that was loaded from a folder; unload it or choose another name"
              .formatted(Printable.of(name)));
    }
  }

  /** Whether the store has the name. */
  public boolean has(String name) {
    return store.find(name).isPresent();
  }

  /** All, by name. */
  public List<StoredAdapter.Summary> list() {
    return store.list().stream().map(cards::summary).toList();
  }

  List<StoredName> names() {
    return store.list();
  }

  /** The stored name. */
  Optional<StoredName> find(String name) {
    return store.find(name);
  }

  /**
   * All that is known of a name.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public StoredAdapter get(String name) {
    return cards.of(known(name), store);
  }

  /**
   * Makes a version the current one, and has it in memory first if the one before was.
   *
   * @param version 8 to 64 digits of the hash
   * @throws ServeException MODEL_NOT_FOUND
   */
  public StoredAdapter activate(String name, String version) {
    StoredName before = known(name);
    AdapterId next = new AdapterId(name, before.version(version));
    if (before.pinned() || cache.resident(new AdapterId(name, before.current())) != null) {
      load(next);
    }
    StoredName unused = store.activate(name, next.version().hex());
    return get(name);
  }

  /**
   * Goes back to the version before.
   *
   * @throws ServeException MODEL_NOT_FOUND, INVALID_REQUEST
   */
  public StoredAdapter rollBack(String name) {
    StoredName after = store.rollBack(name);
    if (after.pinned()) {
      load(new AdapterId(name, after.current()));
    }
    return get(name);
  }

  /**
   * Keeps the name's current version in memory, or lets it go when others need the room.
   *
   * @throws ServeException MODEL_NOT_FOUND, INVALID_REQUEST if it does not fit
   */
  public StoredAdapter pin(String name, boolean pinned) {
    if (pinned) {
      load(new AdapterId(name, known(name).current()));
    }
    StoredName unused = store.pin(name, pinned);
    return get(name);
  }

  /** Loads what is pinned; what cannot be loaded is reported to the cache's listener. */
  public void loadPinned() {
    for (StoredName name : store.list()) {
      if (name.pinned()) {
        try {
          load(new AdapterId(name.name(), name.current()));
        } catch (ServeException e) {
          continue;
        }
      }
    }
  }

  private void load(AdapterId id) {
    cache.load(source, id, null);
  }

  /**
   * Deletes a name with its versions, or one version that is not the current one.
   *
   * @param version digits of its hash; null for the name
   * @param whenUnused whether requests that hold it finish with it; else it is refused while there
   *     are any
   * @throws ServeException MODEL_NOT_FOUND; INVALID_REQUEST for the current version; ADAPTER_IN_USE
   */
  public void delete(String name, @Nullable String version, boolean whenUnused) {
    StoredName known = known(name);
    List<ContentHash> versions =
        version == null ? known.versions() : List.of(known.version(version));
    if (!whenUnused) {
      versions.forEach(each -> requireUnused(new AdapterId(name, each)));
    }
    if (version == null) {
      store.delete(name);
    } else {
      store.delete(name, versions.getFirst());
    }
    versions.forEach(each -> cache.drop(new AdapterId(name, each)));
  }

  private void requireUnused(AdapterId id) {
    int leases = cache.leases(id);
    if (leases > 0) {
      throw ServeException.of(
          ErrorCode.ADAPTER_IN_USE,
          "name",
          "%d requests run on %s; try again later, or say when_unused".formatted(leases, id));
    }
  }

  private StoredName known(String name) {
    return store
        .find(name)
        .orElseThrow(
            () ->
                ServeException.of(
                    ErrorCode.MODEL_NOT_FOUND,
                    "name",
                    "there is no stored adapter '%s'; see GET /v1/adapters"
                        .formatted(Printable.of(name))));
  }

  /** What reads its versions. */
  AdapterSource source() {
    return source;
  }
}
