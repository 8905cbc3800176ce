package io.talchum.model.onnx.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.LogitRows;
import io.talchum.model.onnx.Placement;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Decode steps that a provider can record: whatever a CUDA graph keeps of a step, ours keep, and
 * they give what other steps give.
 */
class RecordedStepsTest {
  private static final int SLOTS = DecodedRows.SLOTS;
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  private final Path folder;

  RecordedStepsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(strings = {"adapters/base-llama", "models/phi3_longrope", "models/gemma2"})
  void theyGiveWhatOtherStepsGive(String fixture) {
    try (ModelPackage model =
            TinyModels.imported(fixture, Quantization.NONE, Quantization.NONE, folder);
        DeviceModelExecutor usual =
            Placement.HOST.device(model, SLOTS, TinyModels.CONTEXT, 64, 16);
        DeviceModelExecutor recorded =
            Placement.HOST_RECORDING.device(model, SLOTS, TinyModels.CONTEXT, 64, 16)) {
      assertThat(DecodedRows.of(recorded)).isDeepEqualTo(DecodedRows.of(usual));
    }
  }

  @Test
  void addressesShapesAndTheTotalLengthStayAsTheyAre() {
    try (ModelPackage model = base();
        DeviceModelExecutor executor =
            Placement.HOST_RECORDING.device(model, SLOTS, TinyModels.CONTEXT, 64, 16);
        ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_qv")) {
      Map<DeviceSteps.Key, Map<String, MemorySegment>> first = new HashMap<>();
      for (int round = 0; round < 6; round++) {
        executor.bind(0, round % 2 == 0 ? null : adapter);
        for (int slot = 0; slot < SLOTS; slot++) {
          executor.prefill(slot, 0, Arrays.copyOf(PROMPT, 2 + round), LogitRows.ALL);
          assertThat(executor.steps().buffers().totalLength()).isEqualTo(2 + round);
        }
        for (int rows = 1; rows <= SLOTS; rows++) {
          int[] positions = new int[rows];
          Arrays.fill(positions, 2 + round);
          executor.decode(new int[rows], positions);
          assertThat(executor.steps().buffers().totalLength()).isEqualTo(TinyModels.CONTEXT);
        }
        executor
            .steps()
            .bindings()
            .forEach(
                (key, binding) -> {
                  if (key.decodes()) {
                    assertThat(first.computeIfAbsent(key, k -> binding.bound()))
                        .isEqualTo(binding.bound());
                  }
                });
      }
      assertThat(first).as("with and without adapters").hasSize(2 * SLOTS);
      assertThat(numbers(executor, true)).hasSize(2 * SLOTS).doesNotHaveDuplicates();
      assertThat(numbers(executor, true)).allMatch(number -> number >= 1);
      assertThat(numbers(executor, false)).isNotEmpty().containsOnly(-1);
    }
  }

  private static List<Integer> numbers(DeviceModelExecutor executor, boolean decodes) {
    return executor.steps().bindings().entrySet().stream()
        .filter(entry -> entry.getKey().decodes() == decodes)
        .map(entry -> entry.getValue().number())
        .toList();
  }

  @Test
  void onlyTheFirstDecodeStepOfAKindIsRunAlone() {
    OrtLibrary library = new OrtLibrary();
    OrtTensors tensors = new OrtTensors(library);
    List<String> alone = new ArrayList<>();
    List<Boolean> captures = new ArrayList<>();
    DeviceOptions options =
        new DeviceOptions(SLOTS, TinyModels.CONTEXT, 64, ElementType.FLOAT, 16, 8, true);
    try (ModelPackage model = base();
        DeviceModelExecutor executor =
            new DeviceModelExecutor(
                model,
                new Device(spied(new HostMemory(tensors), alone), new Spied(tensors, captures)),
                new OrtSessions(library, 2, false),
                tensors,
                options);
        ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_qv")) {
      executor.prefill(0, 0, PROMPT, LogitRows.LAST);
      assertThat(alone).isEmpty();
      executor.decode(new int[1], new int[] {8});
      executor.decode(new int[2], new int[] {9, 0});
      assertThat(alone).hasSize(2);
      executor.decode(new int[1], new int[] {10});
      executor.decode(new int[2], new int[] {11, 1});
      assertThat(alone).hasSize(2);
      executor.bind(1, adapter);
      executor.decode(new int[2], new int[] {12, 0});
      executor.decode(new int[2], new int[] {13, 1});
      assertThat(alone).hasSize(3);
    }
    assertThat(captures).containsExactly(true, true); // both sessions
  }

  private static DeviceMemory spied(DeviceMemory memory, List<String> alone) {
    return (DeviceMemory)
        Proxy.newProxyInstance(
            RecordedStepsTest.class.getClassLoader(),
            new Class<?>[] {DeviceMemory.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("alone")) {
                alone.add(method.getName());
              }
              return method.invoke(memory, arguments);
            });
  }

  private record Spied(OrtTensors tensors, List<Boolean> captures) implements DeviceProvider {
    @Override
    public MemorySegment memoryInfo() {
      return tensors.cpuMemory();
    }

    @Override
    public void addTo(MemorySegment options, boolean captures) {
      this.captures.add(captures);
    }

    @Override
    public void close() {}
  }

  private ModelPackage base() {
    return TinyModels.imported("adapters/base-llama", Quantization.INT8, Quantization.INT8, folder);
  }
}
