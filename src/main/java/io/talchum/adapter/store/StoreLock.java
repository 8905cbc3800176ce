package io.talchum.adapter.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One writer at a time, among the threads of this process and among processes. A process that dies
 * gives the lock back. Any thread.
 *
 * <p>The channel stays open: closing any channel on the file would give up the process's lock.
 */
final class StoreLock implements AutoCloseable {
  private static final Duration RETRY = Duration.ofMillis(1);

  private final Path file;
  private final ReentrantLock threads = new ReentrantLock();
  private FileChannel channel; // guarded by threads

  StoreLock(Path file) throws IOException {
    this.file = file;
    this.channel = open(file);
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  interface Work<T> {
    T run() throws IOException;
  }

  <T> T holding(Work<T> work) throws IOException {
    threads.lock();
    try {
      if (!channel.isOpen()) {
        channel = open(file); // an interrupted thread closes it
      }
      try (FileLock unused = acquire()) {
        return work.run();
      }
    } finally {
      threads.unlock();
    }
  }

  private FileLock acquire() throws IOException {
    while (true) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException e) {
        // another store of this process has it
      }
      LockSupport.parkNanos(RETRY.toNanos());
    }
  }

  @Override
  public void close() throws IOException {
    threads.lock();
    try {
      channel.close();
    } finally {
      threads.unlock();
    }
  }
}
