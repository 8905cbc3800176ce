package io.talchum.weights.block;

/**
 * One quantized block taken apart into small whole numbers: weight i is {@code scales[g] *
 * quants[i] + mins[g]}, computed in fp32 in this order, where g = i / group size of the block type.
 * Mutable; one thread.
 */
public final class UnpackedBlock {
  public static final int MAX_ELEMENTS = 256;
  public static final int MIN_GROUP = 16;

  public final byte[] quants = new byte[MAX_ELEMENTS];
  public final float[] scales = new float[MAX_ELEMENTS / MIN_GROUP];

  /** Zero where the block type has none. */
  public final float[] mins = new float[MAX_ELEMENTS / MIN_GROUP];

  /** Takes a stored block apart; it fills what its type has and leaves the rest. */
  @FunctionalInterface
  interface Unpacker {
    /**
     * @param from where the block starts in {@code stored}
     */
    void unpack(byte[] stored, int from, UnpackedBlock block);
  }

  /** Writes the weights of the first groups. */
  void dequantize(int elements, int group, boolean withMins, float[] target, int offset) {
    for (int g = 0; g < elements / group; g++) {
      float scale = scales[g];
      int start = g * group;
      int to = offset + start;
      for (int i = 0; i < group; i++) {
        target[to + i] = scale * quants[start + i];
      }
      if (withMins) {
        float min = mins[g];
        for (int i = 0; i < group; i++) {
          target[to + i] += min;
        }
      }
    }
  }

  /** The fp16 number at an index of little-endian bytes. */
  static float half(byte[] bytes, int at) {
    return Float.float16ToFloat((short) ((bytes[at] & 0xff) | bytes[at + 1] << 8));
  }

  static int unsignedShort(byte[] bytes, int at) {
    return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
  }
}
