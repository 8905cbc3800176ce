package io.talchum.adapter.folder;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.DType;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The tensors of one adapter: each is taken by its name and checked, what nobody takes is refused.
 * Exactly what is taken is hashed, in the order of taking: that is the adapter's version. One
 * thread.
 */
public final class TensorSource {
  private static final Set<DType> TYPES = Set.of(DType.F32, DType.F16, DType.BF16);

  /** A multiple of every element's size. */
  private static final int PIECE_BYTES = 1 << 16;

  private final SafetensorsFile file;
  private final String fileName;
  private final Set<String> left;
  private final MessageDigest digest = ContentHash.newDigest();
  private long takenBytes;

  /**
   * @param format what the version begins with
   */
  public TensorSource(SafetensorsFile file, String format) {
    this.file = file;
    this.fileName = String.valueOf(file.path().getFileName());
    this.left = new LinkedHashSet<>(file.tensors().keySet());
    count(format);
  }

  public ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, fileName + ": " + message);
  }

  /** The names that nobody took yet, in the order of the file. */
  public Set<String> left() {
    return java.util.Collections.unmodifiableSet(left);
  }

  /** Whether it is in the file and was not taken yet. */
  public boolean has(String name) {
    return left.contains(name);
  }

  /** Its shape, without taking it. */
  public List<Long> shape(String name) {
    return info(name).shape();
  }

  /**
   * @throws ServeException INVALID_ADAPTER if it is missing, of another shape or type, or not
   *     finite
   */
  public Matrix matrix(String name, int rows, int columns, String meaning) {
    return new Matrix(rows, columns, values(name, meaning, rows, columns));
  }

  /** Like {@link #matrix} for any shape. */
  public float[] values(String name, String meaning, long... shape) {
    TensorInfo tensor = require(name, TYPES, "F32, F16 or BF16");
    requireShape(tensor, meaning, shape);
    float[] values = new float[(int) tensor.elements()];
    int size = tensor.dtype().bytes();
    take(
        tensor,
        (first, piece) ->
            tensor
                .dtype()
                .readFloats(piece, 0, values, first / size, (int) piece.byteSize() / size));
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw refuse(
            "tensor "
                + name
                + " has a value that is not a finite number (NaN or infinite) at index "
                + i);
      }
    }
    return values;
  }

  /** Sees the rows of a tensor one after the other. */
  @FunctionalInterface
  public interface RowVisitor {
    /**
     * @param values f32 [columns], valid during the call
     */
    void row(int index, float[] values);
  }

  /** Takes a tensor that is too large to be read at once; finite numbers are not asked for. */
  public void forEachRow(String name, int rows, int columns, String meaning, RowVisitor visitor) {
    TensorInfo tensor = require(name, TYPES, "F32, F16 or BF16");
    requireShape(tensor, meaning, rows, columns);
    left.remove(name);
    float[] values = new float[columns];
    MemorySegment data = file.data(name);
    for (int row = 0; row < rows; row++) {
      tensor.dtype().readFloats(data, (long) row * columns, values, 0, columns);
      visitor.row(row, values);
    }
  }

  /**
   * Whole numbers from 0 to below the bound.
   *
   * @throws ServeException INVALID_ADAPTER if it is missing, of another shape or type, or out of
   *     bounds
   */
  public int[] indices(String name, int bound, String meaning, long... shape) {
    TensorInfo tensor =
        require(name, Set.of(DType.I64, DType.I32, DType.U8, DType.I16), "I64, I32, I16 or U8");
    requireShape(tensor, meaning, shape);
    int[] values = new int[(int) tensor.elements()];
    int size = tensor.dtype().bytes();
    take(
        tensor,
        (first, piece) -> {
          ByteBuffer bytes = piece.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
          for (int i = first / size; bytes.hasRemaining(); i++) {
            values[i] = index(name, bytes, size, bound);
          }
        });
    return values;
  }

  private int index(String name, ByteBuffer bytes, int size, int bound) {
    long value =
        switch (size) {
          case 8 -> bytes.getLong();
          case 4 -> bytes.getInt();
          case 2 -> bytes.getShort();
          default -> bytes.get() & 0xff;
        };
    if (value < 0 || value >= bound) {
      throw refuse(
          "tensor " + name + " holds " + value + "; it has to be from 0 to " + (bound - 1));
    }
    return (int) value;
  }

  /**
   * @param why completes "tensor NAME ..."
   * @throws ServeException INVALID_ADAPTER naming the first tensor that nobody took
   */
  public void requireAllTaken(UnaryOperator<String> why) {
    for (String name : left) {
      throw refuse("tensor " + name + " " + why.apply(name));
    }
  }

  /** Adds to the version what changes the result and is no tensor. */
  public void count(double value) {
    digest.update(ByteBuffer.allocate(Double.BYTES).putDouble(value).array());
  }

  /** Length first, so that no two sequences of texts look the same. */
  public void count(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    countLength(bytes.length);
    digest.update(bytes);
  }

  private void countLength(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** Bytes of the tensors taken. */
  public long takenBytes() {
    return takenBytes;
  }

  /** The version; call once, at the end. */
  public ContentHash version() {
    return ContentHash.of(digest);
  }

  private TensorInfo info(String name) {
    if (!left.contains(name)) {
      throw refuse("tensor " + name + " is missing");
    }
    return file.tensor(name);
  }

  private TensorInfo require(String name, Set<DType> types, String allowed) {
    TensorInfo tensor = info(name);
    if (!types.contains(tensor.dtype())) {
      throw refuse("tensor " + name + " has dtype " + tensor.dtype() + "; it has to be " + allowed);
    }
    return tensor;
  }

  private void requireShape(TensorInfo tensor, String meaning, long... shape) {
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw refuse(
          "tensor "
              + tensor.name()
              + " has shape "
              + tensor.shape()
              + ", but the base and the configuration ask for "
              + expected
              + " "
              + meaning);
    }
  }

  /** Sees a piece of a tensor's bytes, from a byte on; valid during the call. */
  private interface PieceReader {
    void read(int firstByte, MemorySegment piece);
  }

  /**
   * Reads the mapped file piece by piece. What is hashed is what is used, byte for byte, even if
   * somebody writes in the file meanwhile.
   */
  private void take(TensorInfo tensor, PieceReader reader) {
    left.remove(tensor.name());
    MemorySegment data = file.data(tensor.name());
    int length = Math.toIntExact(data.byteSize());
    takenBytes += length;
    count(tensor.name());
    count(tensor.dtype().name());
    tensor.shape().forEach(this::countLength);
    countLength(length);
    byte[] copy = new byte[Math.min(PIECE_BYTES, length)];
    for (int first = 0; first < length; first += copy.length) {
      int count = Math.min(copy.length, length - first);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, first, copy, 0, count);
      digest.update(copy, 0, count);
      reader.read(first, MemorySegment.ofArray(copy).asSlice(0, count));
    }
  }
}
