package io.talchum.model.onnx;

import io.talchum.core.ModelSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The KV cache: for each layer keys and values, f32 [slots, kvHeads, contextTokens, headDim]. Pages
 * are taken from the system when first written. Engine thread.
 */
final class KvSlots {
  private final OrtTensors tensors;
  private final ModelSpec spec;
  private final int slots;
  private final int contextTokens;
  private final MemorySegment[] keys; // [layers] of [slots, kvHeads, contextTokens, headDim]
  private final MemorySegment[] values;

  KvSlots(OrtTensors tensors, Arena arena, ModelSpec spec, int slots, int contextTokens) {
    this.tensors = tensors;
    this.spec = spec;
    this.slots = slots;
    this.contextTokens = contextTokens;
    this.keys = new MemorySegment[spec.layers()];
    this.values = new MemorySegment[spec.layers()];
    for (int layer = 0; layer < spec.layers(); layer++) {
      keys[layer] = tensors.allocateZeroed(arena, slotBytes() * slots);
      values[layer] = tensors.allocateZeroed(arena, slotBytes() * slots);
    }
  }

  /** Bytes of keys and values of one token, over all layers. */
  static long bytesPerToken(ModelSpec spec) {
    return 2L * spec.layers() * spec.kvHeads() * spec.headDim() * Float.BYTES;
  }

  /** Bytes of all slots when every page has been written. */
  long capacityBytes() {
    return bytesPerToken(spec) * contextTokens * slots;
  }

  /**
   * A tensor over the keys of slots first .. first + rows - 1 of a layer; the caller releases it.
   */
  MemorySegment keyView(int layer, int first, int rows) {
    return view(keys[layer], first, rows);
  }

  MemorySegment valueView(int layer, int first, int rows) {
    return view(values[layer], first, rows);
  }

  /** Copies the first positions of one slot to another. */
  void copy(int from, int to, int tokens) {
    long headBytes = (long) contextTokens * spec.headDim() * Float.BYTES;
    long used = (long) tokens * spec.headDim() * Float.BYTES;
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (int head = 0; head < spec.kvHeads(); head++) {
        long source = from * slotBytes() + head * headBytes;
        long target = to * slotBytes() + head * headBytes;
        MemorySegment.copy(keys[layer], source, keys[layer], target, used);
        MemorySegment.copy(values[layer], source, values[layer], target, used);
      }
    }
  }

  private MemorySegment view(MemorySegment all, int first, int rows) {
    return tensors.tensor(
        all.asSlice(first * slotBytes(), rows * slotBytes()),
        ElementType.FLOAT,
        rows,
        spec.kvHeads(),
        contextTokens,
        spec.headDim());
  }

  private long slotBytes() {
    return (long) spec.kvHeads() * contextTokens * spec.headDim() * Float.BYTES;
  }
}
