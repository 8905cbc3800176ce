package io.talchum.weights;

import static io.talchum.weights.UnpackedBlock.half;
import static io.talchum.weights.UnpackedBlock.littleInt;

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
    nibbles(stored, from + 2, 16, block.quants, 0, -8);
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
    nibbles(stored, from + 6, 16, block.quants, 0, -16);
    fifthBits(littleInt(stored, from + 2), block.quants);
  }

  /** fp16 d, fp16 m, u32 of fifth bits, 16 bytes of nibbles: w = d q + m. */
  static void q5WithMin(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    block.mins[0] = half(stored, from + 2);
    nibbles(stored, from + 8, 16, block.quants, 0, 0);
    fifthBits(littleInt(stored, from + 4), block.quants);
  }

  private static void fifthBits(int bits, byte[] quants) {
    for (int i = 0; i < 32; i++) {
      quants[i] += (byte) ((bits >>> i & 1) << 4);
    }
  }

  /** Low nibbles of {@code count} bytes, then their high ones, each plus {@code shift}. */
  static void nibbles(byte[] stored, int from, int count, byte[] quants, int at, int shift) {
    for (int i = 0; i < count; i++) {
      quants[at + i] = (byte) ((stored[from + i] & 15) + shift);
    }
    for (int i = 0; i < count; i++) {
      quants[at + count + i] = (byte) ((stored[from + i] >> 4 & 15) + shift);
    }
  }
}
