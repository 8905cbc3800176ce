package io.talchum.model.onnx.adapter;

import io.talchum.adapter.SequenceGate;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.VectorLoops;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * Gates of an adapter; their means are their sequence's ({@link BoundAdapter#gate}).
 *
 * @param number dense from 0 in the adapter
 * @param weight f32 [outputs, in]
 */
public record AdapterGate(int number, int outputs, MemorySegment weight, float[] bias) {
  public static AdapterGate of(SegmentAllocator memory, int number, SequenceGate gate) {
    return new AdapterGate(
        number, gate.outputs(), AdapterMatrix.vector(memory, gate.weight()), gate.bias());
  }

  /** w x of one gate. */
  float dot(int output, MemorySegment x, long offset) {
    long bytes = weight.byteSize() / outputs;
    return VectorLoops.dot(weight.asSlice(output * bytes, bytes), x, offset);
  }

  float bias(int output) {
    return bias[output];
  }
}
