package io.talchum.weights;

import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.GgufFile.GgufTensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/** The model's tensors in a GGUF file of architecture llama. */
final class GgufTensors {
  private static final String ROPE_FREQS = "rope_freqs.weight";

  private GgufTensors() {}

  /**
   * By package name.
   *
   * @throws ServeException INVALID_MODEL, naming a tensor that is missing, left over or of another
   *     shape than the metadata says
   */
  static Map<String, SourceTensor> of(GgufFile file, ModelSpec spec) {
    Set<String> unused = new HashSet<>(file.tensors().keySet());
    Map<String, SourceTensor> tensors = new LinkedHashMap<>();
    ModelTensors.of(spec)
        .forEach(
            (name, shape) -> {
              String stored = storedName(name);
              tensors.put(name, tensor(file, stored, shape, rowOrder(name, spec)));
              unused.remove(stored);
            });
    unused.remove(ROPE_FREQS);
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
      GgufFile file, String stored, ModelTensors.Shape shape, IntUnaryOperator order) {
    GgufTensor tensor = file.tensors().get(stored);
    if (tensor == null) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, file.name() + ": tensor " + stored + " is missing");
    }
    List<Long> expected =
        shape.columns() == 1
            ? List.of((long) shape.rows())
            : List.of((long) shape.columns(), (long) shape.rows());
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
    return new SourceTensor(
        stored, tensor.type(), shape.rows(), shape.columns(), file.data(tensor), order);
  }

  /**
   * Rows of q and k (and their biases) are stored per head in the order of interleaved rotary
   * pairs: row {@code 2 j + s} of a head is the model's row {@code s d/2 + j}.
   */
  private static IntUnaryOperator rowOrder(String name, ModelSpec spec) {
    String last = name.substring(name.indexOf('.', name.indexOf('.') + 1) + 1);
    if (!last.matches("[qk](\\.bias)?")) {
      return IntUnaryOperator.identity();
    }
    int size = spec.headDim();
    return row -> {
      int head = row / size;
      int within = row % size;
      return head * size + 2 * (within % (size / 2)) + within / (size / 2);
    };
  }

  /** For example {@code layers.3.q} is {@code blk.3.attn_q.weight}. */
  private static String storedName(String name) {
    switch (name) {
      case ModelTensors.EMBED:
        return "token_embd.weight";
      case ModelTensors.NORM:
        return "output_norm.weight";
      case ModelTensors.HEAD:
        return "output.weight";
      default:
        String[] parts = name.split("\\.", -1);
        String suffix = parts.length > 3 ? ".bias" : ".weight";
        return "blk." + parts[1] + "." + module(parts[2]) + suffix;
    }
  }

  private static String module(String name) {
    return switch (name) {
      case ModelTensors.INPUT_NORM -> "attn_norm";
      case ModelTensors.POST_ATTENTION_NORM -> "ffn_norm";
      default -> module(Linear.valueOf(name.toUpperCase(Locale.ROOT)));
    };
  }

  static String module(int layer, Linear linear) {
    return "blk." + layer + "." + module(linear);
  }

  private static String module(Linear linear) {
    return switch (linear) {
      case Q -> "attn_q";
      case K -> "attn_k";
      case V -> "attn_v";
      case O -> "attn_output";
      case GATE -> "ffn_gate";
      case UP -> "ffn_up";
      case DOWN -> "ffn_down";
    };
  }
}
