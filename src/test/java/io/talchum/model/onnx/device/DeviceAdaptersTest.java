package io.talchum.model.onnx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.GoldenComparison;
import io.talchum.model.onnx.GoldenComparison.Keys;
import io.talchum.model.onnx.LowRankAdapters;
import io.talchum.model.onnx.MixedBatch;
import io.talchum.model.onnx.Placement;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Low-rank adapters as stacks beside the slots, run by the CPU provider. */
class DeviceAdaptersTest {
  private static final float TOLERANCE = 1e-4f;
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  private final Path folder;

  DeviceAdaptersTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora_all_linear", "lora_qv", "rslora", "lora_rank_alpha_pattern"})
  void aLowRankFolderGivesPeftsLogitsAndText(String kind) {
    Path adapter = Fixtures.path("adapters/llama/" + kind);
    try (ModelPackage model = base(Quantization.NONE);
        DeviceModelExecutor executor = TinyModels.onHost(model, 1, ElementType.FLOAT);
        ResidentAdapter resident =
            executor.prepare(new PeftReader(new PackageWeights(model)).read(adapter).weights());
        Fixtures.Goldens goldens = Fixtures.goldens(adapter.resolve("golden.safetensors"))) {
      executor.bind(0, resident);
      GoldenComparison.logits(
          executor,
          0,
          goldens,
          Keys.ADAPTER,
          3,
          new int[] {16},
          (what, difference, largest) -> assertThat(difference).as(what).isLessThan(TOLERANCE));
      GoldenComparison.texts(executor, goldens, Keys.ADAPTER, 3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "HOST_HALF", "HOST_RECORDING"})
  void rowsOfAMixedBatchAreWhatTheyAreAlone(Placement placement) {
    try (ModelPackage model = base(Quantization.INT8);
        DeviceModelExecutor executor = placement.device(model, 4, TinyModels.CONTEXT, 64, 16)) {
      List<@Nullable ResidentAdapter> adapters = new ArrayList<>();
      adapters.add(TinyModels.adapter(executor, "adapters/llama/lora_all_linear"));
      adapters.add(null);
      adapters.add(TinyModels.adapter(executor, "adapters/llama/lora_qv"));
      adapters.add(TinyModels.adapter(executor, "adapters/llama/rslora"));
      MixedBatch batch = new MixedBatch(executor, adapters);
      for (int shift = 0; shift < 2; shift++) {
        assertThat(batch.largestDifference(shift))
            .as("shift %d", shift)
            .isLessThan(placement == Placement.HOST_HALF ? 0.03f : TOLERANCE);
      }
      adapters.stream().filter(Objects::nonNull).forEach(ResidentAdapter::close);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "HOST_HALF"})
  void thirtyTwoRowsOfThirtyTwoAdaptersStayApart(Placement placement) {
    int rows = 32;
    try (ModelPackage model = base(Quantization.INT8);
        DeviceModelExecutor executor = placement.device(model, rows, TinyModels.CONTEXT, 64, 16)) {
      List<ResidentAdapter> adapters = new ArrayList<>();
      for (int i = 0; i < rows; i++) {
        adapters.add(executor.prepare(LowRankAdapters.random(executor.spec(), 16, i, 0.2f)));
      }
      MixedBatch batch = new MixedBatch(executor, List.copyOf(adapters));
      float limit = placement == Placement.HOST_HALF ? 0.03f : TOLERANCE;
      assertThat(batch.leastDistance()).isGreaterThan(10 * limit);
      assertThat(batch.largestDifference(0)).isLessThan(limit);
      assertThat(batch.largestDifference(13)).isLessThan(limit);
      adapters.forEach(ResidentAdapter::close);
    }
  }

  private static void prompt(DeviceModelExecutor executor, int slot, int number) {
    int[] tokens = PROMPT.clone();
    tokens[0] += number;
    executor.prefill(slot, 0, Arrays.copyOf(tokens, 5), LogitRows.NONE);
    executor.prefill(slot, 5, Arrays.copyOfRange(tokens, 5, 8), LogitRows.LAST);
  }

  @Test
  void keysAndValuesMoveBetweenSlotsAndThroughTheHost() {
    try (ModelPackage model = base(Quantization.NONE);
        DeviceModelExecutor executor = TinyModels.onHost(model, 3, ElementType.FLOAT16);
        ResidentAdapter adapter = TinyModels.adapter(executor, "adapters/llama/lora_all_linear");
        Arena arena = Arena.ofConfined()) {
      executor.bind(2, adapter);
      prompt(executor, 2, 0);
      MemorySegment block = arena.allocate(executor.kvBytesPerToken() * 4);
      executor.copySlot(2, 0, 8);
      float[] moved = TinyModels.row(executor.decode(new int[] {7}, new int[] {8}), 0);
      executor.bind(1, adapter);
      for (int start : new int[] {0, 4}) {
        executor.readKv(2, start, 4, block);
        executor.writeKv(1, start, 4, block);
      }
      float[] written = TinyModels.row(executor.decode(new int[] {7, 7}, new int[] {8, 8}), 1);
      assertThat(TinyModels.maxDifference(written, moved)).isLessThan(0.02f);
      executor.bind(1, null);
      float[] base = TinyModels.row(executor.prefill(1, 0, new int[] {3, 1, 4}, LogitRows.LAST), 0);
      executor.bind(1, adapter);
      float[] changed =
          TinyModels.row(executor.prefill(1, 0, new int[] {3, 1, 4}, LogitRows.LAST), 0);
      assertThat(TinyModels.maxDifference(base, changed)).isGreaterThan(0.02f);
    }
  }

  @Test
  void candidatesAreTheLikeliestTokensInOrder() {
    try (ModelPackage model = base(Quantization.NONE);
        DeviceModelExecutor executor = TinyModels.onHost(model, 2, ElementType.FLOAT)) {
      prompt(executor, 0, 0);
      prompt(executor, 1, 1);
      StepLogits logits = executor.decode(new int[] {7, 8}, new int[] {8, 8});
      for (int row = 0; row < 2; row++) {
        float[] all = TinyModels.row(logits, row);
        StepLogits.Candidates candidates = Objects.requireNonNull(logits.candidates(row));
        assertThat(candidates.ids()).hasSize(8);
        float[] sorted = all.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < 8; i++) {
          assertThat(candidates.logits()[i]).isEqualTo(sorted[sorted.length - 1 - i]);
          assertThat(all[candidates.ids()[i]]).isEqualTo(candidates.logits()[i]);
        }
      }
    }
  }

  @Test
  void otherKindsAreRefusedByName() {
    try (ModelPackage model = base(Quantization.INT8);
        DeviceModelExecutor executor = TinyModels.onHost(model, 1, ElementType.FLOAT)) {
      float[] delta = new float[executor.spec().outputSize(Linear.Q)];
      assertThatThrownBy(
              () -> executor.prepare(AdapterWeights.of(List.of(new BiasDelta(0, Linear.Q, delta)))))
          .isInstanceOf(ServeException.class)
          .hasMessage(
              "the adapter has changed biases, which only the CPU runs; serve it with"
                  + " talchum.provider=cpu (--provider cpu)")
          .extracting(e -> ((ServeException) e).code())
          .isEqualTo(ErrorCode.UNSUPPORTED);
    }
  }

  @Test
  void aRankBeyondTheStacksIsRefusedWithTheSettingThatHelps() {
    try (ModelPackage model = base(Quantization.INT8);
        DeviceModelExecutor executor = TinyModels.onHost(model, 1, ElementType.FLOAT)) {
      int hidden = executor.spec().hiddenSize();
      LowRankDelta delta =
          new LowRankDelta(
              0,
              Linear.Q,
              17,
              1,
              new float[17 * hidden],
              new float[17 * executor.spec().outputSize(Linear.Q)]);
      assertThatThrownBy(() -> executor.prepare(AdapterWeights.of(List.of(delta))))
          .hasMessageContaining("has rank 17, this server takes up to 16")
          .hasMessageContaining("--lora-rank) 17");
    }
  }

  private ModelPackage base(Quantization quantization) {
    return TinyModels.imported("adapters/base-llama", quantization, quantization, folder);
  }
}
