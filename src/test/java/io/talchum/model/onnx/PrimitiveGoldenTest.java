package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of primitive against the recorded numbers of an adapter that needs it. */
@Tag("shared")
class PrimitiveGoldenTest {
  private static final float TOLERANCE = 1e-4f;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama/ia3",
        "llama/ia3_feedforward",
        "llama/dora",
        "llama/shira",
        "llama/alora",
        "llama/lora_embed_head",
        "llama/trainable_tokens",
        "gemma3_text/trainable_tokens",
        "llama/prefix_tuning",
        "llama/hub_prefix_tuning_flat",
        "gemma3_text/prefix_tuning",
        "mistral/prefix_tuning",
        "qwen2/prefix_tuning",
        "qwen3/prefix_tuning",
        "llama/prompt_tuning",
        "gemma3_text/prompt_tuning",
        "mistral/prompt_tuning",
        "qwen2/prompt_tuning",
        "qwen3/prompt_tuning",
        "llama/ln_tuning",
        "llama/adaption_prompt",
        "mistral/adaption_prompt",
        "llama/hub_seq_bn",
        "llama/hub_par_bn",
        "llama/hub_double_seq_bn",
        "llama/own_lst"
      })
  void givesTheRecordedLogitsAndText(String adapter, @TempDir Path folder) {
    String family = adapter.substring(0, adapter.indexOf('/'));
    String kind = adapter.substring(family.length() + 1);
    Path base = Fixtures.shared("adapters/base-" + family);
    Path golden = Fixtures.shared("adapters/" + adapter).resolve("golden.safetensors");
    try (ModelPackage model =
            TinyModels.imported(base, "base", Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        ResidentAdapter resident =
            executor.prepare(HandReduced.read(executor.spec(), family, kind));
        Fixtures.Goldens goldens = Fixtures.goldens(golden)) {
      for (int p = 0; p < 3; p++) {
        executor.bind(0, resident);
        int[] prompt = goldens.ints("prompt" + p + ".ids");
        float[][] expected = goldens.rows("prompt" + p + ".logits");
        assertThat(TinyModels.maxDifference(TinyModels.prefill(executor, 0, prompt, 16), expected))
            .as("prompt %d", p)
            .isLessThan(TOLERANCE);
        int[] greedy = goldens.ints("prompt" + p + ".greedy");
        assertThat(TinyModels.greedy(executor, prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }
}
