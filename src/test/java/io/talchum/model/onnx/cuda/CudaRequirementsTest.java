package io.talchum.model.onnx.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a start without a GPU says, and that the functions called by number are the right ones. */
class CudaRequirementsTest {
  private static final String NO_LIBRARY =
      "Error code - ORT_RUNTIME_EXCEPTION - message: Failed to load library libonnxruntime_providers_cuda.so with error: %s: cannot open shared object file: No such file or directory";

  @Test
  void aBuildForCpusSaysSo() {
    assertThat(CudaRequirements.missing(false, library -> true, () -> null))
        .hasValue(
            "this build holds ONNX Runtime for CPUs only; build with -Pcuda (mvn -Pcuda package), see docs/gpu.md");
  }

  /** Loading the provider without a driver has ended the process: it must not be tried. */
  @Test
  void withoutADriverNothingIsTried() {
    assertThat(
            CudaRequirements.missing(
                true,
                library -> false,
                () -> {
                  throw new AssertionError("tried");
                }))
        .hasValue(
            "no NVIDIA driver was found (libcuda.so.1); install the driver, or give the container access to the GPU");
  }

  @Test
  void aMissingLibraryIsNamed() {
    assertThat(
            CudaRequirements.missing(
                true, library -> true, () -> NO_LIBRARY.formatted("libcublasLt.so.13")))
        .hasValue(
            "the library libcublasLt.so.13 was not found; install CUDA's runtime libraries, or name their folder in LD_LIBRARY_PATH");
  }

  @Test
  void whatNobodyForesawIsPassedOn() {
    assertThat(
            CudaRequirements.missing(
                true, library -> true, () -> "libonnxruntime_providers_cuda.so: bad ELF"))
        .hasValue(
            "ONNX Runtime cannot use its CUDA provider: libonnxruntime_providers_cuda.so: bad ELF");
    assertThat(CudaRequirements.missing(true, library -> true, () -> null))
        .isEqualTo(Optional.empty());
  }

  @Test
  void thisBuildIsRefusedAsAWhole() {
    assertThatThrownBy(() -> CudaProvider.open(0))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("see docs/gpu.md")
        .extracting(e -> ((ServeException) e).code())
        .isEqualTo(ErrorCode.UNSUPPORTED);
  }

  /** ONNX Runtime for CPUs knows the functions, too, and refuses with their names. */
  @Test
  void theProviderOptionsAreWhereTheTableSays() throws Throwable {
    OrtLibrary library = new OrtLibrary();
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ValueLayout.ADDRESS);
      MemorySegment status =
          (MemorySegment) library.statusFunction(205, ValueLayout.ADDRESS).invokeExact(out);
      assertThatThrownBy(() -> library.check(status)).hasMessageContaining("CUDA");
    }
  }

  /** It refuses an empty key by what it is called, and takes the one that we give. */
  @Test
  void theRunOptionsAreWhereTheTableSays() {
    OrtTensors tensors = new OrtTensors(new OrtLibrary());
    tensors.releaseRunOptions(tensors.runOptions("gpu_graph_id", "1"));
    assertThatThrownBy(() -> tensors.runOptions("", "1")).hasMessageContaining("Config key");
  }

  @Test
  void memoryOfAGpuCanBeDescribedAnywhere() {
    assertThat(CudaExecution.memoryInfo(new OrtLibrary(), 0).address()).isNotZero();
  }
}
