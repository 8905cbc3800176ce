package io.talchum.weights.pack;

import io.talchum.weights.quantize.Encoding;
import java.util.Map;

/**
 * A matrix or vector of a model package.
 *
 * <p>Names: {@code embed} [vocab, hidden], {@code head} [vocab, hidden] (absent when tied), {@code
 * norm} [hidden], and per layer N its norms ({@link io.talchum.core.Norm#tensor}, for example
 * {@code layers.N.input_norm}), {@code layers.N.qkv} or {@code layers.N.q|k|v}, {@code layers.N.o},
 * {@code layers.N.gate_up} or {@code layers.N.gate|up}, {@code layers.N.down}, each linear and norm
 * with an optional {@code .bias}. A group of linears that read the same input is stored as one
 * matrix, its members' rows one after the other, whenever they share encoding and block size.
 *
 * @param rows outputs; for a vector its length
 * @param columns inputs, at most blocks * blockSize; for a vector 1
 * @param blockSize weights per scale, a power of two from 16 to 256; 0 for {@link Encoding#F32}
 * @param parts where each part of the encoding lies in {@code weights.bin}
 */
public record PackedTensor(
    String name, Encoding encoding, int rows, int columns, int blockSize, Map<String, Part> parts) {

  /** A byte range of {@code weights.bin}; the offset is a multiple of 4096. */
  public record Part(long offset, long length) {}

  public PackedTensor {
    parts = Map.copyOf(parts);
  }

  public int blocksPerRow() {
    return blockSize == 0 ? 0 : (columns + blockSize - 1) / blockSize;
  }

  public Part part(String part) {
    Part found = parts.get(part);
    if (found == null) {
      throw new IllegalStateException(name + " has no part " + part + "; it has " + parts.keySet());
    }
    return found;
  }
}
