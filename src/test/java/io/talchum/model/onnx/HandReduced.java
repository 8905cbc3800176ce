package io.talchum.model.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NonLinearity;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.Projection;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.testing.Fixtures;
import io.talchum.testing.Fixtures.Goldens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Adapter fixtures reduced to primitives by the formulas alone, without the readers. */
final class HandReduced {
  private static final String PEFT = "base_model.model.";

  private final ModelSpec spec;
  private final Goldens tensors;
  private final Goldens base;
  private final JsonNode config;
  private final List<AdapterPrimitive> primitives = new ArrayList<>();

  private HandReduced(ModelSpec spec, Goldens tensors, Goldens base, JsonNode config) {
    this.spec = spec;
    this.tensors = tensors;
    this.base = base;
    this.config = config;
  }

  /** The primitives of {@code fixtures/adapters/FAMILY/KIND}. */
  static AdapterWeights read(ModelSpec spec, String family, String kind) {
    Path folder = Fixtures.shared("adapters/" + family + "/" + kind);
    boolean isHub = kind.startsWith("hub_");
    Path file = folder.resolve(isHub ? "adapter.safetensors" : "adapter_model.safetensors");
    Path baseFile = Fixtures.shared("adapters/base-" + family).resolve("model.safetensors");
    try (Goldens tensors = Fixtures.goldens(file);
        Goldens base = Fixtures.goldens(baseFile)) {
      JsonNode config =
          new JsonMapper().readTree(Files.readString(folder.resolve("adapter_config.json")));
      HandReduced reduced = new HandReduced(spec, tensors, base, config);
      reduced.reduce(kind);
      return AdapterWeights.of(reduced.primitives);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void reduce(String kind) {
    switch (kind) {
      case "prefix_tuning" -> prefix();
      case "hub_prefix_tuning_flat" -> hubPrefix();
      case "prompt_tuning" -> {
        float[] prompt = tensors.floats("prompt_embeddings");
        primitives.add(new SoftPrompt(prompt.length / spec.hiddenSize(), prompt));
      }
      case "ln_tuning" -> norms();
      case "adaption_prompt" -> gatedAttention();
      case "hub_seq_bn", "hub_par_bn", "hub_double_seq_bn" -> bottlenecks();
      case "own_lst" -> ladder();
      default -> linears();
    }
  }

  private void linears() {
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        linear(layer, linear, PEFT + "model.layers." + layer + "." + linear.path());
      }
    }
    if (config.path("alora_invocation_tokens").isArray()) {
      primitives.add(new Invocation(ints("alora_invocation_tokens")));
    }
    if (tensors.has(PEFT + "model.embed_tokens.trainable_tokens_delta")) {
      int[] ids = ints("token_indices");
      float[] rows = tensors.floats(PEFT + "model.embed_tokens.trainable_tokens_delta");
      primitives.add(new EmbeddingRows(ids, rows));
      if (tensors.has(PEFT + "lm_head.trainable_tokens_delta")) {
        primitives.add(new HeadRows(ids, rows));
      }
    }
    String head = PEFT + "lm_head.lora_";
    if (tensors.has(head + "A.weight")) {
      float[] a = tensors.floats(head + "A.weight");
      float[] b = tensors.floats(head + "B.weight");
      primitives.add(new HeadLowRank(a.length / spec.hiddenSize(), loraScale(), a, b));
    }
    String embedding = PEFT + "model.embed_tokens.lora_embedding_";
    if (tensors.has(embedding + "A")) {
      float[] a = tensors.floats(embedding + "A");
      float[] b = tensors.floats(embedding + "B");
      primitives.add(new EmbeddingLowRank(a.length / spec.vocabSize(), loraScale(), a, b));
    }
  }

  private int[] ints(String key) {
    JsonNode array = config.get(key);
    int[] ids = new int[array.size()];
    Arrays.setAll(ids, i -> array.get(i).asInt());
    return ids;
  }

  private float loraScale() {
    return (float) (config.get("lora_alpha").asDouble() / config.get("r").asDouble());
  }

  private void linear(int layer, Linear linear, String path) {
    if (tensors.has(path + ".lora_A.weight")) {
      float[] a = tensors.floats(path + ".lora_A.weight");
      float[] b = tensors.floats(path + ".lora_B.weight");
      int rank = a.length / spec.inputSize(linear);
      primitives.add(new LowRankDelta(layer, linear, rank, loraScale(), a, b));
      if (tensors.has(path + ".lora_magnitude_vector")) {
        float[] m = tensors.floats(path + ".lora_magnitude_vector");
        primitives.add(new OutputScale(layer, linear, doraScale(path, m, a, b, rank)));
      }
    }
    if (tensors.has(path + ".ia3_l")) {
      float[] factors = tensors.floats(path + ".ia3_l");
      boolean isInput = false;
      for (JsonNode name : config.get("feedforward_modules")) {
        isInput |= path.endsWith(name.asText());
      }
      primitives.add(
          isInput
              ? new InputScale(layer, linear, factors)
              : new OutputScale(layer, linear, factors));
    }
    if (tensors.has(path + ".shira_weight")) {
      float[] delta = new float[spec.inputSize(linear) * spec.outputSize(linear)];
      float[] values = tensors.floats(path + ".shira_weight");
      int[] at = tensors.ints(path + ".shira_indices");
      for (int i = 0; i < values.length; i++) {
        delta[at[i] * spec.inputSize(linear) + at[values.length + i]] = values[i];
      }
      primitives.add(new DenseDelta(layer, linear, delta));
    }
  }

  private float[] doraScale(String path, float[] m, float[] a, float[] b, int rank) {
    float[] w = base.floats(path.substring(PEFT.length()) + ".weight");
    int in = w.length / m.length;
    float[] g = new float[m.length];
    for (int o = 0; o < m.length; o++) {
      double square = 0;
      for (int i = 0; i < in; i++) {
        double sum = w[o * in + i];
        for (int r = 0; r < rank; r++) {
          sum += (double) loraScale() * b[o * rank + r] * a[r * in + i];
        }
        square += sum * sum;
      }
      g[o] = (float) (m[o] / Math.sqrt(square));
    }
    return g;
  }

  /** [n, 2 layers, kvHeads, headDim], raw. */
  private void prefix() {
    int n = config.get("num_virtual_tokens").asInt();
    virtual(n, tensors.floats("prompt_embeddings"), true);
  }

  /** The same shape, tokens keep their positions. */
  private void hubPrefix() {
    int n = config.get("config").get("prefix_length").asInt();
    String name = "model.prefix_tuning.prefix_tunings.adapt.self_prefix.control_trans";
    virtual(n, tensors.floats(name), false);
  }

  private void virtual(int n, float[] all, boolean shifts) {
    int width = spec.kvHeads() * spec.headDim();
    List<float[]> keys = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int part = 0; part < 2 * spec.layers(); part++) {
      float[] one = new float[n * width];
      for (int token = 0; token < n; token++) {
        System.arraycopy(
            all, (token * 2 * spec.layers() + part) * width, one, token * width, width);
      }
      (part % 2 == 0 ? keys : values).add(one);
    }
    primitives.add(new VirtualKeyValues(n, keys, values, shifts));
  }

  private void norms() {
    String end = ".ln_tuning_layers.weight";
    for (int layer = 0; layer < spec.layers(); layer++) {
      String path = PEFT + "model.layers." + layer + ".";
      primitives.add(
          new NormWeight(layer, Norm.INPUT, tensors.floats(path + "input_layernorm" + end)));
      primitives.add(
          new NormWeight(
              layer, Norm.MLP_INPUT, tensors.floats(path + "post_attention_layernorm" + end)));
    }
    primitives.add(new FinalNormWeight(tensors.floats(PEFT + "model.norm" + end)));
  }

  private void gatedAttention() {
    for (int layer = 0; layer < spec.layers(); layer++) {
      String path = "model.layers." + layer + ".self_attn";
      if (tensors.has(PEFT + path + ".adaption_prompt")) {
        float[] prompt = tensors.floats(PEFT + path + ".adaption_prompt");
        int n = prompt.length / spec.hiddenSize();
        primitives.add(
            new GatedAttention(
                layer,
                n,
                product(prompt, n, base.floats(path + ".k_proj.weight")),
                product(prompt, n, base.floats(path + ".v_proj.weight")),
                tensors.floats(PEFT + path + ".adaption_gate")[0]));
      }
    }
  }

  /** x [n, hidden] times the transposed weight [out, hidden]. */
  private float[] product(float[] x, int n, float[] weight) {
    int in = spec.hiddenSize();
    int out = weight.length / in;
    float[] y = new float[n * out];
    for (int i = 0; i < y.length; i++) {
      double sum = 0;
      for (int k = 0; k < in; k++) {
        sum += (double) x[i / out * in + k] * weight[i % out * in + k];
      }
      y[i] = (float) sum;
    }
    return y;
  }

  private void bottlenecks() {
    JsonNode c = config.get("config");
    Bottleneck.Input input =
        c.get("is_parallel").asBoolean()
            ? Bottleneck.Input.RESIDUAL
            : c.get("original_ln_before").asBoolean()
                ? Bottleneck.Input.OUTPUT_AND_RESIDUAL
                : Bottleneck.Input.OUTPUT;
    String name = c.get("non_linearity").asText().toUpperCase(Locale.ROOT);
    NonLinearity act = name.equals("SWISH") ? NonLinearity.SILU : NonLinearity.valueOf(name);
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Sublayer sublayer : Sublayer.values()) {
        String site = sublayer == Sublayer.MLP ? "output_adapters" : "attention_adapters";
        String path = "model.layers." + layer + "." + site + ".adapters.adapt.";
        if (tensors.has(path + "adapter_up.weight")) {
          primitives.add(
              new Bottleneck(
                  layer,
                  sublayer,
                  input,
                  projection(path + "adapter_down.0"),
                  act,
                  projection(path + "adapter_up"),
                  (float) c.get("scaling").asDouble()));
        }
      }
    }
  }

  private Projection projection(String path) {
    float[] weight = tensors.floats(path + ".weight");
    int out = tensors.file().tensor(path + ".weight").shape().getFirst().intValue();
    float[] bias = tensors.has(path + ".bias") ? tensors.floats(path + ".bias") : new float[0];
    return new Projection(out, weight.length / out, weight, bias);
  }

  private void ladder() {
    List<LadderSideNetwork.Rung> rungs = new ArrayList<>();
    for (int l = 1; l <= spec.layers(); l++) {
      rungs.add(
          new LadderSideNetwork.Rung(
              projection("down." + l),
              tensors.floats("gate." + l)[0],
              tensors.floats("norm." + l + ".weight"),
              projection("up1." + l),
              projection("up2." + l)));
    }
    primitives.add(new LadderSideNetwork(projection("down.0"), rungs, projection("up"), 1e-6f));
  }
}
