package io.talchum.adapter.store;

import io.talchum.adapter.AdapterReference;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One file per name, replaced by a rename. A read is a look at the file's attributes unless some
 * process has replaced it. Reads: any thread; writes: under the store's lock.
 */
final class NameFiles {
  private static final String END = ".json";

  private final Path folder;
  private final StagingArea staging;
  private final ConcurrentMap<String, Known> known = new ConcurrentHashMap<>();

  private record Known(@Nullable Object key, FileTime changed, long bytes, StoredName name) {
    boolean is(BasicFileAttributes now) {
      return now.size() == bytes
          && now.lastModifiedTime().equals(changed)
          && java.util.Objects.equals(now.fileKey(), key);
    }
  }

  private NameFiles(Path folder, StagingArea staging) {
    this.folder = folder;
    this.staging = staging;
  }

  static NameFiles open(Path folder, StagingArea staging) throws IOException {
    Files.createDirectories(folder);
    return new NameFiles(folder, staging);
  }

  /**
   * @throws ServeException INTERNAL if the file is damaged
   */
  Optional<StoredName> read(String name) throws IOException {
    if (!AdapterReference.isName(name)) {
      return Optional.empty();
    }
    Path file = file(name);
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Known before = known.get(name);
      if (before != null && before.is(now)) {
        return Optional.of(before.name());
      }
      StoredName read = StoreJson.read(file, StoredName::of);
      Known fresh = new Known(now.fileKey(), now.lastModifiedTime(), now.size(), read);
      if (fresh.is(Files.readAttributes(file, BasicFileAttributes.class))) {
        known.put(name, fresh); // else it was replaced while it was read
      }
      return Optional.of(read);
    } catch (NoSuchFileException e) {
      known.remove(name);
      return Optional.empty();
    }
  }

  /** All names, sorted. */
  List<StoredName> all() throws IOException {
    List<StoredName> all = new ArrayList<>();
    for (String name : names()) {
      read(name).ifPresent(all::add);
    }
    return all;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.endsWith(END))
          .map(file -> file.substring(0, file.length() - END.length()))
          .sorted()
          .toList();
    }
  }

  /** Replaces the file unless nothing has changed. */
  void write(StoredName after, @Nullable StoredName before) throws IOException {
    if (after.equals(before)) {
      return;
    }
    Path staged = staging.fresh();
    Durable.write(staged, StoreJson.bytes(after.json()));
    Durable.rename(staged, file(after.name()));
  }

  void delete(String name) throws IOException {
    Files.deleteIfExists(file(name));
    Durable.sync(folder);
    known.remove(name);
  }

  private Path file(String name) {
    return folder.resolve(name + END);
  }
}
