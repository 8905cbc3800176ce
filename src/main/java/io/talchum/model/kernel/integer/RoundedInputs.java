package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.MatrixProduct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Inputs of a product, rounded, in groups of tokens, see {@link InputFormat}. One thread fills,
 * then many read.
 */
final class RoundedInputs {
  private static final int ALIGNMENT = 64;

  private MemorySegment records = MemorySegment.NULL;
  private MemorySegment padded = MemorySegment.NULL; // one token with whole blocks
  private long content = MatrixProduct.UNKNOWN;
  private int tokens;
  private int blockColumns;
  private int tokenBytes; // of all records of one token

  /**
   * Rounds x f32 [tokens, columns of the matrix].
   *
   * @param content what x holds, see {@link MatrixProduct#arrange}
   */
  void fill(IntegerMatrix matrix, Kernels kernels, MemorySegment x, int tokens, long content) {
    int columns = matrix.format().columns();
    if (content != MatrixProduct.UNKNOWN && content == this.content && columns == blockColumns) {
      return;
    }
    this.content = content;
    this.tokens = tokens;
    this.blockColumns = columns;
    tokenBytes = matrix.blocks() * new InputFormat(columns, kernels.digits(), 1).recordBytes();
    records = fit(records, (long) tokens * tokenBytes);
    boolean whole = matrix.columns() % columns == 0;
    long row = (long) matrix.columns() * Float.BYTES;
    for (int first = 0, width; first < tokens; first += width) {
      width = kernels.width(tokens, tokens - first);
      InputFormat format = new InputFormat(columns, kernels.digits(), width);
      for (int i = 0; i < width; i++) {
        MemorySegment token = x.asSlice((first + i) * row, row);
        long from = whole ? token.address() : pad(token, matrix.blocks() * columns);
        kernels.round(format, i, from, at(first), matrix.blocks());
      }
    }
  }

  private long pad(MemorySegment token, int columns) {
    padded = fit(padded, (long) columns * Float.BYTES);
    padded.fill((byte) 0);
    padded.copyFrom(token);
    return padded.address();
  }

  private static MemorySegment fit(MemorySegment room, long bytes) {
    return room.byteSize() >= bytes ? room : Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }

  int tokens() {
    return tokens;
  }

  /** Address of the first record of the group that begins at a token. */
  long at(int token) {
    return records.address() + (long) token * tokenBytes;
  }
}
