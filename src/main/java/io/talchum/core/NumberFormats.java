package io.talchum.core;

/**
 * In what numbers a model is run, beside those of its weights.
 *
 * @param kv of the KV cache
 * @param products what activations are rounded to where quantized matrices are multiplied
 */
public record NumberFormats(KvFormat kv, ProductPrecision products) {
  /** As a server runs it that is told nothing. */
  public static final NumberFormats USUAL = new NumberFormats(KvFormat.FP32, ProductPrecision.AUTO);

  /** The weights' own numbers, and fp32 for all else. */
  public static final NumberFormats EXACT =
      new NumberFormats(KvFormat.FP32, ProductPrecision.EXACT);
}
