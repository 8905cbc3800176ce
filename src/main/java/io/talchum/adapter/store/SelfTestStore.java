package io.talchum.adapter.store;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Results of self-tests on one base, a small file per content. One that is lost is made again, so
 * nothing here fails a request. Any thread, any number of processes.
 */
public final class SelfTestStore {
  private static final System.Logger LOG = System.getLogger("io.talchum.adapter");

  /** When a store is opened, the newest so many stay. */
  private static final int MOST_KEPT = 10_000;

  private final Path folder;
  private final ContentHash baseVersion;

  private SelfTestStore(Path folder, ContentHash baseVersion) {
    this.folder = folder;
    this.baseVersion = baseVersion;
  }

  /**
   * @param folder need not exist
   * @param baseVersion results on another base do not count
   * @throws ServeException INTERNAL if it cannot be written
   */
  public static SelfTestStore open(Path folder, ContentHash baseVersion) {
    try {
      Files.createDirectories(folder);
      SelfTestStore store = new SelfTestStore(folder, baseVersion);
      store.forgetOldest(MOST_KEPT);
      return store;
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the results of self-tests cannot be kept (%s); look at the disk".formatted(e),
          e);
    }
  }

  /** What is remembered of an adapter's content. */
  public Optional<SelfTest> find(ContentHash version) {
    Path file = file(version);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return StoreJson.read(
          file,
          node ->
              baseVersion.hex().equals(node.path("base_version").asText())
                  ? Optional.of(SelfTest.of(node))
                  : Optional.empty());
    } catch (IOException | ServeException e) {
      return Optional.empty();
    }
  }

  /** Remembers a result, unless the disk does not let it. */
  public void put(ContentHash version, SelfTest test) {
    try {
      Path staged = Files.createTempFile(folder, "new", ".tmp");
      Files.write(staged, StoreJson.bytes(test.json(baseVersion)));
      Files.move(staged, file(version), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the result of a self-test was not kept: " + e);
    }
  }

  void forgetOldest(int kept) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    }
    if (files.size() > kept) {
      List<Path> oldestFirst =
          files.stream().sorted(Comparator.comparing(SelfTestStore::changed)).toList();
      for (Path file : oldestFirst.subList(0, files.size() - kept)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static FileTime changed(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // another process has removed it
    }
  }

  private Path file(ContentHash version) {
    return folder.resolve(version + ".json");
  }
}
