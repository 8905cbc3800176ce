package io.talchum.model.onnx;

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
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects what an adapter changes at the hooks of the second graph, and its gates. */
final class HookParts {
  private final ModelPackage weights;
  private final ModelSpec spec;
  private final KvScales kv;
  private final SegmentAllocator memory;
  private final Map<Integer, List<HookChange>> sites = new TreeMap<>();
  private final List<Integer> gates = new ArrayList<>();
  private int ladderSide;

  HookParts(ModelPackage weights, KvScales kv, SegmentAllocator memory) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.kv = kv;
    this.memory = memory;
  }

  void add(NormWeight norm) {
    String name = "layers." + norm.layer() + "." + norm.norm().tensor();
    add(HookSite.of(norm.layer(), norm.norm()), norm(name, norm.weight()));
  }

  void add(FinalNormWeight norm) {
    add(HookSite.lastNorm(spec.layers()), norm("norm", norm.weight()));
  }

  private NormChange norm(String name, float[] weight) {
    MemorySegment bias =
        weights
            .find(name + ".bias")
            .map(tensor -> weights.data(tensor, "weight"))
            .orElse(MemorySegment.NULL);
    return new NormChange(spec.norms(), AdapterMatrix.vector(memory, weight), bias);
  }

  void add(GatedAttention attention) {
    add(
        HookSite.of(attention.layer(), HookSite.Kind.ATTENDED),
        new GatedAttentionChange(
            attention.tokens(),
            attention.keys(),
            attention.values(),
            attention.gate(),
            !RotaryTables.areReadByOwnNodes(spec)));
  }

  void add(Bottleneck bottleneck) {
    add(
        site(bottleneck.layer(), bottleneck.sublayer()),
        BottleneckChange.of(memory, bottleneck, gate(bottleneck.gate())));
  }

  void add(AdapterFusion fusion) {
    boolean round = !LinearPlace.of(weights, fusion.layer(), Linear.DOWN).isFloat();
    add(site(fusion.layer(), fusion.sublayer()), FusionChange.of(memory, fusion, round));
  }

  private static HookSite site(int layer, Sublayer sublayer) {
    return HookSite.of(
        layer,
        switch (sublayer) {
          case ATTENTION -> HookSite.Kind.ATTENTION_OUTPUT;
          case MLP -> HookSite.Kind.MLP_OUTPUT;
        });
  }

  void add(LadderSideNetwork network) {
    if (ladderSide > 0) {
      throw refuse("there is more than one LadderSideNetwork");
    }
    ladderSide = network.entry().outputs();
    for (int layer = 0; layer < spec.layers(); layer++) {
      add(HookSite.of(layer, HookSite.Kind.STREAM), LadderChange.of(memory, network, layer));
    }
  }

  /** The gates of virtual keys and values. */
  void addGates(VirtualKeyValues virtual) {
    for (int layer = 0; layer < virtual.gates().size(); layer++) {
      AdapterGate gate = gate(virtual.gates().get(layer));
      if (gate != null) {
        add(
            HookSite.of(layer, HookSite.Kind.INPUT_NORM),
            new VirtualGateChange(virtual, layer, gate, kv));
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
  private void add(HookSite site, HookChange change) {
    List<HookChange> there = sites.computeIfAbsent(site.number(), n -> new ArrayList<>());
    there.add(change);
    boolean gated = there.stream().anyMatch(HookChange::isGated);
    if (there.size() > 1 && gated) {
      throw refuse("a gated change of layer " + site.layer() + " is not alone at its place");
    }
  }

  private static ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, message);
  }

  /** By site; empty if there are none. */
  HookChange[][] build() {
    if (sites.isEmpty()) {
      return new HookChange[0][];
    }
    HookChange[][] all = new HookChange[HookSite.count(spec.layers())][];
    Arrays.fill(all, OnnxAdapter.NO_HOOKS);
    sites.forEach((site, changes) -> all[site] = changes.toArray(HookChange[]::new));
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
