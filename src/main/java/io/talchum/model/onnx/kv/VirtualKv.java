package io.talchum.model.onnx.kv;

import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.KvFormat;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.Rotation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Brings virtual keys and values into the form of the KV cache. */
public final class VirtualKv {
  private VirtualKv() {}

  /**
   * A block as {@link KvSlots#write} takes it: [layers, 2, kvHeads, tokens, headDim]. Where tokens
   * keep their positions the keys are rotated by n, as all tokens in the slot come n positions
   * later: R(p + n) q . R(n) k = R(p) q . k.
   */
  public static MemorySegment block(
      ModelSpec spec, KvScales scales, VirtualKeyValues virtual, SegmentAllocator memory) {
    MemorySegment block =
        memory.allocate(
            virtual.tokens() * KvSlots.bytesPerToken(spec, scales.format()),
            AdapterMatrix.ALIGNMENT);
    long bytes = block.byteSize() / spec.layers();
    for (int layer = 0; layer < spec.layers(); layer++) {
      writeLayer(spec, scales, virtual, layer, 1, 1, block.asSlice(layer * bytes, bytes));
    }
    return block;
  }

  /** The same of one layer, [2, kvHeads, tokens, headDim], times a factor each. */
  public static MemorySegment layer(
      ModelSpec spec,
      KvScales scales,
      VirtualKeyValues virtual,
      int layer,
      float ofKeys,
      float ofValues) {
    long bytes = virtual.tokens() * KvSlots.bytesPerToken(spec, scales.format()) / spec.layers();
    MemorySegment block = Arena.ofAuto().allocate(bytes, AdapterMatrix.ALIGNMENT);
    writeLayer(spec, scales, virtual, layer, ofKeys, ofValues, block);
    return block;
  }

  private static void writeLayer(
      ModelSpec spec,
      KvScales scales,
      VirtualKeyValues virtual,
      int layer,
      float ofKeys,
      float ofValues,
      MemorySegment block) {
    int tokens = virtual.tokens();
    float[] keys = times(ofKeys, virtual.keys().get(layer));
    if (!virtual.shiftsPositions()) {
      Rotation rotation = Rotation.pure(spec.attention().ropeOf(layer), tokens);
      for (int first = 0; first < keys.length; first += spec.headDim()) {
        rotation.apply(keys, first);
      }
    }
    boolean isInt8 = scales.format() == KvFormat.INT8;
    long at = write(spec, tokens, keys, isInt8 ? scales.keys().get(layer) : null, block, 0);
    float[] values = times(ofValues, virtual.values().get(layer));
    write(spec, tokens, values, isInt8 ? scales.values().get(layer) : null, block, at);
  }

  private static float[] times(float factor, float[] numbers) {
    float[] product = new float[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      product[i] = factor * numbers[i];
    }
    return product;
  }

  /** [tokens, kvHeads, headDim] to [kvHeads, tokens, headDim]. */
  private static long write(
      ModelSpec spec,
      int tokens,
      float[] numbers,
      float @Nullable [] scales,
      MemorySegment block,
      long at) {
    long offset = at;
    for (int head = 0; head < spec.kvHeads(); head++) {
      for (int token = 0; token < tokens; token++) {
        for (int i = 0; i < spec.headDim(); i++) {
          float number = numbers[(token * spec.kvHeads() + head) * spec.headDim() + i];
          if (scales == null) {
            block.set(ValueLayout.JAVA_FLOAT, offset, number);
            offset += Float.BYTES;
          } else {
            double steps = Math.rint(number / scales[head * spec.headDim() + i]);
            block.set(ValueLayout.JAVA_BYTE, offset, (byte) Math.clamp(steps, -128, 127));
            offset++;
          }
        }
      }
    }
    return offset;
  }
}
