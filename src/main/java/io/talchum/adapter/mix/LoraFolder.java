package io.talchum.adapter.mix;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.adapter.BaseModule;
import io.talchum.core.ModelSpec;
import io.talchum.weights.safetensors.SafetensorsOutput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A LoRA as PEFT keeps it in a folder.
 *
 * @param parts at least one; each path once, scale 1
 */
public record LoraFolder(List<LoraPart> parts, ModelSpec spec) {
  public static final String CONFIG = "adapter_config.json";
  public static final String WEIGHTS = "adapter_model.safetensors";

  private static final String PREFIX = "base_model.model.";

  public LoraFolder {
    parts = List.copyOf(parts);
  }

  /** All that LoRA may be on, in the order of torch's modules. */
  static List<String> paths(ModelSpec spec) {
    List<String> paths = new ArrayList<>();
    paths.add(LoraParts.EMBEDDING);
    paths.addAll(BaseModule.all(spec).keySet());
    paths.add(LoraParts.HEAD);
    return paths;
  }

  /**
   * {@link #CONFIG}: alpha is the rank, so that the scale is 1.
   *
   * @param base its name
   */
  public byte[] config(String base) {
    int rank = parts.stream().mapToInt(LoraPart::rank).max().orElseThrow();
    ObjectNode config = new JsonMapper().createObjectNode();
    config.put("peft_type", "LORA");
    config.put("task_type", "CAUSAL_LM");
    config.put("base_model_name_or_path", base);
    config.put("inference_mode", true);
    config.put("r", rank);
    config.put("lora_alpha", rank);
    config.put("lora_dropout", 0.0);
    config.put("bias", "none");
    config.put("use_rslora", false);
    config.put("use_dora", false);
    config.put("fan_in_fan_out", false);
    config.put("init_lora_weights", true);
    ArrayNode targets = config.putArray("target_modules");
    targets().forEach(targets::add);
    ObjectNode ranks = config.putObject("rank_pattern");
    ObjectNode alphas = config.putObject("alpha_pattern");
    patterns(rank)
        .forEach(
            (key, value) -> {
              ranks.put(key, value);
              alphas.put(key, value);
            });
    return config.toPrettyString().getBytes(StandardCharsets.UTF_8);
  }

  /** Ends of paths where all layers have LoRA, else paths. */
  private List<String> targets() {
    Map<String, Long> all =
        paths(spec).stream().collect(Collectors.groupingBy(LoraFolder::end, Collectors.counting()));
    Map<String, List<LoraPart>> here = byEnd();
    List<String> targets = new ArrayList<>();
    here.forEach(
        (end, found) -> {
          if (all.getOrDefault(end, 0L) == found.size()) {
            targets.add(end);
          } else {
            found.forEach(part -> targets.add(part.path()));
          }
        });
    return targets;
  }

  /** Ranks other than the usual one: by ends of paths where all layers have the same. */
  private Map<String, Integer> patterns(int usual) {
    Map<String, Integer> patterns = new LinkedHashMap<>();
    byEnd()
        .forEach(
            (end, found) -> {
              Set<Integer> ranks = found.stream().map(LoraPart::rank).collect(Collectors.toSet());
              if (ranks.size() > 1) {
                found.forEach(part -> patterns.put(part.path(), part.rank()));
              } else if (!ranks.contains(usual)) {
                patterns.put(end, found.getFirst().rank());
              }
            });
    return patterns;
  }

  private Map<String, List<LoraPart>> byEnd() {
    return parts.stream()
        .collect(
            Collectors.groupingBy(
                part -> end(part.path()), LinkedHashMap::new, Collectors.toList()));
  }

  /** What follows the layer's number; PEFT takes it as the end of the path. */
  private static String end(String path) {
    return path.equals(LoraParts.EMBEDDING)
        ? "embed_tokens"
        : path.replaceFirst("^model\\.layers\\.[0-9]+\\.", "");
  }

  /**
   * {@link #WEIGHTS}.
   *
   * @param recipe kept in the file's header, for people
   */
  public void weights(String recipe, SafetensorsOutput.Sink sink) {
    List<SafetensorsOutput.Tensor> tensors = new ArrayList<>();
    for (LoraPart part : parts) {
      String name = PREFIX + part.path() + (part.isTable() ? ".lora_embedding_" : ".lora_");
      String end = part.isTable() ? "" : ".weight";
      tensors.add(new SafetensorsOutput.Tensor(name + "A" + end, part.rank(), part.in(), part.a()));
      tensors.add(
          new SafetensorsOutput.Tensor(name + "B" + end, part.out(), part.rank(), part.b()));
    }
    SafetensorsOutput.write(tensors, Map.of("format", "pt", "talchum.mix", recipe), sink);
  }
}
