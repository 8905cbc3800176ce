package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import io.talchum.adapter.folder.StoredValues;
import io.talchum.adapter.folder.TensorSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;

/** One PEFT folder while it is read. One thread. */
final class PeftSource {
  static final String PREFIX = "base_model.model.";

  private final AdapterConfigFields config;
  private final TensorSource tensors;
  private final BaseWeights base;
  private final WorkBudget budget = new WorkBudget();

  PeftSource(AdapterConfigFields config, TensorSource tensors, BaseWeights base) {
    this.config = config;
    this.tensors = tensors;
    this.base = base;
  }

  AdapterConfigFields config() {
    return config;
  }

  TensorSource tensors() {
    return tensors;
  }

  BaseWeights base() {
    return base;
  }

  /** What the patterns of this configuration may cost together. */
  WorkBudget budget() {
    return budget;
  }

  <T> PatternTable<T> patterns(String option, T usual, BiFunction<String, JsonNode, T> value) {
    PatternTable<T> table = PatternTable.read(config, option, usual, value, budget);
    Set<String> paths = new TreeSet<>(BaseModule.all(base.spec()).keySet());
    paths.addAll(Set.of(ModuleSelection.EMBEDDING, ModuleSelection.HEAD));
    table.requireMatches(paths);
    return table;
  }

  /**
   * The selected linears, in the order in which they run.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if one has no tensor
   */
  List<AdaptedModule> modules(ModuleSelection.Selected selected) {
    List<AdaptedModule> modules = new ArrayList<>();
    selected
        .linears()
        .forEach(
            (path, module) -> {
              requireTensors(path);
              modules.add(new AdaptedModule(module, base));
            });
    return modules;
  }

  void requireTensors(String path) {
    if (tensors.left().stream().noneMatch(name -> name.startsWith(PREFIX + path + "."))) {
      throw tensors.refuse("target_modules selects " + path + ", but the file has no tensor of it");
    }
  }

  /** The tensor's name in the file. */
  static String name(String path, String suffix) {
    return PREFIX + path + "." + suffix;
  }

  boolean has(String path, String suffix) {
    return tensors.has(name(path, suffix));
  }

  Matrix matrix(AdaptedModule module, String suffix, int rows, int columns, String meaning) {
    return tensors.matrix(name(module.path(), suffix), rows, columns, meaning);
  }

  /** Like {@link #matrix}, and it stays in the file until it is wanted. */
  StoredMatrix stored(AdaptedModule module, String suffix, int rows, int columns, String meaning) {
    return tensors.storedMatrix(name(module.path(), suffix), rows, columns, meaning);
  }

  /** Like {@link #values}, and they stay in the file until they are wanted. */
  StoredValues stored(AdaptedModule module, String suffix, String meaning, long... shape) {
    return tensors.stored(name(module.path(), suffix), meaning, shape);
  }

  float[] values(AdaptedModule module, String suffix, String meaning, long... shape) {
    return tensors.values(name(module.path(), suffix), meaning, shape);
  }

  List<Long> shape(AdaptedModule module, String suffix) {
    return tensors.shape(name(module.path(), suffix));
  }
}
