package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.LowRankDelta;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a LoRA adapter changes, by the modules of its base, in the order in which torch has them.
 */
final class LoraParts {
  static final String EMBEDDING = "model.embed_tokens";
  static final String HEAD = "lm_head";

  private final String adapter;
  private final ModelSpec spec;

  private LoraParts(String adapter, ModelSpec spec) {
    this.adapter = adapter;
    this.spec = spec;
  }

  /**
   * All low-rank changes; mostly one for each path.
   *
   * @param adapter its name, for refusals
   * @throws ServeException INVALID_REQUEST naming what a LoRA folder cannot hold
   */
  static Map<String, List<LoraPart>> of(String adapter, AdapterWeights weights, ModelSpec spec) {
    return new LoraParts(adapter, spec).read(weights);
  }

  private Map<String, List<LoraPart>> read(AdapterWeights weights) {
    weights.primitives().forEach(this::require);
    Map<String, List<LoraPart>> parts = new LinkedHashMap<>();
    for (EmbeddingLowRank e : weights.all(EmbeddingLowRank.class)) {
      parts.put(
          EMBEDDING,
          List.of(
              new LoraPart(
                  EMBEDDING, true, e.rank(), e.scale(), e.a().toArray(), e.b().toArray())));
    }
    for (BaseModule module : BaseModule.all(spec).values()) {
      List<List<LowRankDelta>> linears = new ArrayList<>();
      for (Linear linear : module.module().linears()) {
        linears.add(
            weights.lowRank().stream()
                .filter(d -> d.layer() == module.layer() && d.linear() == linear)
                .toList());
      }
      if (linears.stream().anyMatch(deltas -> !deltas.isEmpty())) {
        parts.put(module.path(), joined(module.path(), linears));
      }
    }
    for (HeadLowRank h : weights.all(HeadLowRank.class)) {
      parts.put(
          HEAD,
          List.of(
              new LoraPart(HEAD, false, h.rank(), h.scale(), h.a().toArray(), h.b().toArray())));
    }
    return parts;
  }

  private void require(AdapterPrimitive primitive) {
    if (Unmixable.why(primitive) != null) {
      throw Unmixable.refuse(adapter, primitive);
    }
    switch (primitive) {
      case LowRankDelta _, EmbeddingLowRank _, HeadLowRank _ -> {}
      default ->
          throw ServeException.invalid(
              "adapters",
              "adapter %s changes the model by %s, which a folder of LoRA cannot hold; mix it by request, with adapters"
                  .formatted(adapter, primitive.getClass().getSimpleName()));
    }
  }

  /** A fused module's linears share A, and have their rows of B. */
  private List<LoraPart> joined(String path, List<List<LowRankDelta>> linears) {
    List<LowRankDelta> first = linears.getFirst();
    List<LoraPart> parts = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      LowRankDelta delta = first.get(i);
      List<float[]> rows = new ArrayList<>();
      for (List<LowRankDelta> deltas : linears) {
        if (deltas.size() != first.size() || !isSame(delta, deltas.get(i))) {
          throw unlike(path);
        }
        rows.add(deltas.get(i).b().toArray());
      }
      parts.add(
          new LoraPart(
              path, false, delta.rank(), delta.scale(), delta.a().toArray(), concatenated(rows)));
    }
    if (parts.isEmpty()) {
      throw unlike(path);
    }
    return parts;
  }

  private static boolean isSame(LowRankDelta one, LowRankDelta other) {
    return one.rank() == other.rank() && one.scale() == other.scale() && one.a().isSame(other.a());
  }

  private ServeException unlike(String path) {
    return ServeException.invalid(
        "adapters",
        "adapter %s changes the linears of %s differently, which a folder of LoRA cannot hold; mix it by request, with adapters"
            .formatted(adapter, path));
  }

  private static float[] concatenated(List<float[]> arrays) {
    if (arrays.size() == 1) {
      return arrays.getFirst();
    }
    float[] all = new float[arrays.stream().mapToInt(array -> array.length).sum()];
    int at = 0;
    for (float[] array : arrays) {
      System.arraycopy(array, 0, all, at, array.length);
      at += array.length;
    }
    return all;
  }
}
