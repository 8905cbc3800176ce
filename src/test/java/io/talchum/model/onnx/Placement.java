package io.talchum.model.onnx;

import io.talchum.model.ModelExecutor;
import io.talchum.model.onnx.cuda.CudaProvider;
import io.talchum.model.onnx.device.DeviceModelExecutor;
import io.talchum.model.onnx.device.DeviceOptions;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.ModelPackage;

/** Where a test's model runs: the same laws hold everywhere. */
public enum Placement {
  /** Kernels of our own. */
  CPU(1e-3f),
  /** The graph for devices on the CPU provider, in fp32. */
  HOST(1e-3f),
  /** The same in fp16. */
  HOST_HALF(0.05f),
  /** The same with decode steps of fixed shapes and addresses. */
  HOST_RECORDING(1e-3f),
  CUDA(0.05f),
  /** With CUDA graphs. */
  CUDA_RECORDING(0.05f);

  private static final int RANK = 64;
  private static final int CANDIDATES = 64;

  private final float safeMargin;

  Placement(float safeMargin) {
    this.safeMargin = safeMargin;
  }

  /** Two tokens whose logits are further apart than this never change places by rounding. */
  public float safeMargin() {
    return safeMargin;
  }

  /** Opens a package with few slots. */
  public ModelExecutor open(ModelPackage model, int slots, int context, int piece) {
    return this == CPU
        ? OnnxModelExecutor.open(model, new ExecutorOptions(slots, context, piece, 2, false))
        : device(model, slots, context, piece, RANK);
  }

  /** Not for {@link #CPU}. */
  public DeviceModelExecutor device(
      ModelPackage model, int slots, int context, int piece, int rank) {
    DeviceOptions options =
        new DeviceOptions(
            slots,
            context,
            piece,
            this == HOST || this == HOST_RECORDING ? ElementType.FLOAT : ElementType.FLOAT16,
            rank,
            Math.min(CANDIDATES, model.manifest().spec().vocabSize()),
            this == HOST_RECORDING || this == CUDA_RECORDING);
    return isCuda()
        ? Cuda.PROVIDER.open(model, options, 2)
        : DeviceModelExecutor.onHost(model, options);
  }

  /** Looked for once. */
  private static final class Cuda {
    static final CudaProvider PROVIDER = CudaProvider.open(0);
  }

  private boolean isCuda() {
    return this == CUDA || this == CUDA_RECORDING;
  }

  /** Bytes of the device's memory in use, from an origin that stays; 0 for the host. */
  public long usedBytes() {
    return isCuda() ? -Cuda.PROVIDER.freeBytes() : 0;
  }
}
