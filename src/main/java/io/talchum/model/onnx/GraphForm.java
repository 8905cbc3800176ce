package io.talchum.model.onnx;

/**
 * Which of a model's graphs is written.
 *
 * @param contextTokens positions per slot
 */
sealed interface GraphForm {
  int contextTokens();

  /** Type of the activations. */
  ElementType number();

  /** Type of the KV cache. */
  ElementType cache();

  /**
   * Linears are operators of our own ({@link LinearKernel}).
   *
   * @param hooked whether adapters can change more than linears
   */
  record Kernels(int contextTokens, ElementType cache, boolean hooked) implements GraphForm {
    static Kernels of(ExecutorOptions options, boolean hooked) {
      return new Kernels(
          options.contextTokens(), KvSlots.elementType(options.kv().format()), hooked);
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
