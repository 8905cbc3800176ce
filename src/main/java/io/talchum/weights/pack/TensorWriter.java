package io.talchum.weights.pack;

import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.pack.PackingPlan.Packed;
import io.talchum.weights.quantize.Encoding;
import io.talchum.weights.quantize.Finite;
import io.talchum.weights.quantize.Format;
import io.talchum.weights.quantize.RowEncoders;
import io.talchum.weights.quantize.RowEncoders.RowEncoder;
import io.talchum.weights.quantize.RowEncoders.Target;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Encodes one tensor after the other into weights.bin. Memory: a batch of rows, and the scales and
 * offsets of the largest tensor so far; pages of the source go back to the system. One thread.
 */
final class TensorWriter {
  private static final int BATCH_WEIGHTS = 1 << 19;
  private static final long MAPPED_BYTES = 64L << 20;
  private static final int LINE = 16;
  private static final float[] NO_OFFSETS = {};

  private final WeightsWriter out;
  private final RowWorkers workers;
  private final ProgressListener listener;
  private final long bytesTotal;
  private long bytesDone;
  private long bytesMapped;
  private byte[] quants = new byte[0]; // grow, and are used for all tensors
  private float[] scales = new float[0];
  private float[] offsets = new float[0];

  TensorWriter(WeightsWriter out, RowWorkers workers, ProgressListener listener, long bytesTotal) {
    this.out = out;
    this.workers = workers;
    this.listener = listener;
    this.bytesTotal = bytesTotal;
  }

  PackedTensor write(Packed packed) throws IOException {
    return packed.format().encoding() == Encoding.F32 ? writeFloats(packed) : writeBlocks(packed);
  }

  private PackedTensor writeFloats(Packed packed) throws IOException {
    out.beginPart();
    int columns = packed.columns();
    int batch = Math.max(1, BATCH_WEIGHTS / columns);
    float[] values = new float[Math.multiplyExact(Math.min(batch, packed.rows()), columns)];
    for (SourceTensor member : packed.members()) {
      for (int row = 0; row < member.rows(); row += batch) {
        int rows = Math.min(batch, member.rows() - row);
        member.read(row, rows, values, 0, columns);
        Finite.require(member.name(), values, 0, rows * columns);
        out.write(values, 0, rows * columns);
        progress(packed, member, rows);
      }
      unload(member);
    }
    return tensor(packed, 0, Map.of("weight", out.endPart()));
  }

  private PackedTensor writeBlocks(Packed packed) throws IOException {
    Format format = packed.format();
    int blocks = Math.ceilDiv(packed.columns(), format.blockSize());
    int rowBytes = Math.multiplyExact(blocks, format.quantBytes());
    int batch = Math.max(1, BATCH_WEIGHTS / packed.columns());
    int allBlocks = Math.multiplyExact(packed.rows(), blocks);
    boolean withOffsets = format.encoding().hasOffsets();
    Target target =
        target(
            Math.multiplyExact(Math.min(batch, packed.rows()), rowBytes), allBlocks, withOffsets);
    Map<String, PackedTensor.Part> parts = new LinkedHashMap<>();
    out.beginPart();
    int done = 0;
    for (SourceTensor member : packed.members()) {
      for (int first = 0; first < member.rows(); first += batch) {
        int rows = Math.min(batch, member.rows() - first);
        Rows range = new Rows(member, format, first, done, rowBytes, blocks);
        workers.overRows(rows, (start, count) -> range.encode(start, count, target));
        out.write(target.quants(), 0, rows * rowBytes);
        done += rows;
        progress(packed, member, rows);
      }
      unload(member);
    }
    parts.put("quants", out.endPart());
    out.beginPart();
    out.write(scales, 0, allBlocks);
    parts.put("scales", out.endPart());
    if (withOffsets) {
      parts.put("offsets", writeTransposed(offsets, packed.rows(), blocks));
    }
    return tensor(packed, format.blockSize(), parts);
  }

  /**
   * One batch of rows.
   *
   * @param first row of the member
   * @param packedRow where that row lies in the whole tensor
   */
  private record Rows(
      SourceTensor member, Format format, int first, int packedRow, int rowBytes, int blocks) {
    void encode(int start, int count, Target target) {
      RowEncoder encoder = RowEncoders.of(member, format);
      for (int i = start; i < start + count; i++) {
        encoder.encode(first + i, target, i * rowBytes, (packedRow + i) * blocks);
      }
    }
  }

  private Target target(int quantBytes, int blocks, boolean withOffsets) {
    quants = quants.length < quantBytes ? new byte[quantBytes] : quants;
    scales = scales.length < blocks ? new float[blocks] : scales;
    offsets = withOffsets && offsets.length < blocks ? new float[blocks] : offsets;
    return new Target(quants, scales, withOffsets ? offsets : NO_OFFSETS);
  }

  private PackedTensor.Part writeTransposed(float[] values, int rows, int columns)
      throws IOException {
    int batch = Math.min(columns, Math.max(1, BATCH_WEIGHTS / rows));
    float[] turned = new float[Math.multiplyExact(batch, rows)];
    out.beginPart();
    for (int first = 0; first < columns; first += batch) {
      int count = Math.min(batch, columns - first);
      int from = first;
      workers.overRows(
          rows, (row, some) -> turn(values, columns, from, count, row, some, turned, rows));
      out.write(turned, 0, count * rows);
    }
    return out.endPart();
  }

  /**
   * Columns {@code from .. from + count - 1} of some rows; a cache line of the target at a time.
   */
  private static void turn(
      float[] values,
      int columns,
      int from,
      int count,
      int firstRow,
      int rowCount,
      float[] turned,
      int rows) {
    int end = firstRow + rowCount;
    for (int start = firstRow; start < end; start += LINE) {
      int stop = Math.min(end, start + LINE);
      for (int column = 0; column < count; column++) {
        for (int row = start; row < stop; row++) {
          turned[column * rows + row] = values[row * columns + from + column];
        }
      }
    }
  }

  private static PackedTensor tensor(
      Packed packed, int blockSize, Map<String, PackedTensor.Part> parts) {
    return new PackedTensor(
        packed.name(),
        packed.format().encoding(),
        packed.rows(),
        packed.columns(),
        blockSize,
        parts);
  }

  private void unload(SourceTensor member) {
    member.data().unload();
    bytesMapped = 0;
  }

  private void progress(Packed packed, SourceTensor member, int rows) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("the import was interrupted");
    }
    long bytes = rows * member.type().rowBytes(member.columns());
    bytesDone += bytes;
    bytesMapped += bytes;
    if (bytesMapped >= MAPPED_BYTES) {
      unload(member);
    }
    listener.onProgress(bytesDone, bytesTotal, packed.name());
  }
}
