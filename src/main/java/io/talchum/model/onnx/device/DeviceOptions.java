package io.talchum.model.onnx.device;

import io.talchum.model.onnx.ort.ElementType;

/**
 * How a {@link DeviceModelExecutor} is set up.
 *
 * @param slots KV slots, at least 1
 * @param contextTokens positions per slot
 * @param prefillTokens the longest piece of a prompt per step
 * @param number type of activations, KV cache and adapters
 * @param rank the highest rank of an adapter at one linear
 * @param candidates tokens of each row that are sorted out on the device
 * @param records whether decode steps have fixed shapes and addresses, so that the provider can
 *     record and replay them (CUDA graphs)
 */
public record DeviceOptions(
    int slots,
    int contextTokens,
    int prefillTokens,
    ElementType number,
    int rank,
    int candidates,
    boolean records) {
  /**
   * Of each row that come back to the host; the sampler asks for a whole row where they do not do.
   */
  private static final int CANDIDATES = 64;

  /** In fp16. */
  public static DeviceOptions of(DevicePlan plan, int vocabSize, boolean records) {
    return new DeviceOptions(
        plan.slots(),
        plan.contextTokens(),
        plan.prefillTokens(),
        ElementType.FLOAT16,
        plan.rank(),
        Math.min(CANDIDATES, vocabSize),
        records);
  }
}
