package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a start without a GPU says, and that the functions called by number are the right ones. */
class CudaRequirementsTest {
  private static final String NO_LIBRARY =
      "Error code - ORT_RUNTIME_EXCEPTION - message: Failed to load library libonnxruntime_providers_cuda.so with error: %s: cannot open shared object file: No such file or directory";

  @Test
  void aBuildForCpusSaysSo() {
    assertThat(CudaRequirements.missing(library -> false, () -> "Failed to find CUDA provider"))
        .hasValue(
            "this build holds ONNX Runtime for CPUs only; build with -Pcuda (mvn -Pcuda package), see docs/gpu.md");
  }

  @ParameterizedTest
  @CsvSource({"libcuda.so.1", "libcublasLt.so.12"})
  void withoutADriverThatComesFirst(String library) {
    assertThat(CudaRequirements.missing(any -> false, () -> NO_LIBRARY.formatted(library)))
        .hasValueSatisfying(text -> assertThat(text).startsWith("no NVIDIA driver was found"));
  }

  @Test
  void aMissingLibraryIsNamed() {
    assertThat(
            CudaRequirements.missing(
                library -> true, () -> NO_LIBRARY.formatted("libcublasLt.so.13")))
        .hasValue(
            "the library libcublasLt.so.13 was not found; install CUDA's runtime libraries, or name their folder in LD_LIBRARY_PATH");
  }

  @Test
  void whatNobodyForesawIsPassedOn() {
    assertThat(
            CudaRequirements.missing(
                library -> true, () -> "libonnxruntime_providers_cuda.so: bad ELF"))
        .hasValue(
            "ONNX Runtime cannot load its CUDA provider: libonnxruntime_providers_cuda.so: bad ELF");
    assertThat(CudaRequirements.missing(library -> true, () -> null)).isEqualTo(Optional.empty());
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
          (MemorySegment)
              library.statusFunction(205, ValueLayout.ADDRESS).invokeExact(out);
      assertThatThrownBy(() -> library.check(status)).hasMessageContaining("CUDA");
    }
  }

  @Test
  void memoryOfAGpuCanBeDescribedAnywhere() {
    assertThat(CudaDevice.memoryInfo(new OrtLibrary(), 0).address()).isNotZero();
  }
}
