package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** LN tuning (arXiv:2312.11420): the weights of the selected norms, replaced. */
final class LnTuningKind implements PeftKind {
  private static final String WEIGHT = "ln_tuning_layers.weight";

  @Override
  public String type() {
    return "LN_TUNING";
  }

  @Override
  public KindOptions options() {
    return KindOptions.ofModules(Set.of(), Set.of());
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    Map<String, BaseNorms.Place> selected = select(source);
    ModuleSelection.Selected noLinears = new ModuleSelection.Selected(Map.of(), false, false);
    SavedModules saved = SavedModules.read(source, noLinears);
    Owners.require(
        source,
        path ->
            saved.owns(path)
                || selected.keySet().stream().anyMatch(norm -> path.startsWith(norm + ".")));
    List<AdapterPrimitive> primitives = new ArrayList<>();
    selected.forEach(
        (path, norm) ->
            primitives.add(
                norm.replacedBy(
                    source
                        .tensors()
                        .values(
                            PeftSource.name(path, WEIGHT), "[size of the norm]", norm.size()))));
    primitives.addAll(saved.primitives(source));
    return primitives;
  }

  private static Map<String, BaseNorms.Place> select(PeftSource source) {
    AdapterConfigFields config = source.config();
    for (String key : List.of("layers_to_transform", "layers_pattern")) {
      if (!AdapterConfigFields.isOff(config.get(key))) {
        throw AdapterConfigFields.refuse(key + " has no effect in this kind");
      }
    }
    ModuleNames targets = ModuleNames.read(config, "target_modules", source.budget());
    ModuleNames excluded = ModuleNames.read(config, "exclude_modules", source.budget());
    Map<String, BaseNorms.Place> norms = BaseNorms.of(source.base().spec());
    if (targets instanceof ModuleNames.Listed listed) {
      for (String name : listed.without(norms.keySet())) {
        throw AdapterConfigFields.refuse(
            "target_modules names " + name + ", which is no norm of the base");
      }
    }
    Map<String, BaseNorms.Place> selected = new LinkedHashMap<>();
    norms.forEach(
        (path, norm) -> {
          if (targets.contains(path) && !excluded.contains(path)) {
            selected.put(path, norm);
          }
        });
    if (selected.isEmpty()) {
      throw AdapterConfigFields.refuse("target_modules selects none of the base's norms");
    }
    return selected;
  }
}
