package io.talchum.adapter.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Where this process makes what it then renames, and puts what it is about to remove. A locked file
 * tells its work from leftovers of processes that died. Any thread.
 */
final class StagingArea implements AutoCloseable {
  private static final String LOCK = ".lock";

  private final Path folder;
  private final Path lockFile;
  private final FileChannel lock;
  private final String prefix;
  private final AtomicLong made = new AtomicLong();

  private StagingArea(Path folder, Path lockFile, FileChannel lock) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.lock = lock;
    String name = String.valueOf(lockFile.getFileName());
    this.prefix = name.substring(0, name.length() - LOCK.length()) + "-";
  }

  /** Removes what dead processes left; under the store's lock. */
  static StagingArea open(Path folder) throws IOException {
    Files.createDirectories(folder);
    removeLeftovers(folder);
    Path lockFile = Files.createTempFile(folder, "s", LOCK);
    FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
    if (channel.tryLock() == null) {
      channel.close();
      throw new IOException("another process took " + lockFile.getFileName());
    }
    return new StagingArea(folder, lockFile, channel);
  }

  /** A path where nothing is yet. */
  Path fresh() {
    return folder.resolve(prefix + made.incrementAndGet());
  }

  private static void removeLeftovers(Path folder) throws IOException {
    for (Path lockFile : entries(folder, LOCK)) {
      try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
          FileLock taken = channel.tryLock()) {
        if (taken != null) {
          Files.deleteIfExists(lockFile);
        }
      } catch (OverlappingFileLockException e) {
        continue; // another store of this process works there
      }
    }
    List<String> alive = entries(folder, LOCK).stream().map(StagingArea::session).toList();
    for (Path entry : entries(folder, "")) {
      if (!entry.toString().endsWith(LOCK) && !alive.contains(session(entry))) {
        Durable.delete(entry);
      }
    }
  }

  private static List<Path> entries(Path folder, String end) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(child -> child.toString().endsWith(end)).toList();
    }
  }

  private static String session(Path entry) {
    return String.valueOf(entry.getFileName()).split("[-.]", 2)[0];
  }

  @Override
  public void close() throws IOException {
    try {
      for (Path entry : entries(folder, "")) {
        if (String.valueOf(entry.getFileName()).startsWith(prefix)) {
          Durable.delete(entry);
        }
      }
      Files.deleteIfExists(lockFile);
    } finally {
      lock.close();
    }
  }
}
