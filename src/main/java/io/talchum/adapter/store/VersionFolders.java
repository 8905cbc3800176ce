package io.talchum.adapter.store;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterRoom;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * The folders of a store's versions, each with its files and its card; what is there never changes.
 * Staging and reading: any thread; the rest under the store's lock.
 */
final class VersionFolders {
  private static final String CARD = "card.json";

  private final Path root;
  private final AdapterStore.Base base;
  private final InstantSource clock;
  private final StagingArea staging;

  VersionFolders(Path root, AdapterStore.Base base, InstantSource clock, StagingArea staging) {
    this.root = root;
    this.base = base;
    this.clock = clock;
    this.staging = staging;
  }

  /** Copies a folder to where nobody sees it, and makes sure that it can be served. */
  AdapterCard stage(String name, Path folder, Path staged) throws IOException {
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
            content.facts(),
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
    try (AdapterRoom.Taken room = base.room().take(content.memoryBytes())) {
      return tried(name, content, room);
    }
  }

  private long tried(String name, AdapterContent content, AdapterRoom.Taken room) {
    List<ResidentAdapter> residents = content.prepared(base.prepare());
    try {
      room.resize(AdapterContent.bytes(residents));
      AdapterId id = new AdapterId(name, content.version());
      base.selfTest().admit(id, AdapterSelfTest.parts(content, residents));
      return residents.stream().mapToLong(ResidentAdapter::residentBytes).sum();
    } finally {
      residents.forEach(ResidentAdapter::close);
    }
  }

  /** What was staged becomes the version, unless that is there. */
  void publish(ContentHash version, Path staged) throws IOException {
    Path target = folder(version);
    if (!Files.exists(target)) {
      Durable.rename(staged, target);
    }
  }

  /**
   * @throws ServeException MODEL_NOT_FOUND if it was deleted
   */
  AdapterCard card(ContentHash version) throws IOException {
    Path file = folder(version).resolve(CARD);
    if (!Files.exists(file)) {
      throw gone(version);
    }
    return StoreJson.read(file, AdapterCard::of);
  }

  /** Completes the card of a version, unless that was deleted. */
  void replace(AdapterCard card) throws IOException {
    Path file = folder(card.version()).resolve(CARD);
    if (Files.exists(file)) {
      Path staged = staging.fresh();
      Durable.write(staged, StoreJson.bytes(card.json()));
      Durable.rename(staged, file);
    }
  }

  /**
   * @throws ServeException as {@link AdapterStore#read}
   */
  AdapterContent read(AdapterId id) {
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

  void removeAllBut(List<ContentHash> kept, List<ContentHash> versions) throws IOException {
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
  void removeUnnamed(NameFiles names) throws IOException {
    UnnamedVersions unnamed = new UnnamedVersions(root);
    for (Path folder : unnamed.of(names)) {
      remove(folder);
    }
  }

  private Path folder(ContentHash version) {
    return root.resolve(version.toString());
  }

  private static ServeException gone(ContentHash version) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "version",
        "version %s was deleted".formatted(version.abbreviated()));
  }
}
