package io.talchum.model.onnx;

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
import io.talchum.testing.Fixtures;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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
      for (int p = 0; p < 3; p++) {
        int[] prompt = goldens.ints("prompt" + p + ".ids");
        assertThat(
                TinyModels.maxDifference(
                    TinyModels.prefill(executor, 0, prompt, 16),
                    goldens.rows("prompt" + p + ".logits")))
            .isLessThan(TOLERANCE);
        int[] greedy = goldens.ints("prompt" + p + ".greedy");
        assertThat(TinyModels.greedy(executor, prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "FLOAT16"})
  void rowsOfAMixedBatchAreWhatTheyAreAlone(ElementType number) {
    try (ModelPackage model = base(Quantization.INT8);
        DeviceModelExecutor executor = TinyModels.onHost(model, 4, number)) {
      List<ResidentAdapter> adapters = new ArrayList<>();
      adapters.add(TinyModels.adapter(executor, "adapters/llama/lora_all_linear"));
      adapters.add(null);
      adapters.add(TinyModels.adapter(executor, "adapters/llama/lora_qv"));
      adapters.add(TinyModels.adapter(executor, "adapters/llama/rslora"));
      float[][] alone = new float[4][];
      for (int i = 0; i < 4; i++) {
        executor.bind(0, adapters.get(i));
        prompt(executor, 0, i);
        alone[i] = TinyModels.row(executor.decode(new int[] {7 + i}, new int[] {8}), 0);
      }
      for (int round = 0; round < 2; round++) { // the second one finds other adapters in the stacks
        int shift = round;
        for (int slot = 0; slot < 4; slot++) {
          executor.bind(slot, adapters.get((slot + shift) % 4));
          prompt(executor, slot, (slot + shift) % 4);
        }
        int[] tokens = new int[4];
        Arrays.setAll(tokens, slot -> 7 + (slot + shift) % 4);
        StepLogits mixed = executor.decode(tokens, new int[] {8, 8, 8, 8});
        for (int slot = 0; slot < 4; slot++) {
          assertThat(
                  TinyModels.maxDifference(TinyModels.row(mixed, slot), alone[(slot + shift) % 4]))
              .as("round %d slot %d", round, slot)
              .isLessThan(number == ElementType.FLOAT ? TOLERANCE : 0.03f);
        }
      }
      adapters.stream().filter(a -> a != null).forEach(ResidentAdapter::close);
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
              "the adapter has changed biases, which only the CPU runs; serve it with talchum.provider=cpu (--provider cpu)")
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
