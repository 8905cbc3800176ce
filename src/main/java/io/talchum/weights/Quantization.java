package io.talchum.weights;

/** What the importer makes of linears, or of embedding and head. */
public enum Quantization {
  /**
   * As exact as is sensible: a quantized source is kept (or int8 where that is faster), fp linears
   * become int8 below a billion parameters, int4 with offset above, and int4 where that is exact;
   * embedding and head become int8.
   */
  AUTO,
  /** int4 with a searched offset; symmetric int4 where that is exact. */
  INT4,
  /** int4 without offset even where that loses much: for comparison with other programs. */
  INT4_SYMMETRIC,
  INT8,
  /** fp32. */
  NONE
}
