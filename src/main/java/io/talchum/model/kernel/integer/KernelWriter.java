package io.talchum.model.kernel.integer;

/**
 * Writes kernels in machine code of one kind, as C functions for one group of tokens each, over
 * {@link PanelFormat} and {@link InputFormat}.
 */
interface KernelWriter {
  /** The most tokens of a kernel for few of them. */
  int fewTokens();

  /** The tokens of a kernel for many of them. */
  int manyTokens();

  /**
   * The code of
   *
   * <pre>void round(x, quants, scales, blocks)</pre>
   *
   * for one token, where {@code quants} and {@code scales} are its places in the first record. Of
   * each block d = max|x| / levels and q = round(x / d). The maximum is taken of the numbers' bits,
   * so that a block with an infinity or NaN gets a d that is not finite, and so does every output
   * of it.
   */
  byte[] rounding(InputFormat inputs);

  /**
   * The code of
   *
   * <pre>void product(weights, x, y, blocks, panels, yStride)</pre>
   *
   * with y f32, {@code yStride} bytes from token to token. In each block the products of quants are
   * summed in 32 bits and converted to fp32 once; blocks are summed in fp32 in their order. So an
   * output has the same bits whatever the group, and no sum goes across lanes.
   */
  byte[] product(PanelFormat weights, InputFormat inputs);
}
