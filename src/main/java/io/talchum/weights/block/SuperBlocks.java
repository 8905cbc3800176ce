package io.talchum.weights.block;

import static io.talchum.weights.block.UnpackedBlock.half;

/**
 * Unpackers of GGUF's K blocks: 256 weights, whose groups of 16 or 32 have small whole scales under
 * one fp16 scale.
 */
final class SuperBlocks {
  private SuperBlocks() {}

  /** 16 bytes of scale and min nibbles, 64 of 2-bit q, fp16 d, fp16 dmin; groups of 16. */
  static void q2(byte[] stored, int from, UnpackedBlock block) {
    float d = half(stored, from + 80);
    float dmin = half(stored, from + 82);
    for (int g = 0; g < 16; g++) {
      block.scales[g] = d * (stored[from + g] & 15);
      block.mins[g] = -(dmin * (stored[from + g] >> 4 & 15));
    }
    twoBits(stored, from + 16, block.quants);
  }

  /**
   * 32 bytes of third bits (clear means minus 4), 64 of 2-bit q, 12 of 6-bit scales, fp16 d; groups
   * of 16.
   */
  static void q3(byte[] stored, int from, UnpackedBlock block) {
    float d = half(stored, from + 108);
    int packed = from + 96;
    for (int g = 0; g < 16; g++) {
      int low = stored[packed + g % 8] >> 4 * (g / 8) & 15;
      int high = stored[packed + 8 + g % 4] >> 2 * (g / 4) & 3;
      block.scales[g] = d * ((low | high << 4) - 32);
    }
    twoBits(stored, from + 32, block.quants);
    bits(stored, from, 2, block.quants, 4);
  }

  /** fp16 d, fp16 dmin, 12 bytes of 6-bit scales and mins, 128 of nibbles; groups of 32. */
  static void q4(byte[] stored, int from, UnpackedBlock block) {
    scalesAndMins(stored, from, block);
    for (int pair = 0; pair < 4; pair++) {
      PlainBlocks.nibbles(stored, from + 16 + 32 * pair, 32, block.quants, 64 * pair, 0);
    }
  }

  /** As {@link #q4} with 32 bytes of fifth bits before the nibbles. */
  static void q5(byte[] stored, int from, UnpackedBlock block) {
    scalesAndMins(stored, from, block);
    for (int pair = 0; pair < 4; pair++) {
      PlainBlocks.nibbles(stored, from + 48 + 32 * pair, 32, block.quants, 64 * pair, 0);
    }
    bits(stored, from + 16, 4, block.quants, 0);
  }

  /** 128 bytes of low nibbles, 64 of high bit pairs, 16 int8 scales, fp16 d; groups of 16. */
  static void q6(byte[] stored, int from, UnpackedBlock block) {
    float d = half(stored, from + 208);
    for (int g = 0; g < 16; g++) {
      block.scales[g] = d * stored[from + 192 + g];
    }
    for (int half = 0; half < 2; half++) {
      int at = 128 * half;
      PlainBlocks.nibbles(stored, from + 64 * half, 64, block.quants, at, 0);
      for (int i = 0; i < 128; i += ByteLanes.COUNT) {
        long high = ByteLanes.get(stored, from + 128 + 32 * half + i % 32) >>> 2 * (i / 32);
        long six = ByteLanes.get(block.quants, at + i) | (high & ByteLanes.all(3)) << 4;
        ByteLanes.put(block.quants, at + i, ByteLanes.minus(six, 32));
      }
    }
  }

  private static void twoBits(byte[] stored, int from, byte[] quants) {
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 32; i += ByteLanes.COUNT) {
        long lanes = ByteLanes.get(stored, from + 32 * half + i);
        for (int row = 0; row < 4; row++) {
          long two = lanes >>> 2 * row & ByteLanes.all(3);
          ByteLanes.put(quants, 128 * half + 32 * row + i, two);
        }
      }
    }
  }

  /** Bit g of 32 bytes is bit {@code place} of group g of 32; then less a number. */
  private static void bits(byte[] stored, int from, int place, byte[] quants, int less) {
    for (int i = 0; i < 32; i += ByteLanes.COUNT) {
      long lanes = ByteLanes.get(stored, from + i);
      for (int group = 0; group < 8; group++) {
        int at = 32 * group + i;
        long bit = (lanes >>> group & ByteLanes.all(1)) << place;
        ByteLanes.put(quants, at, ByteLanes.minus(ByteLanes.get(quants, at) | bit, less));
      }
    }
  }

  /**
   * Eight 6-bit scales and mins in 12 bytes: the first four in the low bits of bytes 0 to 3 and 4
   * to 7; of the others the low nibbles in bytes 8 to 11, the high bits above those of the first.
   */
  private static void scalesAndMins(byte[] stored, int from, UnpackedBlock block) {
    float d = half(stored, from);
    float dmin = half(stored, from + 2);
    int packed = from + 4;
    for (int g = 0; g < 4; g++) {
      int first = stored[packed + g];
      int second = stored[packed + 4 + g];
      int third = stored[packed + 8 + g];
      block.scales[g] = d * (first & 63);
      block.mins[g] = -(dmin * (second & 63));
      block.scales[g + 4] = d * (third & 15 | first >> 2 & 48);
      block.mins[g + 4] = -(dmin * (third >> 4 & 15 | second >> 2 & 48));
    }
  }
}
