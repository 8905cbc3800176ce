package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code modules_to_save}: modules whose weights the file holds whole, in place of the base's. PEFT
 * compares the ends of their paths, not at a dot: {@code norm} is every path that ends so.
 */
final class SavedModules {
  private static final String WEIGHT = "weight";

  private interface Replacement {
    List<AdapterPrimitive> read(PeftSource source, String path);
  }

  private final Map<String, Replacement> saved;

  private SavedModules(Map<String, Replacement> saved) {
    this.saved = saved;
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming an entry that the base does not
   *     have
   */
  static SavedModules read(PeftSource source, ModuleSelection.Selected adapted) {
    Set<String> unused = new LinkedHashSet<>(source.config().texts("modules_to_save"));
    Set<String> names = Set.copyOf(unused);
    Map<String, Replacement> saved = new LinkedHashMap<>();
    replaceable(source.base().spec())
        .forEach(
            (path, replacement) -> {
              if (names.stream().anyMatch(path::endsWith)) {
                saved.put(path, replacement);
                unused.removeIf(path::endsWith);
              }
            });
    for (String name : unused) {
      throw AdapterConfigFields.refuse(
          "modules_to_save names "
              + name
              + ", which is the end of no linear, norm, embedding or head of the base");
    }
    for (String path : saved.keySet()) {
      if (adapted.owns(path + ".")) {
        throw AdapterConfigFields.refuse("modules_to_save and target_modules both take " + path);
      }
    }
    return new SavedModules(saved);
  }

  private static Map<String, Replacement> replaceable(ModelSpec spec) {
    Map<String, Replacement> all = new LinkedHashMap<>();
    all.put(ModuleSelection.EMBEDDING, SavedModules::embedding);
    BaseModule.all(spec)
        .forEach((path, module) -> all.put(path, (source, p) -> linear(source, module)));
    BaseNorms.of(spec).forEach((path, norm) -> all.put(path, (source, p) -> norm(source, p, norm)));
    all.put(ModuleSelection.HEAD, SavedModules::head);
    return all;
  }

  boolean owns(String path) {
    return saved.keySet().stream().anyMatch(module -> path.startsWith(module + "."));
  }

  List<AdapterPrimitive> primitives(PeftSource source) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    saved.forEach((path, replacement) -> primitives.addAll(replacement.read(source, path)));
    return primitives;
  }

  private static List<AdapterPrimitive> embedding(PeftSource source, String path) {
    return List.of(new EmbeddingRows(allTokens(source), table(source, path)));
  }

  private static List<AdapterPrimitive> head(PeftSource source, String path) {
    return List.of(new HeadRows(allTokens(source), table(source, path)));
  }

  private static int[] allTokens(PeftSource source) {
    return IntStream.range(0, source.base().spec().vocabSize()).toArray();
  }

  private static FloatValues table(PeftSource source, String path) {
    ModelSpec spec = source.base().spec();
    return source
        .tensors()
        .storedMatrix(
            PeftSource.name(path, WEIGHT), spec.vocabSize(), spec.hiddenSize(), "[vocab, hidden]")
        .values();
  }

  private static List<AdapterPrimitive> norm(PeftSource source, String path, BaseNorms.Place norm) {
    float[] stored =
        source.tensors().values(PeftSource.name(path, WEIGHT), "[size of the norm]", norm.size());
    return List.of(norm.replacedBy(stored));
  }

  private static List<AdapterPrimitive> linear(PeftSource source, BaseModule base) {
    AdaptedModule module = new AdaptedModule(base, source.base());
    StoredMatrix saved =
        source.stored(module, WEIGHT, module.out(), module.in(), "[outputs, inputs]");
    List<AdapterPrimitive> primitives =
        new ArrayList<>(module.dense(() -> difference(module, saved.read())));
    if (module.hasBias()) {
      primitives.addAll(SavedBiases.delta(source, module, "bias"));
    }
    return primitives;
  }

  private static Matrix difference(AdaptedModule module, Matrix saved) {
    module.forEachRow(
        (row, weights) -> {
          for (int i = 0; i < weights.length; i++) {
            saved.values()[row * weights.length + i] -= weights[i];
          }
        });
    return saved;
  }
}
