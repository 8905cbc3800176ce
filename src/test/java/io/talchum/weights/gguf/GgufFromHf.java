package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.testing.Fixtures;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes a fixture's checkpoint as llama.cpp's converter (gguf 0.19) does: its names, its order of
 * rows, its implied settings. Written after that converter, not after the importer.
 */
public final class GgufFromHf {
  private static final Map<String, String> MODULES =
      Map.ofEntries(
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.qkv_proj", "attn_qkv"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.gate_up_proj", "ffn_up"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.c_fc", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("mlp.c_proj", "ffn_down"),
          Map.entry("pre_feedforward_layernorm", "ffn_norm"),
          Map.entry("post_feedforward_layernorm", "post_ffw_norm"));

  private final GgufWriter gguf = new GgufWriter();
  private final JsonNode config;
  private final String model;
  private final String arch;

  private GgufFromHf(String family) {
    this.config = Fixtures.json("models/" + family + "/config.json");
    this.model = config.get("model_type").asText();
    this.arch =
        switch (model) {
          case "mistral" -> "llama";
          case "gemma3_text" -> "gemma3";
          default -> model;
        };
  }

  /** Writes the file and returns it. */
  public static Path write(String family, Path target) {
    return write(family, target, Map.of());
  }

  /** The same, with the keys that this converter leaves out: windows and Gemma's scale. */
  public static Path writeWithAllKeys(String family, Path target) {
    GgufFromHf writer = new GgufFromHf(family);
    JsonNode window = writer.config.path("sliding_window");
    if (window.isInt() && !writer.writesWindow()) {
      writer.put("attention.sliding_window", window.intValue());
    }
    if (writer.isGemma()) {
      double scalar = writer.config.get("query_pre_attn_scalar").asDouble();
      writer.put("attention.scale", (float) (1 / Math.sqrt(scalar)));
    }
    return writer.finished(family, target);
  }

  /** The same with further metadata. */
  public static Path write(String family, Path target, Map<String, String> texts) {
    GgufFromHf writer = new GgufFromHf(family);
    texts.forEach(writer.gguf::put);
    return writer.finished(family, target);
  }

  private Path finished(String family, Path target) {
    return complete(family).write(target);
  }

  /** A file that a test may put more keys into. */
  public static GgufWriter writer(String family) {
    return new GgufFromHf(family).complete(family);
  }

  private GgufWriter complete(String family) {
    metadata();
    tensors(Fixtures.path("models/" + family));
    return gguf;
  }

  private boolean writesWindow() {
    return isGemma() || model.equals("phi3");
  }

  private boolean isGemma() {
    return model.startsWith("gemma");
  }

  private int number(String key) {
    return config.get(key).asInt();
  }

  private void metadata() {
    gguf.put("general.architecture", arch).put("general.name", model);
    put("block_count", number("num_hidden_layers"));
    put("context_length", number("max_position_embeddings"));
    put("embedding_length", number("hidden_size"));
    put("feed_forward_length", number("intermediate_size"));
    put("attention.head_count", number("num_attention_heads"));
    put("attention.head_count_kv", number("num_key_value_heads"));
    if (model.equals("starcoder2")) {
      put("attention.layer_norm_epsilon", (float) config.get("norm_epsilon").asDouble());
    } else {
      put("attention.layer_norm_rms_epsilon", (float) config.get("rms_norm_eps").asDouble());
    }
    if (config.has("head_dim")) {
      put("attention.key_length", number("head_dim"));
      put("attention.value_length", number("head_dim"));
    }
    rope();
    if (writesWindow()) {
      put("attention.sliding_window", config.path("sliding_window").asInt(0));
    }
    if (model.equals("gemma2")) {
      put("attn_logit_softcapping", (float) config.get("attn_logit_softcapping").asDouble());
      put("final_logit_softcapping", (float) config.get("final_logit_softcapping").asDouble());
    }
    if (model.equals("granite")) {
      put("attention.scale", (float) config.get("attention_multiplier").asDouble());
      put("embedding_scale", (float) config.get("embedding_multiplier").asDouble());
      put("residual_scale", (float) config.get("residual_multiplier").asDouble());
      put("logit_scale", (float) config.get("logits_scaling").asDouble());
    }
  }

  private void rope() {
    JsonNode scaling =
        config.path("rope_scaling").isObject()
            ? config.get("rope_scaling")
            : config.path("rope_parameters");
    put(
        "rope.freq_base",
        (float) config.path("rope_theta").asDouble(scaling.path("rope_theta").asDouble()));
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    if (type.equals("linear") || type.equals("yarn")) {
      put("rope.scaling.type", type);
      put("rope.scaling.factor", (float) scaling.get("factor").asDouble());
    }
    if (type.equals("yarn")) {
      put(
          "rope.scaling.original_context_length",
          scaling.get("original_max_position_embeddings").asInt());
    }
    if (model.equals("phi3")) {
      phi3Rope(scaling);
    }
  }

  private void phi3Rope(JsonNode scaling) {
    double partial = config.get("partial_rotary_factor").asDouble();
    int headDim = number("hidden_size") / number("num_attention_heads");
    put("rope.dimension_count", (int) (partial * headDim));
    int original = number("original_max_position_embeddings");
    put("rope.scaling.original_context_length", original);
    if (scaling.has("long_factor")) {
      double stretch = (double) number("max_position_embeddings") / original;
      put(
          "rope.scaling.attn_factor",
          (float) Math.sqrt(1 + Math.log(stretch) / Math.log(original)));
      for (String kind : List.of("long", "short")) {
        float[] factors = new float[scaling.get(kind + "_factor").size()];
        for (int i = 0; i < factors.length; i++) {
          factors[i] = (float) scaling.get(kind + "_factor").get(i).asDouble();
        }
        gguf.add("rope_factors_" + kind + ".weight", factors, factors.length);
      }
    }
  }

  private void put(String key, int value) {
    gguf.put(arch + "." + key, value);
  }

  private void put(String key, float value) {
    gguf.put(arch + "." + key, value);
  }

  private void put(String key, String value) {
    gguf.put(arch + "." + key, value);
  }

  private void tensors(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(file -> file.getFileName().toString().matches("model.*\\.safetensors"))
          .forEach(this::tensorsOf);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tensorsOf(Path file) {
    try (SafetensorsFile hub = SafetensorsFile.open(file)) {
      hub.tensors()
          .forEach(
              (name, info) -> {
                int rows = Math.toIntExact(info.shape().getFirst());
                float[] values = values(name, hub.readFloats(name), rows);
                List<Long> shape = info.shape().reversed();
                gguf.add(stored(name), values, shape.stream().mapToLong(Long::longValue).toArray());
              });
    }
  }

  private float[] values(String name, float[] values, int rows) {
    if (isGemma() && name.endsWith("norm.weight")) {
      for (int i = 0; i < values.length; i++) {
        values[i] += 1;
      }
    }
    boolean interleaves = arch.equals("llama") || arch.equals("granite");
    if (interleaves && name.contains("q_proj")) {
      return interleaved(values, rows, number("num_attention_heads"));
    }
    return interleaves && name.contains("k_proj")
        ? interleaved(values, rows, number("num_key_value_heads"))
        : values;
  }

  /** {@code reshape(heads, 2, rows / heads / 2, columns).swapaxes(1, 2)}. */
  private static float[] interleaved(float[] values, int rows, int heads) {
    float[] out = new float[values.length];
    int columns = values.length / rows;
    int half = rows / heads / 2;
    int target = 0;
    for (int head = 0; head < heads; head++) {
      for (int pair = 0; pair < half; pair++) {
        for (int part = 0; part < 2; part++) {
          int source = (head * 2 + part) * half + pair;
          System.arraycopy(values, source * columns, out, target++ * columns, columns);
        }
      }
    }
    return out;
  }

  private String stored(String name) {
    return switch (name) {
      case "model.embed_tokens.weight" -> "token_embd.weight";
      case "lm_head.weight" -> "output.weight";
      case "model.norm.weight" -> "output_norm.weight";
      case "model.norm.bias" -> "output_norm.bias";
      default -> {
        String rest = name.substring("model.layers.".length());
        int dot = rest.indexOf('.');
        int last = rest.lastIndexOf('.');
        String module = rest.substring(dot + 1, last);
        boolean sandwich = isGemma() || model.equals("olmo2");
        String stored =
            module.equals("post_attention_layernorm")
                ? sandwich ? "post_attention_norm" : "ffn_norm"
                : MODULES.get(module);
        yield "blk." + rest.substring(0, dot) + "." + stored + rest.substring(last);
      }
    };
  }
}
