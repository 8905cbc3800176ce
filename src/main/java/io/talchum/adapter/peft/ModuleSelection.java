package io.talchum.adapter.peft;

import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.core.ModelSpec;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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

  /** Path of the look-up. */
  static final String EMBEDDING = "model.embed_tokens";

  /** Path of the head. */
  static final String HEAD = "lm_head";

  private static final int MAX_LAYER_PATTERNS = 100;

  /**
   * What is adapted.
   *
   * @param linears by path, in the order in which they run
   */
  record Selected(Map<String, BaseModule> linears, boolean embedding, boolean head) {
    /** Whether a tensor of this path has an owner. */
    boolean owns(String path) {
      return embedding && path.startsWith(EMBEDDING + ".")
          || head && path.startsWith(HEAD + ".")
          || linears.keySet().stream().anyMatch(owner -> path.startsWith(owner + "."));
    }
  }

  ModuleSelection {
    layers = Set.copyOf(layers);
    layerPatterns = List.copyOf(layerPatterns);
  }

  static ModuleSelection read(AdapterConfigFields fields, WorkBudget budget) {
    return read(fields, ModuleNames.read(fields, "target_modules", budget), budget);
  }

  static ModuleSelection read(AdapterConfigFields fields, ModuleNames targets, WorkBudget budget) {
    if (targets instanceof ModuleNames.Listed listed && listed.names().isEmpty()) {
      throw AdapterConfigFields.refuse(
          "target_modules is missing or empty, name the adapted modules");
    }
    Set<Integer> layers = Set.copyOf(fields.layers("layers_to_transform"));
    List<String> patterns =
        fields.texts("layers_pattern").stream().filter(p -> !p.isEmpty()).toList();
    if (patterns.size() > MAX_LAYER_PATTERNS) {
      throw AdapterConfigFields.refuse(
          "layers_pattern has more than " + MAX_LAYER_PATTERNS + " entries");
    }
    if (!layers.isEmpty() && targets instanceof ModuleNames.Matching) {
      throw AdapterConfigFields.refuse(
          "layers_to_transform has no effect when target_modules is a regular expression; put the"
              + " layers into the expression");
    }
    if (layers.isEmpty() && !patterns.isEmpty()) {
      throw AdapterConfigFields.refuse("layers_pattern has no effect without layers_to_transform");
    }
    return new ModuleSelection(
        targets,
        ModuleNames.read(fields, "exclude_modules", budget),
        layers,
        patterns.stream().map(p -> PathPattern.layers("layers_pattern", p, budget)).toList());
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if a part of the selection is not in the
   *     base, or it is the embedding or the head
   */
  Selected selectLinears(ModelSpec base) {
    Selected selected = select(base);
    if (selected.embedding() || selected.head()) {
      throw AdapterConfigFields.refuse(
          "target_modules selects "
              + (selected.embedding() ? EMBEDDING : HEAD)
              + "; this kind is served on the layers' linears only");
    }
    return selected;
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if a part of the selection is not in the
   *     base
   */
  Selected select(ModelSpec base) {
    Map<String, BaseModule> all = BaseModule.all(base);
    requireKnown(all, base);
    Map<String, BaseModule> selected = new LinkedHashMap<>();
    all.forEach(
        (path, module) -> {
          if (takes(path) && takesLayer(path, module.layer())) {
            selected.put(path, module);
          }
        });
    boolean outside = layers.isEmpty() && !(targets instanceof ModuleNames.All);
    Selected result = new Selected(selected, outside && takes(EMBEDDING), outside && takes(HEAD));
    if (selected.isEmpty() && !result.embedding() && !result.head()) {
      throw AdapterConfigFields.refuse(
          "target_modules " + describe() + " selects none of the base's modules");
    }
    return result;
  }

  private boolean takes(String path) {
    return !excluded.contains(path) && targets.contains(path);
  }

  private boolean takesLayer(String path, int layer) {
    return (layers.isEmpty() || layers.contains(layer))
        && (layerPatterns.isEmpty() || layerPatterns.stream().anyMatch(p -> p.matches(path)));
  }

  private void requireKnown(Map<String, BaseModule> all, ModelSpec base) {
    for (int layer : layers) {
      if (layer >= base.layers()) {
        throw AdapterConfigFields.refuse(
            "layers_to_transform names layer " + layer + ", the base has " + base.layers());
      }
    }
    if (!(targets instanceof ModuleNames.Listed listed)) {
      return;
    }
    Set<String> paths = new LinkedHashSet<>(all.keySet());
    paths.add(EMBEDDING);
    paths.add(HEAD);
    for (String name : listed.without(paths)) {
      throw AdapterConfigFields.refuse(
          "target_modules names " + name + ", which the base does not have");
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
