package io.talchum.weights.quantize;

import io.talchum.weights.checkpoint.SourceTensor;

/**
 * Which format a tensor gets: the one place that decides it. The same on every machine, so that one
 * source gives one content hash.
 *
 * @param parameters of the whole model
 * @param exactInt4 whether every fp linear of the model lies on the symmetric int4 grid
 */
public record EncodingChoice(QuantizationRules rules, long parameters, boolean exactInt4) {
  private static final long LARGE = 1_000_000_000;

  /**
   * @param name in the package
   */
  public Format linear(String name, SourceTensor tensor) {
    return format(rules.of(name), tensor, exactInt4 || parameters >= LARGE);
  }

  /** Of the embedding or the head. */
  public Format table(String name, SourceTensor tensor) {
    return format(rules.of(name), tensor, false);
  }

  /**
   * @param small whether {@link Quantization#AUTO} makes int4 of floats, not int8
   */
  private Format format(Quantization rule, SourceTensor tensor, boolean small) {
    return switch (rule) {
      case NONE -> Format.F32;
      case INT8 -> Format.int8(tensor.type());
      case INT4 -> int4(tensor);
      case INT4_SYMMETRIC -> Format.INT4;
      case INT4_BLOCK_32 -> Format.int4(32);
      case INT4_BLOCK_64 -> Format.int4(64);
      case INT4_BLOCK_128 -> Format.int4(128);
      case AUTO -> {
        if (tensor.type().isQuantized()) {
          yield Format.keeping(tensor.type());
        }
        yield small ? int4(tensor) : Format.INT8;
      }
    };
  }

  private Format int4(SourceTensor tensor) {
    Format kept = Format.keeping(tensor.type());
    if (kept.encoding().bits() == 4) {
      return kept;
    }
    if (exactInt4 && !tensor.type().isQuantized()) {
      return Format.INT4;
    }
    return tensor.columns() % Quantizers.BLOCK == 0 ? Format.INT4_OFFSET : Format.INT8;
  }
}
