package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import java.util.ArrayList;
import java.util.List;

/** A kind that changes the selected linears one by one. */
record ModuleKind(String type, KindOptions options, Reduction reduction) implements PeftKind {
  /** Reads what the modules share, and gives the reading of each. */
  @FunctionalInterface
  interface Reduction {
    Reader begin(PeftSource source, List<AdaptedModule> modules);
  }

  /** Reduces one module's tensors. */
  @FunctionalInterface
  interface Reader {
    List<AdapterPrimitive> read(AdaptedModule module);
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    ModuleSelection.Selected selected =
        ModuleSelection.read(source.config(), source.budget()).selectLinears(source.base().spec());
    SavedModules saved = SavedModules.read(source, selected);
    Owners.require(source, path -> selected.owns(path) || saved.owns(path));
    List<AdaptedModule> modules = source.modules(selected);
    Reader reader = reduction.begin(source, modules);
    List<AdapterPrimitive> primitives = new ArrayList<>();
    modules.forEach(module -> primitives.addAll(reader.read(module)));
    primitives.addAll(saved.primitives(source));
    return primitives;
  }
}
