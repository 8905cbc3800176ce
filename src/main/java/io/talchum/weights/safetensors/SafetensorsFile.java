package io.talchum.weights.safetensors;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;

/**
 * A memory-mapped safetensors file.
 *
 * <p>Strict: the header is at most 100 MB of flat JSON, every name occurs once, every tensor has
 * exactly the bytes of its shape, and together they cover the data without overlap or hole.
 * Immutable; any thread may read until it is closed, unless it is confined to one.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final MappedFile file;
  private final SafetensorsHeader header;

  private SafetensorsFile(MappedFile file, SafetensorsHeader header) {
    this.file = file;
    this.header = header;
  }

  /**
   * @throws ServeException INVALID_MODEL, naming the file, the tensor and the reason
   */
  public static SafetensorsFile open(Path path) {
    return of(MappedFile.open(path));
  }

  /**
   * The same for the calling thread alone: closing it does not halt all the others for a moment.
   *
   * @throws ServeException INVALID_MODEL, naming the file, the tensor and the reason
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static SafetensorsFile openConfined(Path path) {
    return of(MappedFile.open(path, Arena.ofConfined()));
  }

  private static SafetensorsFile of(MappedFile file) {
    try {
      return new SafetensorsFile(file, SafetensorsHeader.read(file));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** By name, in the order of their data in the file; unmodifiable. */
  public Map<String, TensorInfo> tensors() {
    return header.tensors();
  }

  /** The {@code __metadata__} texts of the header; unmodifiable. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  public Path path() {
    return file.path();
  }

  /** The raw little-endian bytes of a tensor; valid until this file is closed. */
  public MemorySegment data(String name) {
    TensorInfo tensor = tensor(name);
    return file.bytes().asSlice(tensor.offset(), tensor.length());
  }

  /**
   * A whole tensor as fp32, row-major.
   *
   * @throws ServeException INVALID_MODEL if it is missing, not F32, F16, BF16 or F64, or has 2^31
   *     elements or more
   */
  public float[] readFloats(String name) {
    TensorInfo tensor = tensor(name);
    if (!tensor.dtype().isFloat()) {
      throw refused(name, "has dtype " + tensor.dtype() + "; expected F32, F16, BF16 or F64");
    }
    if (tensor.elements() > Integer.MAX_VALUE - 8) {
      throw refused(name, "has " + tensor.elements() + " elements, too many to read at once");
    }
    float[] values = new float[(int) tensor.elements()];
    tensor.dtype().readFloats(data(name), 0, values, 0, values.length);
    return values;
  }

  /**
   * @throws ServeException INVALID_MODEL if there is no such tensor
   */
  public TensorInfo tensor(String name) {
    TensorInfo tensor = header.tensors().get(name);
    if (tensor == null) {
      throw refused(name, "is missing");
    }
    return tensor;
  }

  private ServeException refused(String tensor, String reason) {
    return new ServeException(
        ErrorCode.INVALID_MODEL, file.name() + ": tensor " + tensor + " " + reason);
  }

  @Override
  public void close() {
    file.close();
  }
}
