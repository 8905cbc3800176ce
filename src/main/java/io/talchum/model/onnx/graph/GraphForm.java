package io.talchum.model.onnx.graph;

import io.talchum.core.KvFormat;
import io.talchum.model.onnx.ort.ElementType;

/**
 * Which of a model's graphs is written.
 *
 * @param contextTokens positions per slot
 */
public sealed interface GraphForm {
  int contextTokens();

  /** Type of the activations. */
  ElementType number();

  /** Type of the KV cache. */
  ElementType cache();

  /**
   * Linears are operators of our own ({@link KernelLinearNodes}).
   *
   * @param extended whether adapters can change more than linears
   */
  record Kernels(int contextTokens, ElementType cache, boolean extended) implements GraphForm {
    public static Kernels of(int contextTokens, KvFormat kv, boolean extended) {
      return new Kernels(contextTokens, ElementType.of(kv), extended);
    }

    @Override
    public ElementType number() {
      return ElementType.FLOAT;
    }
  }

  /**
   * Only operators that providers for devices have, too.
   *
   * @param rank of the low-rank changes that each slot can have; 0 for the base alone
   * @param candidates of each row that are sorted out on the device; 0 for none
   */
  record Standard(int contextTokens, ElementType number, int rank, int candidates)
      implements GraphForm {
    @Override
    public ElementType cache() {
      return number;
    }
  }
}
