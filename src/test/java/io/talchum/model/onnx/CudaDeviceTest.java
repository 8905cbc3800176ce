package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of the CUDA runtime, against a double of its library; the graph runs on the CPU. */
class CudaDeviceTest {
  private final FakeCuda library = new FakeCuda();
  private final OrtLibrary runtime = new OrtLibrary();
  private final CudaRuntime cuda = new CudaRuntime(library);

  @Test
  void tellsDevicesAndMemory() {
    assertThat(cuda.devices()).isEqualTo(2);
    assertThat(cuda.memory()).containsExactly(7_000_000_000L, 8_000_000_000L);
    assertThat(new CudaDevice(runtime, cuda, 1).freeBytes()).isEqualTo(7_000_000_000L);
  }

  @Test
  void aFailureIsToldInTheRuntimesWords() {
    assertThatThrownBy(() -> cuda.use(2))
        .hasMessage("the GPU cannot use device 2: invalid argument (CUDA error 1)");
  }

  @Test
  void withoutTheProviderASessionIsRefused() {
    try (CudaDevice device = new CudaDevice(runtime, cuda, 0)) {
      assertThatThrownBy(() -> device.addProvider(MemorySegment.NULL))
          .hasMessageStartingWith("ONNX Runtime cannot use the GPU: ");
    }
  }

  @Test
  void theDecoderRunsOverItsMemoryAndLeavesNothing(@TempDir Path folder) {
    OrtTensors tensors = new OrtTensors(runtime);
    DeviceOptions options = new DeviceOptions(2, TinyModels.CONTEXT, 64, ElementType.FLOAT, 16, 8);
    int[] prompt = {3, 1, 4, 1, 5, 9, 2, 6};
    try (ModelPackage model =
            TinyModels.imported(
                "adapters/base-llama", Quantization.INT8, Quantization.INT8, folder);
        Arena arena = Arena.ofConfined()) {
      float[][] expected;
      try (DeviceModelExecutor executor = DeviceModelExecutor.onHost(model, options);
          ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_qv")) {
        executor.bind(0, adapter);
        expected = TinyModels.prefill(executor, 0, prompt, 5);
      }
      try (DeviceModelExecutor executor =
              new DeviceModelExecutor(
                  model,
                  new OnHost(new CudaDevice(runtime, cuda, 0), tensors.cpuMemory()),
                  new OrtSessions(runtime, 2, false),
                  tensors,
                  options);
          ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_qv")) {
        executor.bind(1, adapter);
        assertThat(TinyModels.prefill(executor, 1, prompt, 5)).isDeepEqualTo(expected);
        MemorySegment block = arena.allocate(executor.kvBytesPerToken() * 4);
        executor.readKv(1, 0, 4, block);
        executor.bind(0, adapter);
        executor.writeKv(0, 0, 4, block);
        executor.readKv(1, 4, 4, block);
        executor.writeKv(0, 4, 4, block);
        var logits = executor.decode(new int[] {7, 7}, new int[] {8, 8});
        assertThat(TinyModels.maxDifference(TinyModels.row(logits, 0), TinyModels.row(logits, 1)))
            .isLessThan(1e-5f);
        executor.bind(0, null);
        assertThat(executor.holdAdapters(0, 2)).isTrue();
      }
    }
    assertThat(library.allocated).isEmpty();
  }

  /** A device whose sessions run on the CPU, which can read the double's memory. */
  private record OnHost(CudaDevice memory, MemorySegment memoryInfo) implements Device {
    @Override
    public MemorySegment allocate(Arena owner, long bytes) {
      return memory.allocate(owner, bytes);
    }

    @Override
    public MemorySegment allocateHost(Arena owner, long bytes) {
      return memory.allocateHost(owner, bytes);
    }

    @Override
    public MemorySegment place(Arena owner, MemorySegment host) {
      return memory.place(owner, host);
    }

    @Override
    public void copy(MemorySegment from, MemorySegment to) {
      memory.copy(from, to);
    }

    @Override
    public void copyPieces(Pieces from, Pieces to, long bytes, int count) {
      memory.copyPieces(from, to, bytes, count);
    }

    @Override
    public void clear(MemorySegment cleared) {
      memory.clear(cleared);
    }

    @Override
    public void await() {
      memory.await();
    }

    @Override
    public void addProvider(MemorySegment options) {}

    @Override
    public long freeBytes() {
      return memory.freeBytes();
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
