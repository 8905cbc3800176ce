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

  /** So much of the heap may be taken by the numbers of one adapter that pass it, as f32. */
  private static final int HEAP_SHARE = 8;

  private final SafetensorsFile file;
  private final String fileName;
  private final Set<String> left;
  private final MessageDigest digest = ContentHash.newDigest();
  private final long heapLimit;
  private long takenBytes;
  private long heapBytes;

  /**
   * @param format what the version begins with
   */
  public TensorSource(SafetensorsFile file, String format) {
    this(file, format, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /**
   * @param heapLimit most bytes of the numbers that {@link #values} and {@link #matrix} read
   */
  TensorSource(SafetensorsFile file, String format, long heapLimit) {
    this.heapLimit = heapLimit;
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

  /** Like {@link #matrix}, and it stays in the file until it is wanted: see {@link #stored}. */
  public StoredMatrix storedMatrix(String name, int rows, int columns, String meaning) {
    return new StoredMatrix(rows, columns, stored(name, meaning, rows, columns));
  }

  /** Like {@link #matrix} for any shape. */
  public float[] values(String name, String meaning, long... shape) {
    TensorInfo tensor = require(name, TYPES, "F32, F16 or BF16");
    requireShape(tensor, meaning, shape);
    passHeap(tensor.elements() * Float.BYTES, tensor.name());
    float[] values = new float[(int) tensor.elements()];
    takeFloats(
        tensor, (first, piece, count) -> System.arraycopy(piece, 0, values, (int) first, count));
    return values;
  }

  /**
   * Counts numbers that lie on the Java heap until the adapter is ready to run: small ones, and
   * those that others are computed from.
   *
   * @param what they are, for the refusal
   * @throws ServeException INVALID_ADAPTER if those of this adapter are too many
   */
  public void passHeap(long bytes, String what) {
    heapBytes += bytes;
    if (heapBytes > heapLimit) {
      throw refuse(
          "what an adapter of this kind holds on the Java heap while it is loaded takes %d bytes up to %s; an adapter may take %d, an eighth of the heap: start the server with a larger TALCHUM_HEAP"
              .formatted(heapBytes, what, heapLimit));
    }
  }

  /**
   * Takes a tensor like {@link #values} and leaves its numbers in the file until they are wanted;
   * valid for as long as the file is there and unchanged.
   */
  public StoredValues stored(String name, String meaning, long... shape) {
    TensorInfo tensor = require(name, TYPES, "F32, F16 or BF16");
    requireShape(tensor, meaning, shape);
    int pieces = Math.toIntExact(Math.ceilDiv(tensor.length(), (long) StoredValues.PIECE_BYTES));
    int[] checks = new int[pieces];
    float[] magnitude = new float[1];
    take(
        tensor,
        (first, bytes, count) ->
            checks[(int) (first / StoredValues.PIECE_BYTES)] = StoredValues.check(bytes, count),
        (first, piece, count) -> {
          for (int i = 0; i < count; i++) {
            magnitude[0] = Math.max(magnitude[0], Math.abs(piece[i]));
          }
        });
    return new StoredValues(
        file.path(),
        tensor.offset(),
        tensor.length(),
        tensor.dtype(),
        checks,
        magnitude[0],
        0,
        tensor.elements());
  }

  /** Sees numbers of a tensor, from an index on; valid during the call. */
  private interface FloatReader {
    void read(long first, float[] values, int count);
  }

  private void takeFloats(TensorInfo tensor, FloatReader reader) {
    take(tensor, (first, bytes, count) -> {}, reader);
  }

  /** Takes a tensor of finite numbers. */
  private void take(TensorInfo tensor, PieceReader bytes, FloatReader reader) {
    int size = tensor.dtype().bytes();
    float[] values = new float[(int) Math.min(StoredValues.PIECE_BYTES / size, tensor.elements())];
    take(
        tensor,
        (first, piece, length) -> {
          bytes.read(first, piece, length);
          int count = length / size;
          tensor.dtype().readFloats(MemorySegment.ofArray(piece), 0, values, 0, count);
          requireFinite(tensor, first / size, values, count);
          reader.read(first / size, values, count);
        });
  }

  private void requireFinite(TensorInfo tensor, long first, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw refuse(
            "tensor "
                + tensor.name()
                + " has a value that is not a finite number (NaN or infinite) at index "
                + (first + i));
      }
    }
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
        (first, piece, count) -> {
          ByteBuffer bytes = ByteBuffer.wrap(piece, 0, count).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = (int) (first / size); bytes.hasRemaining(); i++) {
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
    void read(long firstByte, byte[] piece, int count);
  }

  /**
   * Reads the mapped file piece by piece. What is hashed is what is used, byte for byte, even if
   * somebody writes in the file meanwhile.
   */
  private void take(TensorInfo tensor, PieceReader reader) {
    left.remove(tensor.name());
    MemorySegment data = file.data(tensor.name());
    long length = data.byteSize();
    takenBytes += length;
    count(tensor.name());
    count(tensor.dtype().name());
    tensor.shape().forEach(this::countLength);
    countLength(length);
    byte[] copy = new byte[(int) Math.min(StoredValues.PIECE_BYTES, length)];
    for (long first = 0; first < length; first += copy.length) {
      int count = (int) Math.min(copy.length, length - first);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, first, copy, 0, count);
      digest.update(copy, 0, count);
      reader.read(first, copy, count);
    }
  }
}
