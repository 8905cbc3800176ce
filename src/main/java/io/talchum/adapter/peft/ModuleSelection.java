package io.talchum.adapter.peft;

import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.ConfigFields;
import io.talchum.core.ModelSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which modules PEFT adapted, by the rules of its {@code check_target_module_exists}.
 *
 * @param layers {@code layers_to_transform}; empty is all
 * @param layerPatterns {@code layers_pattern}; empty is any
 */
record ModuleSelection(
    ModuleNames targets,
    ModuleNames excluded,
    Set<Integer> layers,
    List<PathPattern> layerPatterns) {

  private static final int MAX_LAYER_PATTERNS = 100;

  ModuleSelection {
    layers = Set.copyOf(layers);
    layerPatterns = List.copyOf(layerPatterns);
  }

  static ModuleSelection read(ConfigFields fields, WorkBudget budget) {
    ModuleNames targets = ModuleNames.read(fields, "target_modules", budget);
    if (targets instanceof ModuleNames.Listed listed && listed.names().isEmpty()) {
      throw ConfigFields.refuse("target_modules is missing or empty, name the adapted modules");
    }
    Set<Integer> layers = Set.copyOf(fields.layers("layers_to_transform"));
    List<String> patterns =
        fields.texts("layers_pattern").stream().filter(p -> !p.isEmpty()).toList();
    if (patterns.size() > MAX_LAYER_PATTERNS) {
      throw ConfigFields.refuse("layers_pattern has more than " + MAX_LAYER_PATTERNS + " entries");
    }
    if (!layers.isEmpty() && targets instanceof ModuleNames.Matching) {
      throw ConfigFields.refuse(
          "layers_to_transform has no effect when target_modules is a regular expression; put the"
              + " layers into the expression");
    }
    if (layers.isEmpty() && !patterns.isEmpty()) {
      throw ConfigFields.refuse("layers_pattern has no effect without layers_to_transform");
    }
    return new ModuleSelection(
        targets,
        ModuleNames.read(fields, "exclude_modules", budget),
        layers,
        patterns.stream().map(p -> PathPattern.layers("layers_pattern", p, budget)).toList());
  }

  /**
   * The adapted modules by path, in the order in which they run.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if a part of the selection is not in the
   *     base
   */
  Map<String, BaseModule> select(ModelSpec base) {
    Map<String, BaseModule> all = BaseModule.all(base);
    requireKnown(all, base);
    Map<String, BaseModule> selected = new LinkedHashMap<>();
    all.forEach(
        (path, module) -> {
          if (takes(path, module.layer())) {
            selected.put(path, module);
          }
        });
    if (selected.isEmpty()) {
      throw ConfigFields.refuse(
          "target_modules " + describe() + " selects none of the base's modules");
    }
    return selected;
  }

  private boolean takes(String path, int layer) {
    return !excluded.contains(path)
        && targets.contains(path)
        && (layers.isEmpty() || layers.contains(layer))
        && (layerPatterns.isEmpty() || layerPatterns.stream().anyMatch(p -> p.matches(path)));
  }

  private void requireKnown(Map<String, BaseModule> all, ModelSpec base) {
    for (int layer : layers) {
      if (layer >= base.layers()) {
        throw ConfigFields.refuse(
            "layers_to_transform names layer " + layer + ", the base has " + base.layers());
      }
    }
    if (!(targets instanceof ModuleNames.Listed listed)) {
      return;
    }
    for (String name : listed.without(all.keySet())) {
      if (name.endsWith("embed_tokens") || name.endsWith("lm_head")) {
        throw ConfigFields.refuse(
            "target_modules names "
                + name
                + "; low-rank deltas on the embedding or the head are not served yet");
      }
      throw ConfigFields.refuse("target_modules names " + name + ", which the base does not have");
    }
  }

  private String describe() {
    return switch (targets) {
      case ModuleNames.All all -> ModuleNames.ALL_LINEAR;
      case ModuleNames.Matching matching -> "'" + matching.regex() + "'";
      case ModuleNames.Listed listed -> String.join(", ", listed.names());
    };
  }
}
