package io.talchum.weights.quantize;

/** What the importer makes of linears, of the embedding, or of the head. */
public enum Quantization {
  /**
   * As exact as is sensible: a quantized source keeps its numbers where the engine can hold them
   * and becomes int8 where not; fp linears become int8 below a billion parameters, int4 with offset
   * above, and int4 where that is exact; fp embedding and head become int8.
   */
  AUTO,
  /** int4 with a searched offset; the stored numbers where int4 holds them. */
  INT4,
  /** Symmetric int4 in blocks of 32, scale by the largest weight: for comparison with others. */
  INT4_SYMMETRIC,
  /** Symmetric int4 in blocks of 32 with a searched scale. */
  INT4_BLOCK_32,
  /** The same in blocks of 64. */
  INT4_BLOCK_64,
  /** The same in blocks of 128. */
  INT4_BLOCK_128,
  INT8,
  /** fp32. */
  NONE
}
