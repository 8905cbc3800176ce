package io.talchum.model.onnx.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.device.Device;
import io.talchum.model.onnx.device.DeviceModelExecutor;
import io.talchum.model.onnx.device.DeviceOptions;
import io.talchum.model.onnx.device.HostProvider;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
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
    assertThat(new CudaMemory(cuda, 1).freeBytes()).isEqualTo(7_000_000_000L);
  }

  @Test
  void aFailureIsToldInTheRuntimesWords() {
    assertThatThrownBy(() -> cuda.use(2))
        .hasMessage("the GPU cannot use device 2: invalid argument (CUDA error 1)");
  }

  @Test
  void withoutTheProviderASessionIsRefused() {
    try (CudaMemory memory = new CudaMemory(cuda, 0);
        CudaExecution provider = new CudaExecution(runtime, 0, memory.stream())) {
      assertThatThrownBy(() -> provider.addTo(MemorySegment.NULL, false))
          .hasMessageStartingWith("ONNX Runtime cannot use the GPU: ");
    }
  }

  @Test
  void theProviderIsToldItsStreamAndWhetherItRecords() {
    try (CudaMemory memory = new CudaMemory(cuda, 1);
        CudaExecution provider = new CudaExecution(runtime, 1, memory.stream())) {
      Map<String, String> always =
          Map.of(
              "device_id",
              "1",
              "user_compute_stream",
              "4660",
              "arena_extend_strategy",
              "kSameAsRequested");
      assertThat(provider.settings(false)).isEqualTo(always);
      assertThat(provider.settings(true))
          .containsAllEntriesOf(always)
          .containsEntry("enable_cuda_graph", "1")
          .hasSize(4);
    }
  }

  /** What another thread asked of the stream would become part of the recorded step. */
  @Test
  void nobodyElseCallsWhileAStepIsRecorded() throws InterruptedException {
    try (CudaMemory memory = new CudaMemory(cuda, 0);
        Arena arena = Arena.ofShared()) {
      AtomicBoolean called = new AtomicBoolean();
      Thread other =
          new Thread(
              () -> {
                memory.allocate(arena, 64);
                called.set(true);
              });
      memory.alone(
          () -> {
            other.start();
            while (other.getState() != Thread.State.BLOCKED) {
              Thread.onSpinWait();
            }
            memory.await(); // the recording thread itself may
            assertThat(called).isFalse();
          });
      other.join();
      assertThat(called).isTrue();
    }
  }

  @Test
  void theDecoderRunsOverItsMemoryAndLeavesNothing(@TempDir Path folder) {
    OrtTensors tensors = new OrtTensors(runtime);
    DeviceOptions options =
        new DeviceOptions(2, TinyModels.CONTEXT, 64, ElementType.FLOAT, 16, 8, false);
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
                  new Device(new CudaMemory(cuda, 0), new HostProvider(tensors)),
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
}
