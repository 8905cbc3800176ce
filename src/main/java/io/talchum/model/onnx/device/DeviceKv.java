package io.talchum.model.onnx.device;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.device.DeviceMemory.Pieces;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The KV cache on a device: for each layer keys and values [slots, kvHeads, contextTokens, headDim]
 * in the type of the activations. Engine thread.
 */
final class DeviceKv {
  private final Device device;
  private final OrtTensors tensors;
  private final ModelSpec spec;
  private final DeviceOptions options;
  private final MemorySegment[] keys; // [layers]
  private final MemorySegment[] values;

  DeviceKv(Device device, OrtTensors tensors, Arena arena, ModelSpec spec, DeviceOptions options) {
    this.device = device;
    this.tensors = tensors;
    this.spec = spec;
    this.options = options;
    this.keys = new MemorySegment[spec.layers()];
    this.values = new MemorySegment[spec.layers()];
    for (int layer = 0; layer < spec.layers(); layer++) {
      keys[layer] = device.memory().allocate(arena, slotBytes() * options.slots());
      values[layer] = device.memory().allocate(arena, slotBytes() * options.slots());
    }
  }

  /** Bytes of keys and values of one token, over all layers. */
  static long bytesPerToken(ModelSpec spec, ElementType number) {
    return 2L * spec.layers() * spec.kvHeads() * spec.headDim() * number.bytes();
  }

  /** The keys of slots from {@code first} on; the caller releases the tensor. */
  MemorySegment keyView(int layer, int first, int rows) {
    return view(keys[layer], first, rows);
  }

  MemorySegment valueView(int layer, int first, int rows) {
    return view(values[layer], first, rows);
  }

  private MemorySegment view(MemorySegment all, int first, int rows) {
    return tensors.tensor(
        device.provider().memoryInfo(),
        all.asSlice(first * slotBytes(), rows * slotBytes()),
        options.number(),
        rows,
        spec.kvHeads(),
        options.contextTokens(),
        spec.headDim());
  }

  /** Copies the first positions of one slot to another. */
  void copy(int from, int to, int tokens) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (MemorySegment all : List.of(keys[layer], values[layer])) {
        device
            .memory()
            .copyPieces(
                inSlot(all, from, 0), inSlot(all, to, 0), vectorBytes() * tokens, spec.kvHeads());
      }
    }
    device.memory().await();
  }

  /** Copies positions out to host memory, as [layers, 2, kvHeads, tokens, headDim]. */
  void read(int slot, int start, int tokens, MemorySegment host) {
    each(slot, start, tokens, host, true);
  }

  /** Copies into a slot what {@link #read} took out of the same positions. */
  void write(int slot, int start, int tokens, MemorySegment host) {
    each(slot, start, tokens, host, false);
  }

  private void each(int slot, int start, int tokens, MemorySegment host, boolean out) {
    long run = vectorBytes() * tokens;
    long at = 0;
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (MemorySegment all : List.of(keys[layer], values[layer])) {
        Pieces inside = inSlot(all, slot, start);
        Pieces outside = new Pieces(host, at, run);
        device
            .memory()
            .copyPieces(out ? inside : outside, out ? outside : inside, run, spec.kvHeads());
        at += run * spec.kvHeads();
      }
    }
    device.memory().await();
  }

  private Pieces inSlot(MemorySegment all, int slot, int start) {
    return new Pieces(
        all, slot * slotBytes() + vectorBytes() * start, vectorBytes() * options.contextTokens());
  }

  private long vectorBytes() {
    return (long) spec.headDim() * options.number().bytes();
  }

  private long slotBytes() {
    return vectorBytes() * spec.kvHeads() * options.contextTokens();
  }
}
