package io.talchum.model.onnx;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NonLinearity;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.Projection;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BiFunction;

/** One random adapter for each kind of primitive. */
public final class RandomAdapters {
  private final ModelSpec spec;
  private final SplittableRandom random = new SplittableRandom(20261121);

  public RandomAdapters(ModelSpec spec) {
    this.spec = spec;
  }

  /** The one of that name. */
  AdapterWeights one(String kind) {
    return Objects.requireNonNull(all().get(kind));
  }

  /** By the primitive's name. */
  public Map<String, AdapterWeights> all() {
    Map<String, AdapterWeights> all = new LinkedHashMap<>();
    all.put("LowRankDelta", everywhere(this::lowRank));
    all.put(
        "DenseDelta", everywhere((layer, linear) -> new DenseDelta(layer, linear, dense(linear))));
    all.put(
        "OutputScale",
        everywhere(
            (l, linear) -> new OutputScale(l, linear, around(1, 0.5f, spec.outputSize(linear)))));
    all.put(
        "InputScale",
        everywhere(
            (l, linear) -> new InputScale(l, linear, around(1, 0.5f, spec.inputSize(linear)))));
    all.put(
        "BiasDelta",
        everywhere(
            (l, linear) -> new BiasDelta(l, linear, around(0, 0.3f, spec.outputSize(linear)))));
    all.put("VirtualKeyValues", AdapterWeights.of(virtual(true)));
    all.put("VirtualKeyValues in place", AdapterWeights.of(virtual(false)));
    all.put(
        "SoftPrompt", AdapterWeights.of(new SoftPrompt(7, around(0, 1, 7 * spec.hiddenSize()))));
    int[] ids = {5, 2, 9};
    float[] rows = around(0, 0.5f, ids.length * spec.hiddenSize());
    all.put("EmbeddingRows", AdapterWeights.of(new EmbeddingRows(ids, rows)));
    all.put("HeadRows", AdapterWeights.of(new HeadRows(ids, rows)));
    float[] byToken = around(0, 0.5f, 3 * spec.vocabSize());
    float[] byWidth = around(0, 0.5f, 3 * spec.hiddenSize());
    all.put("EmbeddingLowRank", AdapterWeights.of(new EmbeddingLowRank(3, 0.5f, byToken, byWidth)));
    all.put("HeadLowRank", AdapterWeights.of(new HeadLowRank(3, 0.5f, byWidth, byToken)));
    List<AdapterPrimitive> activated = new ArrayList<>(everywhere(this::lowRank).primitives());
    activated.add(new Invocation(new int[] {7}));
    all.put("Invocation", AdapterWeights.of(activated));
    addOfExtendedGraph(all);
    List<AdapterPrimitive> together = new ArrayList<>();
    all.values().stream()
        .filter(one -> one.all(SoftPrompt.class).isEmpty())
        .filter(one -> one.all(VirtualKeyValues.class).isEmpty())
        .filter(one -> one.all(Invocation.class).isEmpty())
        .filter(one -> one.all(EmbeddingRows.class).isEmpty())
        .forEach(one -> together.addAll(one.primitives()));
    together.add(virtual(true));
    together.add(new EmbeddingRows(ids, rows));
    all.put("all at once", AdapterWeights.of(together));
    return all;
  }

  private void addOfExtendedGraph(Map<String, AdapterWeights> all) {
    int hidden = spec.hiddenSize();
    List<AdapterPrimitive> norms = new ArrayList<>();
    List<AdapterPrimitive> attentions = new ArrayList<>();
    List<AdapterPrimitive> bottlenecks = new ArrayList<>();
    List<AdapterPrimitive> fusions = new ArrayList<>();
    List<LadderSideNetwork.Rung> rungs = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        norms.add(new NormWeight(layer, norm, around(1, 0.5f, spec.size(norm))));
      }
      int width = 3 * spec.kvHeads() * spec.headDim();
      attentions.add(new GatedAttention(layer, 3, around(0, 1, width), around(0, 1, width), 0.7f));
      for (Sublayer sublayer : Sublayer.values()) {
        bottlenecks.add(bottleneck(layer, sublayer, Bottleneck.Input.OUTPUT));
        bottlenecks.add(bottleneck(layer, sublayer, Bottleneck.Input.RESIDUAL));
      }
      fusions.add(
          new AdapterFusion(
              layer,
              Sublayer.MLP,
              List.of(
                  bottleneck(layer, Sublayer.MLP, Bottleneck.Input.OUTPUT_AND_RESIDUAL),
                  bottleneck(layer, Sublayer.MLP, Bottleneck.Input.OUTPUT_AND_RESIDUAL)),
              projection(hidden, hidden, true),
              projection(hidden, hidden, true),
              projection(hidden, hidden, false)));
      rungs.add(
          new LadderSideNetwork.Rung(
              projection(8, hidden, false),
              0.3f,
              around(1, 0.2f, 8),
              projection(16, 8, false),
              projection(8, 16, false)));
    }
    norms.add(new FinalNormWeight(around(1, 0.5f, hidden)));
    all.put("NormWeight", AdapterWeights.of(norms));
    all.put("GatedAttention", AdapterWeights.of(attentions));
    all.put("Bottleneck", AdapterWeights.of(bottlenecks));
    all.put("AdapterFusion", AdapterWeights.of(fusions));
    all.put(
        "LadderSideNetwork",
        AdapterWeights.of(
            new LadderSideNetwork(
                projection(8, hidden, false), rungs, projection(hidden, 8, false), 1e-6f)));
  }

  private Bottleneck bottleneck(int layer, Sublayer sublayer, Bottleneck.Input input) {
    int hidden = spec.hiddenSize();
    NonLinearity function = NonLinearity.values()[layer];
    return new Bottleneck(
        layer,
        sublayer,
        input,
        projection(6, hidden, true),
        function,
        projection(hidden, 6, true),
        0.5f);
  }

  private Projection projection(int outputs, int inputs, boolean hasBias) {
    float spread = (float) (1 / Math.sqrt(inputs));
    return new Projection(
        outputs,
        inputs,
        around(0, spread, outputs * inputs),
        hasBias ? around(0, 0.1f, outputs) : new float[0]);
  }

  private AdapterWeights everywhere(BiFunction<Integer, Linear, AdapterPrimitive> make) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        if (spec.has(linear)) {
          primitives.add(make.apply(layer, linear));
        }
      }
    }
    return AdapterWeights.of(primitives);
  }

  private LowRankDelta lowRank(int layer, Linear linear) {
    int rank = 1 + layer + linear.ordinal();
    float[] a = around(0, 0.3f, rank * spec.inputSize(linear));
    float[] b = around(0, 0.1f, rank * spec.outputSize(linear));
    return new LowRankDelta(layer, linear, rank, 0.5f, a, b);
  }

  private float[] dense(Linear linear) {
    return around(0, 0.05f, spec.inputSize(linear) * spec.outputSize(linear));
  }

  private VirtualKeyValues virtual(boolean shifts) {
    int n = 5;
    List<float[]> keys = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      keys.add(around(0, 1, n * spec.kvHeads() * spec.headDim()));
      values.add(around(0, 1, n * spec.kvHeads() * spec.headDim()));
    }
    return new VirtualKeyValues(n, keys, values, shifts);
  }

  float[] around(float middle, float spread, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = middle + (float) (random.nextDouble(2) - 1) * spread;
    }
    return values;
  }
}
