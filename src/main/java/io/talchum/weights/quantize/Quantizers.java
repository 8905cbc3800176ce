package io.talchum.weights.quantize;

/**
 * Quantizers of one row of weights in blocks of 32; pure, thread-safe.
 *
 * <p>A row is padded with zeros to whole blocks by the caller. Quants are written one byte per
 * weight; {@link #packNibbles} halves them.
 */
public final class Quantizers {
  static final int BLOCK = 32;

  /** Errors below this part of the squared weights are noise of fp32 sums. */
  static final float NOISE = 1e-6f;

  /** Adding and taking it away rounds to a whole number. */
  static final float WHOLE = 0x1.8p23f;

  private Quantizers() {}

  /** To the nearest whole number, halves to even; for values of magnitude below 2^22. */
  static float round(float value) {
    return value + WHOLE - WHOLE;
  }

  /**
   * Symmetric int8: scale = (weight of largest magnitude, with its sign) / -128, q = min(255, (int)
   * (w / scale + 128.5)).
   *
   * @param count a multiple of 32
   * @param quants receives count bytes from {@code quantsAt}
   * @param scales receives count / 32 scales from {@code scalesAt}
   */
  static void int8(
      float[] row, int from, int count, byte[] quants, int quantsAt, float[] scales, int scalesAt) {
    symmetric(128, row, from, count, quants, quantsAt, scales, scalesAt);
  }

  /**
   * Symmetric int4: scale = (weight of largest magnitude, with its sign) / -8, q = min(15, (int) (w
   * / scale + 8.5)); parameters as {@link #int8}.
   */
  static void int4(
      float[] row, int from, int count, byte[] quants, int quantsAt, float[] scales, int scalesAt) {
    symmetric(8, row, from, count, quants, quantsAt, scales, scalesAt);
  }

  private static void symmetric(
      int half,
      float[] row,
      int from,
      int count,
      byte[] quants,
      int quantsAt,
      float[] scales,
      int scalesAt) {
    for (int block = 0; block < count / BLOCK; block++) {
      int start = from + block * BLOCK;
      float scale = extreme(row, start, BLOCK) / -half;
      float inverse = scale == 0 ? 0 : 1 / scale;
      scales[scalesAt + block] = scale;
      int target = quantsAt + block * BLOCK;
      for (int i = 0; i < BLOCK; i++) {
        int q = (int) (row[start + i] * inverse + (half + 0.5f));
        quants[target + i] = (byte) Math.min(2 * half - 1, q);
      }
    }
  }

  /** The value of largest magnitude with its sign, the first one on a tie. */
  public static float extreme(float[] row, int start, int count) {
    int largest = 0;
    for (int i = start; i < start + count; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(row[i]) & Integer.MAX_VALUE);
    }
    int at = start;
    while ((Float.floatToRawIntBits(row[at]) & Integer.MAX_VALUE) != largest) {
      at++;
    }
    return row[at];
  }

  /** Whether {@link #int4} loses nothing on this row. */
  static boolean isExactInt4(float[] row, int from, int count) {
    for (int start = from; start < from + count; start += BLOCK) {
      float scale = extreme(row, start, BLOCK) / -8;
      float inverse = scale == 0 ? 0 : 1 / scale;
      for (int i = start; i < start + BLOCK; i++) {
        int q = Math.min(15, (int) (row[i] * inverse + 8.5f));
        if (scale * (q - 8) != row[i]) {
          return false;
        }
      }
    }
    return true;
  }

  /** Joins one quant per byte to two: element 2i low, 2i + 1 high; in place. */
  static void packNibbles(byte[] quants, int count) {
    for (int i = 0; i < count / 2; i++) {
      quants[i] = (byte) (quants[2 * i] | quants[2 * i + 1] << 4);
    }
  }
}
