package io.talchum.model.onnx;

import io.talchum.core.ProductPrecision;
import io.talchum.model.onnx.kv.KvScales;

/**
 * How the executor is set up.
 *
 * @param slots KV slots, at least 1
 * @param contextTokens positions per slot
 * @param prefillTokens the longest piece of a prompt per step
 * @param threads threads that compute, the engine thread included
 * @param spin whether idle threads wait actively between operators, which makes single steps faster
 * @param kv scales of an int8 KV cache; {@link KvScales#NONE} keeps it in fp32
 * @param products what products of quantized matrices do with activations
 */
public record ExecutorOptions(
    int slots,
    int contextTokens,
    int prefillTokens,
    int threads,
    boolean spin,
    KvScales kv,
    ProductPrecision products) {
  /** With exact products. */
  public ExecutorOptions(
      int slots, int contextTokens, int prefillTokens, int threads, boolean spin, KvScales kv) {
    this(slots, contextTokens, prefillTokens, threads, spin, kv, ProductPrecision.EXACT);
  }

  /** With an fp32 KV cache. */
  public ExecutorOptions(
      int slots, int contextTokens, int prefillTokens, int threads, boolean spin) {
    this(slots, contextTokens, prefillTokens, threads, spin, KvScales.NONE);
  }
}
