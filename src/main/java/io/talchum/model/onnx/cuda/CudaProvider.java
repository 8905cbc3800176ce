package io.talchum.model.onnx.cuda;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.ModelExecutor;
import io.talchum.model.onnx.device.Device;
import io.talchum.model.onnx.device.DeviceModelExecutor;
import io.talchum.model.onnx.device.DeviceOptions;
import io.talchum.model.onnx.device.DevicePlan;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.Optional;

/** Models on an NVIDIA GPU. */
public final class CudaProvider {
  private final OrtLibrary library;
  private final CudaRuntime cuda;
  private final int device;

  private CudaProvider(OrtLibrary library, CudaRuntime cuda, int device) {
    this.library = library;
    this.cuda = cuda;
    this.device = device;
  }

  /** What this build or machine lacks, and how to get it; empty if a GPU can be used. */
  public static Optional<String> missing() {
    return CudaRequirements.missing(new OrtLibrary());
  }

  /**
   * @param device number of the GPU, from 0
   * @throws ServeException UNSUPPORTED, saying what is missing; INVALID_REQUEST if there is no such
   *     device
   */
  public static CudaProvider open(int device) {
    OrtLibrary library = new OrtLibrary();
    Optional<String> missing = CudaRequirements.missing(library);
    if (missing.isPresent()) {
      throw new ServeException(ErrorCode.UNSUPPORTED, missing.get());
    }
    CudaRuntime cuda = new CudaRuntime(runtimeLibrary());
    int devices = cuda.devices();
    if (device < 0 || device >= devices) {
      throw ServeException.invalid(
          "cuda.device",
          "talchum.cuda.device (--cuda-device) is %d; this machine has %d, numbered from 0"
              .formatted(device, devices));
    }
    cuda.use(device);
    return new CudaProvider(library, cuda, device);
  }

  /** Bytes that can be allocated now. */
  public long freeBytes() {
    cuda.use(device);
    return cuda.memory()[0];
  }

  /**
   * Opens a package in fp16; it must stay open as long as the executor.
   *
   * @param graphs whether decode steps are recorded as CUDA graphs and replayed
   */
  public ModelExecutor open(ModelPackage weights, DevicePlan plan, boolean graphs, int threads) {
    int vocabSize = weights.manifest().spec().vocabSize();
    return open(weights, DeviceOptions.of(plan, vocabSize, graphs), threads);
  }

  public DeviceModelExecutor open(ModelPackage weights, DeviceOptions options, int threads) {
    return new DeviceModelExecutor(
        weights,
        device(),
        new OrtSessions(library, threads, false),
        new OrtTensors(library),
        options);
  }

  /** Its memory and provider, with a stream of their own; the caller closes it. */
  public Device device() {
    CudaMemory memory = new CudaMemory(cuda, device);
    return new Device(memory, new CudaExecution(library, device, memory.stream()));
  }

  private static SymbolLookup runtimeLibrary() {
    for (String name : CudaRuntime.LIBRARIES) {
      try {
        return SymbolLookup.libraryLookup(name, Arena.global());
      } catch (IllegalArgumentException e) {
        continue; // the other version
      }
    }
    throw new ServeException(
        ErrorCode.UNSUPPORTED,
        "none of %s was found; install CUDA's runtime libraries, or name their folder in LD_LIBRARY_PATH"
            .formatted(CudaRuntime.LIBRARIES));
  }
}
