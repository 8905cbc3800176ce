package io.talchum.weights.pack;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory beside the packages that becomes one by a rename, or vanishes.
 *
 * <p>Each has a locked file beside it for as long as its process lives, so that a later import can
 * tell leftovers of dead ones from the work of others.
 */
public final class Staging implements AutoCloseable {
  private static final String PREFIX = ".import-";
  private static final String LOCK = ".lock";

  private final Path lockFile;
  private final FileChannel lock;
  private final Path directory;

  private Staging(Path lockFile, FileChannel lock, Path directory) {
    this.lockFile = lockFile;
    this.lock = lock;
    this.directory = directory;
  }

  /** Creates the models folder if need be, and removes what dead imports left there. */
  public static Staging open(Path modelsDir) throws IOException {
    Files.createDirectories(modelsDir);
    removeLeftovers(modelsDir);
    Path lockFile = Files.createTempFile(modelsDir, ofThisProcess(), LOCK);
    FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
    if (channel.tryLock() == null) {
      channel.close();
      throw new IOException("another import took " + lockFile.getFileName());
    }
    return new Staging(lockFile, channel, Files.createDirectory(directoryOf(lockFile)));
  }

  /** How the names of this process's own begin: with its id and its start, since ids come again. */
  private static String ofThisProcess() {
    ProcessHandle process = ProcessHandle.current();
    long started = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return PREFIX + process.pid() + "-" + started + "-";
  }

  private static Path directoryOf(Path lockFile) {
    String name = MappedFile.name(lockFile);
    return lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length()));
  }

  /** Locks of this process are not touched: closing a second channel of one would give it up. */
  private static void removeLeftovers(Path modelsDir) throws IOException {
    String own = ofThisProcess();
    List<Path> locks;
    try (Stream<Path> children = Files.list(modelsDir)) {
      locks =
          children
              .filter(p -> MappedFile.name(p).startsWith(PREFIX) && p.toString().endsWith(LOCK))
              .filter(p -> !MappedFile.name(p).startsWith(own))
              .toList();
    }
    for (Path lockFile : locks) {
      try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
          FileLock taken = channel.tryLock()) {
        if (taken != null) {
          deleteTree(directoryOf(lockFile));
          restore(replacedBy(directoryOf(lockFile)), modelsDir);
          Files.deleteIfExists(lockFile);
        }
      }
    }
  }

  /** Where a package lies while another one takes its place. */
  private static Path replacedBy(Path directory) {
    return directory.resolveSibling(MappedFile.name(directory) + "-old");
  }

  /** Puts back a package whose replacement died half way; removes it if the new one got there. */
  private static void restore(Path old, Path modelsDir) throws IOException {
    if (Files.exists(old)) {
      Path target = modelsDir.resolve(nameOf(old));
      if (Files.exists(target)) {
        deleteTree(old);
      } else {
        Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** The name that a package of any version had; one that is none leads back to the folder. */
  private static String nameOf(Path old) throws IOException {
    String name = PackageFiles.header(Files.readString(old.resolve(PackageFiles.MANIFEST))).name();
    return name.matches(ImportRequest.NAME) ? name : MappedFile.name(old);
  }

  public Path directory() {
    return directory;
  }

  /**
   * Gives the directory its name.
   *
   * @throws ServeException ALREADY_EXISTS if the name was taken meanwhile and may not be replaced
   */
  void publish(Path target, boolean replace) throws IOException {
    syncDirectory(directory);
    if (replace && Files.exists(target)) {
      Path old = replacedBy(directory);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
      deleteTree(old);
    } else if (Files.exists(target)) {
      throw exists(target);
    } else {
      Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
    }
    Path parent = target.toAbsolutePath().getParent();
    if (parent != null) {
      syncDirectory(parent);
    }
  }

  static ServeException exists(Path target) {
    return new ServeException(
        ErrorCode.ALREADY_EXISTS,
        "a model named %s exists; choose another name with --name, or remove it first: ./talchum models remove %s"
            .formatted(MappedFile.name(target), MappedFile.name(target)));
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Removes the directory if it was not published. */
  @Override
  public void close() throws IOException {
    try {
      deleteTree(directory);
      Files.deleteIfExists(lockFile);
    } finally {
      lock.close();
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path folder, @org.jspecify.annotations.Nullable IOException failure)
              throws IOException {
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
