package io.talchum.model.kernel.integer;

/** Kernels for AArch64 with dot products of bytes. */
final class ArmKernels implements KernelWriter {
  @Override
  public int fewTokens() {
    return 4;
  }

  @Override
  public int manyTokens() {
    return 8;
  }

  @Override
  public byte[] rounding(InputFormat inputs) {
    return ArmRoundingWriter.write(inputs);
  }

  @Override
  public byte[] product(PanelFormat weights, InputFormat inputs) {
    return ArmProductWriter.write(weights, inputs);
  }
}
