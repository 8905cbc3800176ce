package io.talchum.huggingface;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;

/**
 * One repository in the cache of huggingface_hub: {@code refs} name commits, {@code snapshots} hold
 * a commit's files as links, {@code blobs} their content by checksum.
 */
final class HubCache {
  private final Path root;
  private final String folder;

  HubCache(Path root, String repo) {
    this.root = root;
    this.folder = "models--" + repo.replace("/", "--");
  }

  /** The commit that a branch, tag or commit means; empty if the cache does not know it. */
  Optional<String> commit(HubId id) throws IOException {
    if (id.isCommit()) {
      return Optional.of(id.revision()).filter(c -> Files.isDirectory(snapshot(c)));
    }
    Path ref = repo().resolve("refs").resolve(id.revision());
    if (!Files.isRegularFile(ref) || Files.size(ref) > 100) {
      return Optional.empty();
    }
    return Optional.of(Files.readString(ref).strip()).filter(c -> c.matches("[0-9a-f]{40}"));
  }

  Path snapshot(String commit) {
    return repo().resolve("snapshots").resolve(commit);
  }

  /** Whether the commit has the file, and its content is there. */
  boolean has(String commit, String file) {
    return Files.isRegularFile(snapshot(commit).resolve(file));
  }

  /** Whether it is known that the commit has no such file. */
  boolean isAbsent(String commit, String file) {
    return Files.exists(repo().resolve(".no_exist").resolve(commit).resolve(file));
  }

  void markAbsent(String commit, String file) throws IOException {
    Path mark = repo().resolve(".no_exist").resolve(commit).resolve(file);
    Files.createDirectories(mark.getParent());
    if (!Files.exists(mark)) {
      Files.createFile(mark);
    }
  }

  Path blob(String etag) throws IOException {
    return Files.createDirectories(repo().resolve("blobs")).resolve(etag);
  }

  /** Makes a blob a file of the commit, by a relative link where the file system has links. */
  void link(String commit, String file, Path blob) throws IOException {
    Path pointer = snapshot(commit).resolve(file);
    Path place = Objects.requireNonNull(pointer.getParent(), "every file lies in its snapshot");
    Files.createDirectories(place);
    Path target = place.relativize(blob);
    Files.deleteIfExists(pointer);
    try {
      Files.createSymbolicLink(pointer, target);
    } catch (UnsupportedOperationException | FileSystemException e) {
      if (Files.exists(pointer, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      Files.copy(blob, pointer);
    }
  }

  void writeRef(HubId id, String commit) throws IOException {
    if (id.isCommit()) {
      return;
    }
    Path ref = repo().resolve("refs").resolve(id.revision());
    Files.createDirectories(ref.getParent());
    Path fresh = Files.createTempFile(ref.getParent(), ".ref", "");
    Files.writeString(fresh, commit);
    Files.move(fresh, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Keeps two processes from writing the same blob; closing gives it back. */
  FileChannel lock(String etag) throws IOException {
    Path file = root.resolve(".locks").resolve(folder).resolve(etag + ".lock");
    Files.createDirectories(file.getParent());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock unused = channel.lock();
    return channel;
  }

  private Path repo() {
    return root.resolve(folder);
  }
}
