package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.code.Width;
import io.talchum.model.kernel.code.X86Assembler;

/**
 * Kernels for x86-64.
 *
 * @param width of the product's vectors
 * @param hasDotProduct whether VPDPBUSD is there: four products of bytes, summed in 32 bits
 */
record X86Kernels(Width width, boolean hasDotProduct) implements KernelWriter {
  @Override
  public int fewTokens() {
    return width == Width.EVEX_512 ? 4 : 3;
  }

  @Override
  public int manyTokens() {
    return width == Width.EVEX_512 ? 8 : 3;
  }

  /**
   * Vectors of rows that a kernel for so many tokens computes side by side: two, where the
   * registers suffice for their sums. Few tokens wait for the weights' way from memory, and two
   * vectors keep more of it under way at once.
   */
  int vectors(int tokens) {
    return width == Width.EVEX_512 && tokens <= 4 ? 2 : 1;
  }

  @Override
  public byte[] rounding(InputFormat inputs) {
    X86Assembler code = new X86Assembler();
    X86RoundingWriter.write(code, inputs);
    return code.code();
  }

  @Override
  public byte[] product(PanelFormat weights, InputFormat inputs) {
    X86Assembler code = new X86Assembler();
    X86ProductWriter.write(code, this, weights, inputs);
    return code.code();
  }
}
