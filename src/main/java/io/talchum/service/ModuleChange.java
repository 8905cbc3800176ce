package io.talchum.service;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.GatedLowRank;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much an adapter changes one linear of the base.
 *
 * @param path of the module, with the linear's name if the module is fused
 * @param rank of its low-rank deltas together
 * @param relative length of the weight's change over the length of the weight
 * @param primitives their names
 */
public record ModuleChange(String path, int rank, double relative, List<String> primitives) {
  public ModuleChange {
    primitives = List.copyOf(primitives);
  }

  private record Place(int layer, Linear linear) {}

  /** In the order in which the linears run; reads every changed weight of the base once. */
  static List<ModuleChange> of(AdapterWeights weights, BaseWeights base) {
    Map<Place, List<AdapterPrimitive>> found = new LinkedHashMap<>();
    for (AdapterPrimitive primitive : weights.primitives()) {
      Place place = placeOf(primitive);
      if (place != null) {
        found.computeIfAbsent(place, p -> new ArrayList<>()).add(primitive);
      }
    }
    List<ModuleChange> changes = new ArrayList<>();
    for (int layer = 0; layer < base.spec().layers(); layer++) {
      for (Linear linear : Linear.values()) {
        Place place = new Place(layer, linear);
        List<AdapterPrimitive> here = found.get(place);
        if (here != null) {
          changes.add(change(place, here, base));
        }
      }
    }
    return changes;
  }

  private static @org.jspecify.annotations.Nullable Place placeOf(AdapterPrimitive primitive) {
    if (primitive instanceof LowRankDelta p) {
      return new Place(p.layer(), p.linear());
    }
    if (primitive instanceof GatedLowRank p) {
      return new Place(p.delta().layer(), p.delta().linear());
    }
    if (primitive instanceof DenseDelta p) {
      return new Place(p.layer(), p.linear());
    }
    if (primitive instanceof OutputScale p) {
      return new Place(p.layer(), p.linear());
    }
    if (primitive instanceof InputScale p) {
      return new Place(p.layer(), p.linear());
    }
    return primitive instanceof BiasDelta p ? new Place(p.layer(), p.linear()) : null;
  }

  private static ModuleChange change(
      Place place, List<AdapterPrimitive> primitives, BaseWeights base) {
    int rank = primitives.stream().mapToInt(p -> p instanceof LowRankDelta d ? d.rank() : 0).sum();
    List<String> names =
        primitives.stream().map(p -> p.getClass().getSimpleName()).distinct().toList();
    return new ModuleChange(
        path(place, base.spec()),
        rank,
        relative(place, primitives.stream().map(ModuleChange::held).toList(), base),
        names);
  }

  /** Its rows are wanted one by one: on the heap, for this linear alone. */
  private static AdapterPrimitive held(AdapterPrimitive primitive) {
    if (primitive instanceof LowRankDelta d) {
      return new LowRankDelta(
          d.layer(), d.linear(), d.rank(), d.scale(), d.a().toArray(), d.b().toArray());
    }
    if (primitive instanceof GatedLowRank g) {
      return new GatedLowRank((LowRankDelta) held(g.delta()), g.gate());
    }
    return primitive instanceof DenseDelta d
        ? new DenseDelta(d.layer(), d.linear(), d.delta().toArray())
        : primitive;
  }

  private static String path(Place place, ModelSpec spec) {
    BaseModule module = new BaseModule(place.layer(), spec.module(place.linear()));
    boolean fused = module.module().linears().size() > 1;
    return module.path() + (fused ? " (" + place.linear() + ")" : "");
  }

  /** |g (W + D + sBA) u - W| / |W|, row by row. */
  private static double relative(Place place, List<AdapterPrimitive> primitives, BaseWeights base) {
    int in = base.spec().inputSize(place.linear());
    int out = base.spec().outputSize(place.linear());
    BaseWeights.Rows rows = base.linear(place.layer(), place.linear());
    float[] weight = new float[in];
    double changed = 0;
    double whole = 0;
    for (int row = 0; row < out; row++) {
      rows.read(row, weight);
      double[] after = adapted(primitives, row, weight);
      for (int i = 0; i < in; i++) {
        double difference = after[i] - weight[i];
        changed += difference * difference;
        whole += (double) weight[i] * weight[i];
      }
    }
    return Math.sqrt(changed / whole);
  }

  private static double[] adapted(List<AdapterPrimitive> primitives, int row, float[] weight) {
    double[] after = new double[weight.length];
    for (int i = 0; i < after.length; i++) {
      after[i] = weight[i];
    }
    for (AdapterPrimitive primitive : primitives) {
      if (primitive instanceof LowRankDelta delta) {
        addRow(delta, row, after);
      } else if (primitive instanceof GatedLowRank gated) {
        addRow(gated.delta(), row, after);
      } else if (primitive instanceof DenseDelta dense) {
        float[] values = dense.delta().toArray();
        for (int i = 0; i < after.length; i++) {
          after[i] += values[row * after.length + i];
        }
      }
    }
    for (AdapterPrimitive primitive : primitives) {
      for (int i = 0; i < after.length; i++) {
        after[i] *=
            primitive instanceof OutputScale scale
                ? scale.g()[row]
                : primitive instanceof InputScale scale ? scale.u()[i] : 1;
      }
    }
    return after;
  }

  private static void addRow(LowRankDelta delta, int row, double[] after) {
    float[] a = delta.a().toArray();
    float[] b = delta.b().toArray();
    for (int k = 0; k < delta.rank(); k++) {
      double factor = (double) delta.scale() * b[row * delta.rank() + k];
      for (int i = 0; i < after.length; i++) {
        after[i] += factor * a[k * after.length + i];
      }
    }
  }
}
