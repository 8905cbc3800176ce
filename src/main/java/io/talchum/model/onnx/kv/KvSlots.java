package io.talchum.model.onnx.kv;

import io.talchum.core.KvFormat;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The KV cache: for each layer keys and values, f32 or int8 [slots, kvHeads, contextTokens,
 * headDim]. Pages are taken from the system when first written. Engine thread.
 */
public final class KvSlots {
  private final OrtTensors tensors;
  private final ModelSpec spec;
  private final KvFormat format;
  private final int slots;
  private final int contextTokens;
  private final MemorySegment[] keys; // [layers] of [slots, kvHeads, contextTokens, headDim]
  private final MemorySegment[] values;

  public KvSlots(
      OrtTensors tensors,
      Arena arena,
      ModelSpec spec,
      KvFormat format,
      int slots,
      int contextTokens) {
    this.tensors = tensors;
    this.spec = spec;
    this.format = format;
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
  public static long bytesPerToken(ModelSpec spec, KvFormat format) {
    return 2L * spec.layers() * spec.kvHeads() * spec.headDim() * format.bytes();
  }

  /** Bytes of all slots when every page has been written. */
  public long capacityBytes() {
    return bytesPerToken(spec, format) * contextTokens * slots;
  }

  /**
   * A tensor over the keys of slots first .. first + rows - 1 of a layer; the caller releases it.
   */
  public MemorySegment keyView(int layer, int first, int rows) {
    return view(keys[layer], first, rows);
  }

  public MemorySegment valueView(int layer, int first, int rows) {
    return view(values[layer], first, rows);
  }

  /** Copies the first positions of one slot to another. */
  public void copy(int from, int to, int tokens) {
    long headBytes = (long) contextTokens * spec.headDim() * format.bytes();
    long used = (long) tokens * spec.headDim() * format.bytes();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (int head = 0; head < spec.kvHeads(); head++) {
        long source = from * slotBytes() + head * headBytes;
        long target = to * slotBytes() + head * headBytes;
        MemorySegment.copy(keys[layer], source, keys[layer], target, used);
        MemorySegment.copy(values[layer], source, values[layer], target, used);
      }
    }
  }

  /** Copies positions of a slot out, as [layers, 2, kvHeads, tokens, headDim]. */
  public void read(int slot, int start, int tokens, MemorySegment to) {
    requireSize(tokens, to);
    long run = runBytes(tokens);
    long at = 0;
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (MemorySegment all : List.of(keys[layer], values[layer])) {
        for (int head = 0; head < spec.kvHeads(); head++, at += run) {
          MemorySegment.copy(all, offset(slot, head, start), to, at, run);
        }
      }
    }
  }

  /** Copies into a slot what {@link #read} took out of the same positions. */
  public void write(int slot, int start, int tokens, MemorySegment from) {
    requireSize(tokens, from);
    long bytes = from.byteSize() / spec.layers();
    for (int layer = 0; layer < spec.layers(); layer++) {
      writeLayer(slot, layer, start, tokens, from.asSlice(layer * bytes, bytes));
    }
  }

  /** The same for one layer, from [2, kvHeads, tokens, headDim]. */
  public void writeLayer(int slot, int layer, int start, int tokens, MemorySegment from) {
    long run = runBytes(tokens);
    long at = 0;
    for (MemorySegment all : List.of(keys[layer], values[layer])) {
      for (int head = 0; head < spec.kvHeads(); head++, at += run) {
        MemorySegment.copy(from, at, all, offset(slot, head, start), run);
      }
    }
  }

  private void requireSize(int tokens, MemorySegment block) {
    if (block.byteSize() != tokens * bytesPerToken(spec, format)) {
      throw new IllegalArgumentException(
          "%d tokens take %d bytes, not %d"
              .formatted(tokens, tokens * bytesPerToken(spec, format), block.byteSize()));
    }
  }

  private long runBytes(int tokens) {
    return (long) tokens * spec.headDim() * format.bytes();
  }

  private long offset(int slot, int head, int position) {
    long vector = (long) head * contextTokens + position;
    return slot * slotBytes() + vector * spec.headDim() * format.bytes();
  }

  private MemorySegment view(MemorySegment all, int first, int rows) {
    return tensors.tensor(
        all.asSlice(first * slotBytes(), rows * slotBytes()),
        ElementType.of(format),
        rows,
        spec.kvHeads(),
        contextTokens,
        spec.headDim());
  }

  /** A key of slot 0 as it lies there: of an int8 cache in steps of its scales. */
  public float[] key(int layer, int head, int position) {
    return vector(keys[layer], head, position);
  }

  public float[] value(int layer, int head, int position) {
    return vector(values[layer], head, position);
  }

  private float[] vector(MemorySegment all, int head, int position) {
    long first = ((long) head * contextTokens + position) * spec.headDim();
    float[] numbers = new float[spec.headDim()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (format) {
            case FP32 -> all.getAtIndex(ValueLayout.JAVA_FLOAT, first + i);
            case INT8 -> all.get(ValueLayout.JAVA_BYTE, first + i);
          };
    }
    return numbers;
  }

  private long slotBytes() {
    return (long) spec.kvHeads() * contextTokens * spec.headDim() * format.bytes();
  }
}
