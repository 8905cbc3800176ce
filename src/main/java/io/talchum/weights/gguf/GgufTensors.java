package io.talchum.weights.gguf;

import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.checkpoint.TensorPlace;
import io.talchum.weights.gguf.GgufFile.GgufTensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/** The model's tensors in a GGUF file. */
final class GgufTensors {
  /** Tensors that {@link GgufAttention} reads. */
  private static final List<String> ROPE =
      List.of(GgufAttention.DIVISORS, GgufAttention.SHORT_FACTORS, GgufAttention.LONG_FACTORS);

  private GgufTensors() {}

  /**
   * By package name.
   *
   * @throws ServeException INVALID_MODEL, naming a tensor that is missing, left over or of another
   *     shape than the metadata says
   */
  static Map<String, SourceTensor> of(GgufFile file, GgufConfig config) {
    ModelSpec spec = config.spec();
    GgufNames names = new GgufNames(spec);
    Set<String> unused = new HashSet<>(file.tensors().keySet());
    Map<String, SourceTensor> tensors = new LinkedHashMap<>();
    ModelTensors.of(spec)
        .forEach(
            (name, shape) -> {
              TensorPlace place = names.of(name, shape.rows());
              tensors.put(name, tensor(file, place, shape, rowOrder(name, config)));
              unused.remove(place.tensor());
            });
    ROPE.forEach(unused::remove);
    if (!unused.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          file.name()
              + " has tensors that the architecture does not use: "
              + String.join(", ", unused.stream().sorted().limit(5).toList()));
    }
    return tensors;
  }

  private static SourceTensor tensor(
      GgufFile file, TensorPlace place, ModelTensors.Shape shape, IntUnaryOperator order) {
    String stored = place.tensor();
    GgufTensor tensor = file.tensors().get(stored);
    if (tensor == null) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, file.name() + ": tensor " + stored + " is missing");
    }
    List<Long> expected =
        shape.columns() == 1
            ? List.of((long) place.rows())
            : List.of((long) shape.columns(), (long) place.rows());
    if (!tensor.dimensions().equals(expected)) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "%s: tensor %s has dimensions %s; the metadata asks for %s"
              .formatted(file.name(), stored, tensor.dimensions(), expected));
    }
    if (shape.columns() == 1 && tensor.type().isQuantized()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "%s: the vector %s has type %s; supported for vectors: F32, F16, BF16"
              .formatted(file.name(), stored, tensor.type()));
    }
    long rowBytes = tensor.type().rowBytes(shape.columns());
    return new SourceTensor(
        stored,
        tensor.type(),
        shape.rows(),
        shape.columns(),
        file.data(tensor).asSlice(place.firstRow() * rowBytes, shape.rows() * rowBytes),
        order,
        0);
  }

  /** Undoes {@link Family#interleavedInGguf}, for biases too. */
  private static IntUnaryOperator rowOrder(String name, GgufConfig config) {
    String last = name.substring(name.indexOf('.', name.indexOf('.') + 1) + 1);
    if (!config.family().interleavedInGguf() || !last.matches("[qk](\\.bias)?")) {
      return IntUnaryOperator.identity();
    }
    int size = config.spec().headDim();
    return row -> {
      int head = row / size;
      int within = row % size;
      return head * size + 2 * (within % (size / 2)) + within / (size / 2);
    };
  }
}
