package io.talchum.adapter.mix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.TestAdapters;
import io.talchum.adapter.TestBases;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CombinedLoraTest {
  private static final ModelSpec SPEC = TestBases.LLAMA;
  private static final Combination CAT = Combination.of("cat", null, null, null);
  private static final Combination LINEAR = Combination.of("linear", null, null, null);

  private final Path folder;

  CombinedLoraTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Tensor by tensor what PEFT wrote; the seed is that of the recording. */
  @Tag("shared")
  @ParameterizedTest
  @CsvSource({"linear,,", "ties,0.5,", "dare_linear,0.6,101"})
  void givesPeftsTensors(String type, Double density, Long seed) throws IOException {
    Combination how = Combination.of(type, density, null, seed);
    AdapterContent ours = saved(peft("two_a", 0.5), how, peft("two_b", 0.3), peft("two_c", 0.2));
    List<LowRankDelta> theirs =
        content(Fixtures.shared("adapters/llama-mix/" + type)).weights().lowRank();
    assertThat(ours.weights().lowRank()).hasSameSizeAs(theirs);
    for (int i = 0; i < theirs.size(); i++) {
      LowRankDelta mine = ours.weights().lowRank().get(i);
      assertThat(mine.scale()).isEqualTo(theirs.get(i).scale()).isEqualTo(1);
      assertThat(mine.a().toArray()).containsExactly(theirs.get(i).a().toArray(), within(1e-6f));
      assertThat(mine.b().toArray()).containsExactly(theirs.get(i).b().toArray(), within(1e-6f));
    }
  }

  /** Ranks and modules that differ by layer end in patterns, and come back. */
  @Test
  void catIsTheWeightedSumWhenItIsReadAgain() throws IOException {
    MixPart[] parts = {
      fixture("lora_rank_alpha_pattern", -0.7),
      fixture("lora_layers_to_transform", 1.5),
      fixture("lora_all_linear", 0.25)
    };
    AdapterContent saved = saved(fixture("lora_qv", 2), CAT, parts);
    WeightedSum sum = new WeightedSum();
    sum.add("lora_qv", 2, fixture("lora_qv", 2).content().get().weights());
    for (MixPart part : parts) {
      sum.add("part", part.weight(), part.content().get().weights());
    }
    for (int layer = 0; layer < SPEC.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        float[] expected = product(sum.weights(), layer, linear);
        float[] actual = product(saved.weights(), layer, linear);
        assertThat(largestDifference(actual, expected))
            .as("%d %s", layer, linear)
            .isLessThanOrEqualTo(1e-5f);
      }
    }
    assertThat(saved.kind()).isEqualTo("LORA");
  }

  /** NaN if there is one in either; AssertJ's own comparison of arrays takes a minute for these. */
  private static float largestDifference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    float largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  @Test
  void tablesAndFusedModulesAreKept() throws IOException {
    ModelSpec fused = fused();
    AdapterWeights weights =
        AdapterWeights.of(
            new LowRankDelta(0, Linear.Q, 1, 2, ramp(64), ramp(64)),
            new LowRankDelta(0, Linear.K, 1, 2, ramp(64), ramp(32)),
            new LowRankDelta(0, Linear.V, 1, 2, ramp(64), ramp(32)),
            new EmbeddingLowRank(1, 2, ramp(256), ramp(64)),
            new HeadLowRank(1, 2, ramp(64), ramp(256)));
    LoraFolder made = CombinedLora.of(List.of(part("x", "LORA", weights)), CAT, fused);
    AdapterContent read = new PeftReader(new ZeroBase(fused)).read(write(made));
    assertThat(read.weights().lowRank())
        .extracting(LowRankDelta::linear)
        .containsExactly(Linear.Q, Linear.K, Linear.V);
    assertThat(read.weights().lowRank().get(1).b().toArray()).isEqualTo(ramp(32));
    assertThat(read.weights().all(EmbeddingLowRank.class)).hasSize(1);
    assertThat(read.weights().all(HeadLowRank.class).getFirst().b().toArray()).isEqualTo(ramp(256));
  }

  @Test
  void refusesMembersByName() {
    refused(LINEAR, "lora_qv@", "rank 4", fixture("lora_qv", 1), fixture("lora_r1", 1));
    refused(
        CAT,
        "adapter dense@",
        "DenseDelta",
        part("dense", "LOKR", AdapterWeights.of(new DenseDelta(0, Linear.Q, ramp(4096)))));
    refused(
        CAT,
        "adapter ia3@",
        "OutputScale",
        part("ia3", "IA3", AdapterWeights.of(new OutputScale(0, Linear.Q, ramp(64)))));
    refused(
        LINEAR,
        "adapter vera@",
        "(VERA) is no plain LoRA",
        part("vera", "VERA", fixture("lora_qv", 1).content().get().weights()));
    refused(Combination.of("ties", 0.5, null, null), "two adapters", "", fixture("lora_qv", 1));
  }

  private static void refused(Combination how, String message, String more, MixPart... parts) {
    assertThatThrownBy(() -> CombinedLora.of(List.of(parts), how, SPEC))
        .hasMessageContaining(message)
        .hasMessageContaining(more);
  }

  private AdapterContent saved(MixPart first, Combination how, MixPart... more) throws IOException {
    List<MixPart> parts = new java.util.ArrayList<>(List.of(first));
    parts.addAll(List.of(more));
    return content(write(CombinedLora.of(parts, how, SPEC)));
  }

  private Path write(LoraFolder made) throws IOException {
    ByteArrayOutputStream weights = new ByteArrayOutputStream();
    made.weights("recipe", weights::write);
    Files.write(folder.resolve(LoraFolder.CONFIG), made.config("base"));
    Files.write(folder.resolve(LoraFolder.WEIGHTS), weights.toByteArray());
    return folder;
  }

  private static MixPart peft(String name, double weight) {
    return part(name, weight, content(Fixtures.shared("adapters/llama-mix/" + name)));
  }

  private static MixPart fixture(String name, double weight) {
    return part(name, weight, content(Fixtures.path("adapters/llama/" + name)));
  }

  private static MixPart part(String name, double weight, AdapterContent content) {
    return new MixPart(new AdapterId(name, content.version()), weight, () -> content, () -> 0);
  }

  private static MixPart part(String name, String kind, AdapterWeights weights) {
    return part(
        name, 1, new AdapterContent(kind, TestAdapters.version(1), name, 0, 1, 0, 0, weights));
  }

  private static AdapterContent content(Path adapter) {
    return new PeftReader(new ZeroBase(SPEC)).read(adapter);
  }

  private static ModelSpec fused() {
    return new ModelSpec(
        SPEC.architecture(),
        SPEC.vocabSize(),
        SPEC.hiddenSize(),
        SPEC.layers(),
        SPEC.heads(),
        SPEC.kvHeads(),
        SPEC.headDim(),
        SPEC.intermediateSize(),
        SPEC.maxContextTokens(),
        SPEC.norms(),
        SPEC.attention(),
        SPEC.mlp(),
        SPEC.scales(),
        List.of(
            new LinearModule("self_attn.qkv_proj", List.of(Linear.Q, Linear.K, Linear.V)),
            new LinearModule("self_attn.o_proj", List.of(Linear.O)),
            new LinearModule("mlp.gate_up_proj", List.of(Linear.GATE, Linear.UP)),
            new LinearModule("mlp.down_proj", List.of(Linear.DOWN))),
        SPEC.biases(),
        SPEC.tiedHead());
  }

  private static float[] ramp(int count) {
    float[] ramp = new float[count];
    for (int i = 0; i < count; i++) {
      ramp[i] = i + 1;
    }
    return ramp;
  }

  private static float[] product(AdapterWeights weights, int layer, Linear linear) {
    int in = SPEC.inputSize(linear);
    float[] product = new float[SPEC.outputSize(linear) * in];
    for (AdapterPrimitive primitive : weights.primitives()) {
      if (primitive instanceof LowRankDelta d && d.layer() == layer && d.linear() == linear) {
        for (int row = 0; row < product.length / in; row++) {
          for (int k = 0; k < d.rank(); k++) {
            float factor = d.scale() * d.b().toArray()[row * d.rank() + k];
            for (int i = 0; i < in; i++) {
              product[row * in + i] += factor * d.a().toArray()[k * in + i];
            }
          }
        }
      }
    }
    return product;
  }
}
