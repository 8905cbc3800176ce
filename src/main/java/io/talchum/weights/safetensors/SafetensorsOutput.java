package io.talchum.weights.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.weights.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors: the header's length in 8 bytes, the header as JSON, padded by spaces to
 * multiples of 8, then the tensors' bytes one after the other.
 */
public final class SafetensorsOutput {
  private static final int PIECE_FLOATS = 16 * 1024;

  private SafetensorsOutput() {}

  /**
   * An F32 tensor.
   *
   * @param values row-major [rows, columns]
   */
  public record Tensor(String name, int rows, int columns, float[] values) {}

  /** Takes the bytes in order; the array is used again after the call. */
  @FunctionalInterface
  public interface Sink {
    void write(byte[] bytes, int offset, int length);
  }

  /**
   * @param metadata texts of the header
   */
  public static void write(List<Tensor> tensors, Map<String, String> metadata, Sink sink) {
    byte[] header = header(tensors, metadata);
    byte[] length =
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array();
    sink.write(length, 0, length.length);
    sink.write(header, 0, header.length);
    ByteBuffer piece =
        ByteBuffer.allocate(PIECE_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Tensor tensor : tensors) {
      for (int from = 0; from < tensor.values().length; from += PIECE_FLOATS) {
        int count = Math.min(PIECE_FLOATS, tensor.values().length - from);
        piece.clear().asFloatBuffer().put(tensor.values(), from, count);
        sink.write(piece.array(), 0, count * Float.BYTES);
      }
    }
  }

  private static byte[] header(List<Tensor> tensors, Map<String, String> metadata) {
    ObjectNode header = new JsonMapper().createObjectNode();
    ObjectNode texts = header.putObject("__metadata__");
    metadata.forEach(texts::put);
    long begin = 0;
    for (Tensor tensor : tensors) {
      long end = begin + (long) tensor.values().length * Float.BYTES;
      ObjectNode entry = header.putObject(tensor.name()).put("dtype", DType.F32.name());
      entry.putArray("shape").add(tensor.rows()).add(tensor.columns());
      entry.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    String json = header.toString();
    int bytes = json.getBytes(StandardCharsets.UTF_8).length;
    return (json + " ".repeat((8 - bytes % 8) % 8)).getBytes(StandardCharsets.UTF_8);
  }
}
