package io.talchum.model.onnx.device;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.GraphForm;
import io.talchum.model.onnx.graph.OnnxGraph;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.graph.StandardLinearNodes;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights of {@link GraphForm.Standard} graphs in the memory of a device, shared by all their
 * sessions. Engine thread.
 */
final class DeviceWeights implements AutoCloseable {
  private final Device device;
  private final OrtTensors tensors;
  private final ModelPackage weights;
  private final ElementType number;
  private final Numbers numbers;
  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> values = new LinkedHashMap<>();

  DeviceWeights(Device device, OrtTensors tensors, ModelPackage weights, DeviceOptions options) {
    this.device = device;
    this.tensors = tensors;
    this.weights = weights;
    this.number = options.number();
    this.numbers = new Numbers(number);
    boolean tied = weights.find("head").isEmpty();
    for (PackedTensor tensor : weights.manifest().tensors()) {
      if (tied || !tensor.name().equals("embed")) { // looked up on the host
        add(tensor);
      }
    }
    addRotaryTables(options.contextTokens());
    device.memory().await();
  }

  /** Bytes that a package takes. */
  static long bytes(ModelPackage weights, ElementType number) {
    boolean tied = weights.find("head").isEmpty();
    long bytes = 0;
    for (PackedTensor tensor : weights.manifest().tensors()) {
      if (tied || !tensor.name().equals("embed")) {
        for (Map.Entry<String, PackedTensor.Part> part : tensor.parts().entrySet()) {
          long length = part.getValue().length();
          bytes += part.getKey().equals("quants") ? length : length / Float.BYTES * number.bytes();
        }
      }
    }
    return bytes;
  }

  /** Numbers of the largest matrix. */
  static long largestMatrix(ModelPackage weights) {
    return weights.manifest().tensors().stream()
        .mapToLong(tensor -> (long) tensor.rows() * tensor.columns())
        .max()
        .orElse(0);
  }

  private void addRotaryTables(int contextTokens) {
    ModelSpec spec = weights.manifest().spec();
    try (Arena made = Arena.ofShared()) {
      new RotaryTables(made, spec.attention(), contextTokens)
          .tables()
          .forEach((name, table) -> addFloats(name, table.data(), table.rows(), table.pairs()));
    }
  }

  private void add(PackedTensor tensor) {
    String name = tensor.name();
    int rows = tensor.rows();
    int blocks = tensor.blocksPerRow();
    if (tensor.encoding() == Encoding.F32) {
      long[] shape =
          tensor.columns() == 1 ? new long[] {rows} : new long[] {rows, tensor.columns()};
      addFloats(name, weights.data(tensor, "weight"), shape);
      return;
    }
    int bytes = tensor.encoding().quantBytes(tensor.blockSize());
    MemorySegment quants = device.memory().place(arena, weights.data(tensor, "quants"));
    values.put(
        name + StandardLinearNodes.QUANTS,
        tensors.tensor(
            device.provider().memoryInfo(), quants, ElementType.UINT8, rows, blocks, bytes));
    MemorySegment scales = weights.data(tensor, "scales");
    addFloats(name + StandardLinearNodes.SCALES, scales, rows, blocks);
    if (tensor.encoding().hasOffsets()) {
      try (Arena made = Arena.ofShared()) {
        addFloats(name + StandardLinearNodes.OFFSETS, offsets(made, tensor), blocks, rows);
      }
    }
  }

  /** MatMulNBits takes 8-bit quants as if 128 were zero; where it is not, the offsets say so. */
  private MemorySegment offsets(Arena made, PackedTensor tensor) {
    MemorySegment offsets = weights.data(tensor, "offsets");
    if (tensor.encoding() != Encoding.INT8_OFFSET) {
      return offsets;
    }
    MemorySegment scales = weights.data(tensor, "scales");
    MemorySegment moved = made.allocate(offsets.byteSize(), Float.BYTES);
    int blocks = tensor.blocksPerRow();
    for (int row = 0; row < tensor.rows(); row++) {
      for (int block = 0; block < blocks; block++) {
        long index = (long) block * tensor.rows() + row;
        float scale =
            scales.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * blocks + block);
        float offset = offsets.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
        moved.setAtIndex(ValueLayout.JAVA_FLOAT, index, offset + 128 * scale);
      }
    }
    return moved;
  }

  /** Copies floats to the device, in the type of the activations. */
  private void addFloats(String name, MemorySegment floats, long... shape) {
    try (Arena made = Arena.ofShared()) {
      MemorySegment host = numbers.of(made, name, floats);
      MemorySegment copy = device.memory().allocate(arena, host.byteSize());
      device.memory().copy(host, copy);
      device.memory().await();
      values.put(name, tensors.tensor(device.provider().memoryInfo(), copy, number, shape));
    }
  }

  /** The tensors that a graph names. */
  Map<String, MemorySegment> of(OnnxGraph graph) {
    Map<String, MemorySegment> used = new LinkedHashMap<>();
    for (String name : graph.weights()) {
      MemorySegment value = values.get(name);
      if (value == null) {
        throw new IllegalStateException("the device has no weight " + name);
      }
      used.put(name, value);
    }
    return used;
  }

  @Override
  public void close() {
    values.values().forEach(tensors::releaseValue);
    values.clear();
    arena.close();
  }
}
