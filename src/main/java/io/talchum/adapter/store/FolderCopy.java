package io.talchum.adapter.store;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Copies an adapter folder durably, bounded, and hashes what it copies. */
final class FolderCopy {
  static final int MAX_FILES = 64;
  static final int MAX_DEPTH = 3;
  private static final int PIECE = 1 << 16;

  private final Path source;
  private final Path target;
  private final List<AdapterCard.StoredFile> files = new ArrayList<>();

  private FolderCopy(Path source, Path target) {
    this.source = source;
    this.target = target;
  }

  /**
   * @throws ServeException INVALID_ADAPTER for links, other things than files, too many or too deep
   */
  static List<AdapterCard.StoredFile> run(Path source, Path target) throws IOException {
    FolderCopy copy = new FolderCopy(source, target);
    Files.walkFileTree(source, copy.new Visitor());
    copy.files.sort(Comparator.comparing(AdapterCard.StoredFile::name));
    return copy.files;
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      if (source.relativize(folder).getNameCount() >= MAX_DEPTH) {
        throw refuse(folder, "is nested too deep; at most %d levels".formatted(MAX_DEPTH));
      }
      Files.createDirectories(target.resolve(source.relativize(folder).toString()));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (!attributes.isRegularFile()) {
        throw refuse(file, "is a link or no plain file; copy what it points to");
      }
      if (files.size() == MAX_FILES) {
        throw refuse(file, "is one file too many; at most %d".formatted(MAX_FILES));
      }
      String name = source.relativize(file).toString();
      files.add(copy(file, target.resolve(name), name));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(
        Path folder, @org.jspecify.annotations.Nullable IOException failure) throws IOException {
      if (failure != null) {
        throw failure;
      }
      Durable.sync(target.resolve(source.relativize(folder).toString()));
      return FileVisitResult.CONTINUE;
    }
  }

  private static AdapterCard.StoredFile copy(Path from, Path to, String name) throws IOException {
    MessageDigest digest = ContentHash.newDigest();
    long bytes = 0;
    byte[] piece = new byte[PIECE];
    try (InputStream in = Files.newInputStream(from);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        digest.update(piece, 0, read);
        bytes += read;
        ByteBuffer left = ByteBuffer.wrap(piece, 0, read);
        while (left.hasRemaining()) {
          int unused = out.write(left);
        }
      }
      out.force(true);
    }
    return new AdapterCard.StoredFile(name, bytes, ContentHash.of(digest));
  }

  private ServeException refuse(Path path, String why) {
    return new ServeException(
        ErrorCode.INVALID_ADAPTER, "%s in the folder %s".formatted(source.relativize(path), why));
  }
}
