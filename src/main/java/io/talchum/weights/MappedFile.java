package io.talchum.weights;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A whole file mapped read-only; closing it unmaps, after which no segment of it may be read. */
public record MappedFile(Path path, Arena arena, MemorySegment bytes) implements AutoCloseable {

  /** One that any thread may read and close. */
  @SuppressWarnings("MustBeClosedChecker")
  public static MappedFile open(Path path) {
    return open(path, Arena.ofShared());
  }

  /**
   * @param arena closed with the file, or if there is none
   * @throws ServeException INVALID_MODEL when the file is missing, unreadable or not a plain file
   */
  public static MappedFile open(Path path, Arena arena) {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      arena.close();
      throw new ServeException(ErrorCode.INVALID_MODEL, name(path) + " is not a plain file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      MemorySegment bytes =
          size == 0
              ? MemorySegment.NULL
              : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return new MappedFile(path, arena, bytes);
    } catch (NoSuchFileException e) {
      arena.close();
      throw new ServeException(ErrorCode.INVALID_MODEL, name(path) + " does not exist", e);
    } catch (IOException e) {
      arena.close();
      throw new ServeException(
          ErrorCode.INVALID_MODEL, name(path) + " cannot be read: " + e.getMessage(), e);
    }
  }

  public String name() {
    return name(path);
  }

  public long size() {
    return bytes.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }

  public static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? path.toString() : last.toString();
  }
}
