package io.talchum.adapter;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The files of an adapter folder at one moment, without their content: two states are equal if
 * nobody has written in between.
 *
 * @param files what is known of each, by its path in the folder; empty if there is no such folder
 * @param folders all folders in it and itself, which a watch must look at
 */
public record FolderState(SortedMap<String, Entry> files, SortedSet<Path> folders) {
  /** Deeper and more than any adapter has; what lies beyond is not looked at. */
  private static final int MAX_DEPTH = 3;

  private static final int MAX_FILES = 1000;

  /** A file as the file system tells it. */
  public record Entry(long bytes, long changedNanos, @Nullable Object key) {}

  /** Looks at a folder; one that is gone, or goes meanwhile, is empty as far as it is gone. */
  public static FolderState of(Path folder) {
    SortedMap<String, Entry> files = new TreeMap<>();
    SortedSet<Path> folders = new TreeSet<>();
    try {
      Files.walkFileTree(
          folder,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          MAX_DEPTH,
          new Visitor(folder, files, folders));
    } catch (IOException e) {
      return new FolderState(files, folders); // it went meanwhile
    }
    return new FolderState(files, folders);
  }

  /** Whether it holds the file by which an adapter is known. */
  public boolean isAdapter() {
    return files.containsKey(AdapterDirectory.CONFIG)
        || files.containsKey(AdapterDirectory.FUSION_CONFIG);
  }

  /** Whether there is no such folder. */
  public boolean isGone() {
    return folders.isEmpty();
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path root;
    private final SortedMap<String, Entry> files;
    private final SortedSet<Path> folders;

    Visitor(Path root, SortedMap<String, Entry> files, SortedSet<Path> folders) {
      this.root = root;
      this.files = files;
      this.folders = folders;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      folders.add(folder);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (files.size() == MAX_FILES) {
        return FileVisitResult.TERMINATE;
      }
      if (!attributes.isDirectory()) {
        files.put(
            root.relativize(file).toString(),
            new Entry(
                attributes.size(),
                attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                attributes.fileKey()));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) {
      return FileVisitResult.CONTINUE; // gone, or a link that leads nowhere
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) {
      return FileVisitResult.CONTINUE;
    }
  }
}
