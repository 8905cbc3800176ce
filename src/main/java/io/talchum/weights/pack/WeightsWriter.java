package io.talchum.weights.pack;

import io.talchum.core.ContentHash;
import io.talchum.weights.LittleEndian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;

/**
 * Writes weights.bin front to back, each part at a multiple of 4096, and hashes it. One thread; one
 * of its own hashes and writes what is full, and brings it to the disk as it goes.
 */
final class WeightsWriter implements AutoCloseable {
  static final int ALIGNMENT = 4096;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int BUFFERS = 8;
  private static final long BYTES_PER_SYNC = 64 << 20;

  private final FileChannel channel;
  private final MessageDigest digest = ContentHash.newDigest(); // of the writing thread
  private final RowWorkers writing = new RowWorkers(1);
  private final Deque<Filled> underway = new ArrayDeque<>();
  private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private long position;
  private long partStart;
  private long unsynced; // of the writing thread

  /** A buffer, and when it is written. */
  private record Filled(ByteBuffer buffer, Future<?> written) {}

  WeightsWriter(Path file) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Starts a part at the next multiple of 4096. */
  void beginPart() throws IOException {
    write(new byte[(int) (-position & (ALIGNMENT - 1))], 0, (int) (-position & (ALIGNMENT - 1)));
    partStart = position;
  }

  /** The part written since {@link #beginPart}. */
  PackedTensor.Part endPart() {
    return new PackedTensor.Part(partStart, position - partStart);
  }

  void write(byte[] bytes, int offset, int count) throws IOException {
    for (int done = 0; done < count; ) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int n = Math.min(count - done, buffer.remaining());
      buffer.put(bytes, offset + done, n);
      done += n;
    }
    position += count;
  }

  /** Little-endian fp32. */
  void write(float[] values, int offset, int count) throws IOException {
    for (int done = 0; done < count; ) {
      if (buffer.remaining() < Float.BYTES) {
        flush();
      }
      int n = Math.min(count - done, buffer.remaining() / Float.BYTES);
      MemorySegment.copy(
          values, offset + done, MemorySegment.ofBuffer(buffer), LittleEndian.FLOAT, 0, n);
      buffer.position(buffer.position() + n * Float.BYTES);
      done += n;
    }
    position += (long) count * Float.BYTES;
  }

  /** Hands the buffer over and takes a free one; waits if all are underway. */
  private void flush() throws IOException {
    ByteBuffer full = buffer.flip();
    underway.add(new Filled(full, writing.submit(() -> drain(full))));
    if (underway.size() < BUFFERS) {
      buffer = ByteBuffer.allocate(BUFFER_BYTES);
    } else {
      Filled oldest = underway.remove();
      RowWorkers.await(oldest.written());
      buffer = oldest.buffer().clear();
    }
  }

  private void drain(ByteBuffer full) {
    try {
      digest.update(full.duplicate());
      unsynced += full.remaining();
      while (full.hasRemaining()) {
        channel.write(full);
      }
      if (unsynced >= BYTES_PER_SYNC) {
        channel.force(false);
        unsynced = 0;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes all of it durable. */
  ContentHash finish() throws IOException {
    flush();
    for (Filled filled : underway) {
      RowWorkers.await(filled.written());
    }
    channel.force(true);
    return ContentHash.of(digest);
  }

  @Override
  public void close() throws IOException {
    writing.close();
    channel.close();
  }
}
