package io.talchum.model.onnx.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.model.onnx.TinyModels;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicePlanTest {
  private static final long GIGABYTE = 1_000_000_000;
  private static final OptionalInt ANY = OptionalInt.empty();

  /** Llama-3.1-8B in int4: 131,072 bytes of keys and values a token, 126 MB of rank-16 stacks. */
  private static final DevicePlan.Need EIGHT_BILLION =
      new DevicePlan.Need(4_800_000_000L, 1_050_673_152, 873_472, 131_072, 125_829_120);

  private static DevicePlan plan(OptionalInt slots, int context, long free) {
    return DevicePlan.of(
        EIGHT_BILLION, new DevicePlan.Wish(slots, context, false, ANY, 16), free * GIGABYTE);
  }

  @Test
  void aLargeCardTakesAsManySlotsAsWeEverUse() {
    DevicePlan plan = plan(ANY, 4096, 80);
    assertThat(plan.slots()).isEqualTo(64);
    assertThat(plan.prefillTokens()).isEqualTo(512);
    assertThat(plan.text())
        .isEqualTo(
            "GPU memory: weights 4.80 GB, KV cache 34.36 GB in fp16 (64 slots of 4096 tokens),"
                + " adapters up to rank 16 8.05 GB, pieces of 512 tokens; 80.00 GB were free");
  }

  @Test
  void aSmallerCardTakesFewerSlots() {
    assertThat(plan(ANY, 4096, 24).slots()).isEqualTo(25);
    assertThat(plan(ANY, 4096, 16).slots()).isEqualTo(13);
    assertThat(plan(ANY, 2048, 16).slots()).isEqualTo(22);
  }

  @Test
  void whatWasPlannedIsNeverMoreThanIsFree() {
    for (int free = 8; free < 100; free++) {
      DevicePlan plan = plan(ANY, 4096, free);
      long sum =
          EIGHT_BILLION.weightBytes()
              + EIGHT_BILLION.scratchBytes()
              + DevicePlan.RESERVED_BYTES
              + plan.prefillTokens() * EIGHT_BILLION.tokenBytes()
              + plan.kvBytes()
              + plan.slots() * EIGHT_BILLION.adapterBytes();
      assertThat(sum).isLessThanOrEqualTo(free * GIGABYTE);
    }
  }

  @Test
  void aContextThatNobodySetIsHalvedUntilASlotFits() {
    DevicePlan plan = shrinking(ANY, 7);
    assertThat(plan.contextTokens()).isEqualTo(1024);
    assertThat(plan.slots()).isEqualTo(1);
    assertThat(shrinking(ANY, 80).contextTokens()).isEqualTo(4096);
    assertThat(shrinking(OptionalInt.of(32), 16).contextTokens()).isEqualTo(1024);
    assertThatThrownBy(() -> shrinking(OptionalInt.of(64), 8))
        .hasMessageContaining("a slot of 4096 tokens");
  }

  private static DevicePlan shrinking(OptionalInt slots, long free) {
    return DevicePlan.of(
        EIGHT_BILLION, new DevicePlan.Wish(slots, 4096, true, ANY, 16), free * GIGABYTE);
  }

  @Test
  void saysWhatFitsWhereTheWishDoesNot() {
    assertThatThrownBy(() -> plan(OptionalInt.of(64), 4096, 24))
        .hasMessageContaining(
            "a slot of 4096 tokens takes 0.66 GB of the GPU's memory, the weights 4.80 GB; of 24.00"
                + " GB free")
        .hasMessageContaining("slots fit: lower talchum.slots (--slots)");
    assertThatThrownBy(() -> plan(ANY, 131_072, 16))
        .hasMessageContaining("tokens fits: lower talchum.context (--context)");
    assertThatThrownBy(() -> plan(ANY, 4096, 4))
        .hasMessageContaining("not one fits: free memory of the GPU");
  }

  @Test
  void aPackageKnowsWhatItNeeds(@TempDir Path folder) {
    try (ModelPackage model =
        TinyModels.imported("models/llama_tied", Quantization.INT8, Quantization.INT8, folder)) {
      DevicePlan.Need need = DevicePlan.Need.of(model, 16);
      assertThat(need.weightBytes()).isBetween(1L, model.weightsFile().toFile().length());
      assertThat(need.kvTokenBytes())
          .isEqualTo(
              OnnxModelExecutor.kvBytesPerToken(
                      model.manifest().spec(), io.talchum.core.KvFormat.FP32)
                  / 2);
      assertThat(need.adapterBytes()).isPositive();
    }
  }
}
