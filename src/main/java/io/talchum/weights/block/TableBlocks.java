package io.talchum.weights.block;

import static io.talchum.weights.block.UnpackedBlock.half;
import static io.talchum.weights.block.UnpackedBlock.unsignedShort;

/** Unpackers of GGUF blocks whose nibbles are places in a table, and of ternary blocks. */
final class TableBlocks {
  private static final byte[] NON_LINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Twice the values of e2m1, OCP Microscaling Formats 1.0, table 5. */
  private static final byte[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private TableBlocks() {}

  /** fp16 d, 16 bytes of nibbles: w = d table(q). */
  static void iq4(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from);
    PlainBlocks.nibbles(stored, from + 2, 16, block.quants, 0, 0);
    lookUp(NON_LINEAR, block.quants, 32);
  }

  /**
   * 256 weights: fp16 d, u16 of high scale bits, 4 bytes of low ones, 128 of nibbles; groups of 32.
   */
  static void iq4Super(byte[] stored, int from, UnpackedBlock block) {
    float d = half(stored, from);
    int high = unsignedShort(stored, from + 2);
    for (int g = 0; g < 8; g++) {
      int scale = stored[from + 4 + g / 2] >> 4 * (g % 2) & 15 | (high >> 2 * g & 3) << 4;
      block.scales[g] = d * (scale - 32);
      PlainBlocks.nibbles(stored, from + 8 + 16 * g, 16, block.quants, 32 * g, 0);
    }
    lookUp(NON_LINEAR, block.quants, 256);
  }

  /** An exponent byte e, 16 bytes of nibbles: w = 2^(e - 128) table(q). */
  static void mxfp4(byte[] stored, int from, UnpackedBlock block) {
    int exponent = stored[from] & 0xff;
    block.scales[0] =
        Float.intBitsToFloat(exponent < 2 ? 0x00200000 << exponent : (exponent - 1) << 23);
    PlainBlocks.nibbles(stored, from + 1, 16, block.quants, 0, 0);
    lookUp(E2M1, block.quants, 32);
  }

  private static void lookUp(byte[] table, byte[] quants, int count) {
    for (int i = 0; i < count; i++) {
      quants[i] = table[quants[i]];
    }
  }

  /** 256 weights: 64 bytes of 2-bit q, fp16 d: w = d (q - 1). */
  static void ternaryBits(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from + 64);
    for (int i = 0; i < 256; i += ByteLanes.COUNT) {
      long lanes = ByteLanes.get(stored, from + 32 * (i / 128) + i % 32);
      long two = lanes >>> 2 * (i / 32 % 4) & ByteLanes.all(3);
      ByteLanes.put(block.quants, i, ByteLanes.minus(two, 1));
    }
  }

  /**
   * 256 weights: 48 bytes of five ternary digits, 4 of four, fp16 d. Digit n of a byte is the top
   * digit of (byte * 3^n mod 256) / 256.
   */
  static void ternaryDigits(byte[] stored, int from, UnpackedBlock block) {
    block.scales[0] = half(stored, from + 52);
    digits(stored, from, 32, 5, block.quants, 0);
    digits(stored, from + 32, 16, 5, block.quants, 160);
    digits(stored, from + 48, 4, 4, block.quants, 240);
  }

  private static void digits(
      byte[] stored, int from, int bytes, int digits, byte[] quants, int at) {
    int power = 1;
    for (int digit = 0; digit < digits; digit++) {
      for (int i = 0; i < bytes; i++) {
        int rest = stored[from + i] * power & 0xff;
        quants[at + digit * bytes + i] = (byte) ((rest * 3 >> 8) - 1);
      }
      power *= 3;
    }
  }
}
