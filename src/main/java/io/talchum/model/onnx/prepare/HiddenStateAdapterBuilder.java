package io.talchum.model.onnx.prepare;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.adapter.AdapterGate;
import io.talchum.model.onnx.adapter.BottleneckAdapter;
import io.talchum.model.onnx.adapter.FusionAdapter;
import io.talchum.model.onnx.adapter.GatedAttentionAdapter;
import io.talchum.model.onnx.adapter.GatedVirtualKvAdapter;
import io.talchum.model.onnx.adapter.HiddenStateAdapter;
import io.talchum.model.onnx.adapter.LadderAdapter;
import io.talchum.model.onnx.adapter.NormAdapter;
import io.talchum.model.onnx.adapter.OnnxAdapter;
import io.talchum.model.onnx.graph.HiddenStateSite;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects what an adapter changes in hidden states, and its gates. */
final class HiddenStateAdapterBuilder {
  private final ModelPackage weights;
  private final ModelSpec spec;
  private final KvScales kv;
  private final SegmentAllocator memory;
  private final Map<Integer, List<HiddenStateAdapter>> sites = new TreeMap<>();
  private final List<Integer> gates = new ArrayList<>();
  private int ladderSide;

  HiddenStateAdapterBuilder(ModelPackage weights, KvScales kv, SegmentAllocator memory) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.kv = kv;
    this.memory = memory;
  }

  void add(NormWeight norm) {
    String name = "layers." + norm.layer() + "." + norm.norm().tensor();
    add(HiddenStateSite.of(norm.layer(), norm.norm()), norm(name, norm.weight()));
  }

  void add(FinalNormWeight norm) {
    add(HiddenStateSite.lastNorm(spec.layers()), norm("norm", norm.weight()));
  }

  private NormAdapter norm(String name, float[] weight) {
    MemorySegment bias =
        weights
            .find(name + ".bias")
            .map(tensor -> weights.data(tensor, "weight"))
            .orElse(MemorySegment.NULL);
    return new NormAdapter(spec.norms(), AdapterMatrix.vector(memory, weight), bias);
  }

  void add(GatedAttention attention) {
    add(
        HiddenStateSite.of(attention.layer(), HiddenStateSite.Kind.ATTENDED),
        new GatedAttentionAdapter(
            attention.tokens(),
            attention.keys(),
            attention.values(),
            attention.gate(),
            !RotaryTables.areReadByOwnNodes(spec)));
  }

  void add(Bottleneck bottleneck) {
    add(
        site(bottleneck.layer(), bottleneck.sublayer()),
        BottleneckAdapter.of(memory, bottleneck, gate(bottleneck.gate())));
  }

  void add(AdapterFusion fusion) {
    boolean round = !LinearPlace.of(weights, fusion.layer(), Linear.DOWN).isFloat();
    add(site(fusion.layer(), fusion.sublayer()), FusionAdapter.of(memory, fusion, round));
  }

  private static HiddenStateSite site(int layer, Sublayer sublayer) {
    return HiddenStateSite.of(
        layer,
        switch (sublayer) {
          case ATTENTION -> HiddenStateSite.Kind.ATTENTION_OUTPUT;
          case MLP -> HiddenStateSite.Kind.MLP_OUTPUT;
        });
  }

  void add(LadderSideNetwork network) {
    if (ladderSide > 0) {
      throw refuse("there is more than one LadderSideNetwork");
    }
    ladderSide = network.entry().outputs();
    for (int layer = 0; layer < spec.layers(); layer++) {
      add(
          HiddenStateSite.of(layer, HiddenStateSite.Kind.STREAM),
          LadderAdapter.of(memory, network, layer));
    }
  }

  /** The gates of virtual keys and values. */
  void addGates(VirtualKeyValues virtual) {
    for (int layer = 0; layer < virtual.gates().size(); layer++) {
      AdapterGate gate = gate(virtual.gates().get(layer));
      if (gate != null) {
        add(
            HiddenStateSite.of(layer, HiddenStateSite.Kind.INPUT_NORM),
            new GatedVirtualKvAdapter(virtual, layer, gate, kv));
      }
    }
  }

  @Nullable AdapterGate gate(@Nullable SequenceGate gate) {
    if (gate == null) {
      return null;
    }
    gates.add(gate.outputs());
    return AdapterGate.of(memory, gates.size() - 1, gate);
  }

  /** Gates read what the site has before any change of this adapter. */
  private void add(HiddenStateSite site, HiddenStateAdapter adapter) {
    List<HiddenStateAdapter> there = sites.computeIfAbsent(site.number(), n -> new ArrayList<>());
    there.add(adapter);
    boolean gated = there.stream().anyMatch(HiddenStateAdapter::isGated);
    if (there.size() > 1 && gated) {
      throw refuse("a gated change of layer " + site.layer() + " is not alone at its place");
    }
  }

  private static ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, message);
  }

  /** By site; empty if there are none. */
  HiddenStateAdapter[][] build() {
    if (sites.isEmpty()) {
      return new HiddenStateAdapter[0][];
    }
    HiddenStateAdapter[][] all = new HiddenStateAdapter[HiddenStateSite.count(spec.layers())][];
    Arrays.fill(all, OnnxAdapter.NO_HIDDEN_STATES);
    sites.forEach((site, adapters) -> all[site] = adapters.toArray(HiddenStateAdapter[]::new));
    return all;
  }

  /** Outputs of each gate. */
  List<Integer> gates() {
    return List.copyOf(gates);
  }

  int ladderSide() {
    return ladderSide;
  }
}
