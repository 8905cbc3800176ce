package io.talchum.adapter.folder;

import io.talchum.adapter.FloatValues;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that stay in their file and are read again, {@value #PIECE_BYTES} bytes at a time, when
 * they are wanted. Each piece must still be what was hashed when the adapter was read.
 *
 * @param offset where the tensor begins in the file
 * @param length bytes of the tensor
 * @param checks CRC-32C of each piece of the tensor
 * @param first index in the tensor of the first of these numbers
 * @param magnitude none in the tensor is larger
 */
public record StoredValues(
    Path file,
    long offset,
    long length,
    DType dtype,
    int[] checks,
    float magnitude,
    long first,
    long size)
    implements FloatValues {
  /** A multiple of every element's size. */
  static final int PIECE_BYTES = 1 << 16;

  @Override
  public long bytes() {
    return size * dtype.bytes();
  }

  @Override
  public FloatValues slice(long from, long end) {
    return new StoredValues(
        file, offset, length, dtype, checks, magnitude, first + from, end - from);
  }

  static int check(byte[] bytes, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, count);
    return (int) crc.getValue();
  }

  @Override
  public void forEach(Block block) {
    int perPiece = PIECE_BYTES / dtype.bytes();
    byte[] bytes = new byte[(int) Math.min(PIECE_BYTES, length)];
    float[] values = new float[bytes.length / dtype.bytes()];
    long end = first + size;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (long at = first; at < end; ) {
        long piece = at / perPiece;
        int within = (int) (at - piece * perPiece);
        int count = (int) Math.min(perPiece - within, end - at);
        read(channel, (int) piece, bytes);
        dtype.readFloats(MemorySegment.ofArray(bytes), within, values, 0, count);
        block.see(at - first, values, 0, count);
        at += count;
      }
    } catch (IOException e) {
      throw changed(e);
    }
  }

  private void read(FileChannel channel, int piece, byte[] bytes) throws IOException {
    long start = (long) piece * PIECE_BYTES;
    int count = (int) Math.min(bytes.length, length - start);
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + start + buffer.position()) < 0) {
        throw changed(null);
      }
    }
    if (check(bytes, count) != checks[piece]) {
      throw changed(null);
    }
  }

  private ServeException changed(@Nullable IOException cause) {
    String message =
        "%s was changed or removed while the adapter was loaded%s; load it again"
            .formatted(file.getFileName(), cause == null ? "" : " (" + cause + ")");
    return cause == null
        ? new ServeException(ErrorCode.INVALID_ADAPTER, message)
        : new ServeException(ErrorCode.INVALID_ADAPTER, message, cause);
  }
}
