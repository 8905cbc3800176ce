package io.talchum.weights.block;

import static io.talchum.weights.block.UnpackedBlock.half;

/** Unpackers of the GGUF blocks of 32 weights with one fp16 scale; nibbles lie as (i, i + 16). */
final class PlainBlocks {
  private PlainBlocks() {}

  /** fp16 d, 32 int8 q: w = d q. */
  static void q8(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    System.arraycopy(stored, from + 2, block.quants, 0, 32);
  }

  /** fp16 d, 16 bytes of nibbles: w = d (q - 8). */
  static void q4(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    nibbles(stored, from + 2, 16, block.quants, 0, 8);
  }

  /** fp16 d, fp16 m, 16 bytes of nibbles: w = d q + m. */
  static void q4WithMin(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    block.mins[0] = half(stored, from + 2);
    nibbles(stored, from + 4, 16, block.quants, 0, 0);
  }

  /** fp16 d, u32 of fifth bits, 16 bytes of nibbles: w = d (q - 16). */
  static void q5(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    fifthBits(stored, from + 2, block.quants, 16);
  }

  /** fp16 d, fp16 m, u32 of fifth bits, 16 bytes of nibbles: w = d q + m. */
  static void q5WithMin(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    block.mins[0] = half(stored, from + 2);
    fifthBits(stored, from + 4, block.quants, 0);
  }

  /** u32 of fifth bits, 16 bytes of nibbles, less a number. */
  private static void fifthBits(byte[] stored, int from, byte[] quants, int less) {
    nibbles(stored, from + 4, 16, quants, 0, 0);
    for (int i = 0; i < 32; i += ByteLanes.COUNT) {
      long fifth = ByteLanes.spread(stored[from + i / ByteLanes.COUNT]) << 4;
      ByteLanes.put(quants, i, ByteLanes.minus(ByteLanes.get(quants, i) | fifth, less));
    }
  }

  /** Low nibbles of {@code count} bytes, then their high ones, each less a number. */
  static void nibbles(byte[] stored, int from, int count, byte[] quants, int at, int less) {
    long mask = ByteLanes.all(15);
    for (int i = 0; i < count; i += ByteLanes.COUNT) {
      long lanes = ByteLanes.get(stored, from + i);
      ByteLanes.put(quants, at + i, ByteLanes.minus(lanes & mask, less));
      ByteLanes.put(quants, at + count + i, ByteLanes.minus(lanes >>> 4 & mask, less));
    }
  }
}
