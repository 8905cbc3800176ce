package io.talchum.model.onnx;

import io.talchum.model.onnx.graph.OnnxGraph;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights that the graph names, as tensors over the mapped file: ONNX Runtime copies none.
 * Engine thread, or under the owner's lock.
 */
final class SharedWeights implements AutoCloseable {
  private final OrtSessions sessions;
  private final OrtTensors tensors;
  private final Map<String, MemorySegment> values = new LinkedHashMap<>();
  private final Path directory;

  SharedWeights(OrtSessions sessions, OrtTensors tensors, ModelPackage weights) {
    this.sessions = sessions;
    this.tensors = tensors;
    this.directory = weights.directory().toAbsolutePath();
    for (PackedTensor tensor : weights.manifest().tensors()) {
      share(weights, tensor);
    }
  }

  /** Creates a session; to be released by the caller before this object is closed. */
  MemorySegment createSession(OnnxGraph graph, MemorySegment operators) {
    Map<String, MemorySegment> used = new LinkedHashMap<>();
    for (String name : graph.weights()) {
      MemorySegment value = values.get(name);
      if (value == null) {
        throw new IllegalStateException("the model package has no weight " + name);
      }
      used.put(name, value);
    }
    return sessions.create(graph.serialized(), used, directory, sessions.withOperators(operators));
  }

  /**
   * Lets the system take back the mapped pages of quantized matrices: the kernels compute with
   * their panels. What is still read (embeddings, norms) comes back page by page.
   */
  static void unload(ModelPackage weights) {
    for (PackedTensor tensor : weights.manifest().tensors()) {
      if (tensor.encoding() != Encoding.F32) {
        tensor.parts().keySet().forEach(part -> weights.data(tensor, part).unload());
      }
    }
  }

  private void share(ModelPackage weights, PackedTensor tensor) {
    if (tensor.encoding() == Encoding.F32) {
      long[] shape =
          tensor.columns() == 1
              ? new long[] {tensor.rows()}
              : new long[] {tensor.rows(), tensor.columns()};
      share(tensor.name(), weights.data(tensor, "weight"), ElementType.FLOAT, shape);
    }
  }

  /** Adds a tensor that is no part of the package; its memory must live as long as this object. */
  void share(String name, MemorySegment data, ElementType type, long... shape) {
    values.put(name, tensors.tensor(data, type, shape));
  }

  @Override
  public void close() {
    values.values().forEach(tensors::releaseValue);
    values.clear();
  }
}
