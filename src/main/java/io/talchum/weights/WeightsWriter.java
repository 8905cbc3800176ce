package io.talchum.weights;

import io.talchum.core.ContentHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** Writes weights.bin front to back, each part at a multiple of 4096, and hashes it. One thread. */
final class WeightsWriter implements AutoCloseable {
  static final int ALIGNMENT = 4096;
  private static final int BUFFER_BYTES = 1 << 20;

  private final FileChannel channel;
  private final MessageDigest digest = ContentHash.newDigest();
  private final RowWorkers workers;
  private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private ByteBuffer spare = ByteBuffer.allocate(BUFFER_BYTES);
  private Future<?> hashing = CompletableFuture.completedFuture(null); // reads spare
  private long position;
  private long partStart;

  /**
   * @param workers hash while the next rows are encoded
   */
  WeightsWriter(Path file, RowWorkers workers) throws IOException {
    this.workers = workers;
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

  private void flush() throws IOException {
    RowWorkers.await(hashing);
    buffer.flip();
    ByteBuffer content = buffer.duplicate();
    hashing = workers.submit(() -> digest.update(content));
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    ByteBuffer next = spare.clear();
    spare = buffer;
    buffer = next;
  }

  /** Makes all of it durable. */
  ContentHash finish() throws IOException {
    flush();
    RowWorkers.await(hashing);
    channel.force(true);
    return ContentHash.of(digest);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
