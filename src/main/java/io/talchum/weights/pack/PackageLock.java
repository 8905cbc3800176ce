package io.talchum.weights.pack;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Says to other processes that a package is served: a shared lock on a file in it, which the system
 * drops with the process. A process takes one for each package, since closing any channel of a file
 * gives up all its locks.
 */
public final class PackageLock implements AutoCloseable {
  private static final String FILE = ".served";

  private final @Nullable FileChannel channel;

  private PackageLock(@Nullable FileChannel channel) {
    this.channel = channel;
  }

  /**
   * For as long as a server has the package. A folder that cannot be written gets no lock: nobody
   * can remove it either.
   *
   * @throws ServeException INVALID_MODEL if the package is being removed
   */
  public static PackageLock toServe(Path directory) {
    try {
      FileChannel channel = open(directory);
      if (isLocked(channel, true)) {
        return new PackageLock(channel);
      }
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "the model %s is being removed; import it again".formatted(MappedFile.name(directory)));
    } catch (IOException e) {
      return new PackageLock(null);
    }
  }

  /**
   * @throws ServeException INVALID_REQUEST if a server has the package
   */
  static PackageLock toRemove(Path directory) throws IOException {
    FileChannel channel = open(directory);
    if (isLocked(channel, false)) {
      return new PackageLock(channel);
    }
    throw ServeException.invalid(
        "model",
        "the model %s is being served; stop that server first"
            .formatted(MappedFile.name(directory)));
  }

  private static FileChannel open(Path directory) throws IOException {
    return FileChannel.open(
        directory.resolve(FILE),
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.CREATE);
  }

  /** Takes the lock, or closes the channel. */
  private static boolean isLocked(FileChannel channel, boolean shared) throws IOException {
    try {
      if (channel.tryLock(0, Long.MAX_VALUE, shared) != null) {
        return true;
      }
    } catch (OverlappingFileLockException e) {
      if (shared) { // this process has it already
        return true;
      }
    }
    channel.close();
    return false;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
