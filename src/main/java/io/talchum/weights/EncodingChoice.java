package io.talchum.weights;

/**
 * Which encoding a tensor gets.
 *
 * @param parameters of the whole model
 * @param exactInt4 whether every fp linear of the model lies on the symmetric int4 grid
 */
record EncodingChoice(
    Quantization linears,
    Quantization tables,
    CpuFeatures cpu,
    long parameters,
    boolean exactInt4) {
  private static final long LARGE = 1_000_000_000;

  Encoding linear(SourceTensor tensor) {
    return switch (linears) {
      case NONE -> Encoding.F32;
      case INT8 -> Encoding.INT8;
      case INT4 -> int4(tensor);
      case INT4_SYMMETRIC -> Encoding.INT4;
      case AUTO ->
          switch (tensor.type()) {
            case Q8_0 -> Encoding.INT8;
            case Q4_0 -> Encoding.INT4;
            case Q4_1 -> cpu.vnni() ? Encoding.INT8 : int4(tensor);
            case F32, F16, BF16 -> exactInt4 || parameters >= LARGE ? int4(tensor) : Encoding.INT8;
          };
    };
  }

  Encoding table(SourceTensor tensor) {
    return switch (tables) {
      case NONE -> Encoding.F32;
      case AUTO, INT8 -> Encoding.INT8;
      case INT4 -> int4(tensor);
      case INT4_SYMMETRIC -> Encoding.INT4;
    };
  }

  private Encoding int4(SourceTensor tensor) {
    if (tensor.type() == BlockType.Q4_0 || (exactInt4 && !tensor.type().isQuantized())) {
      return Encoding.INT4;
    }
    return tensor.columns() % Quantizers.BLOCK == 0 ? Encoding.INT4_OFFSET : Encoding.INT8;
  }
}
