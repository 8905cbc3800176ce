package io.talchum.adapter.adapterhub;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.GatedLowRank;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.StoredMatrix;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** LoRA (arXiv:2106.09685); a gate stands in place of alpha / r (UniPELT, arXiv:2110.07577). */
record AdapterHubLora(AdapterHubPart part) {
  private static final int MAX_RANK = 4096;

  private static final Map<String, Linear> ATTENTION =
      Map.of("q", Linear.Q, "k", Linear.K, "v", Linear.V);

  List<AdapterPrimitive> all() {
    AdapterConfigFields config = part.config();
    AdapterHubOptions.LORA.check(config);
    int rank = config.whole("r", 8, 1, MAX_RANK);
    boolean gated = config.flag("use_gating");
    float scale = gated ? 1 : (float) (config.number("alpha", 8) / rank);
    part.tensors().count(scale);
    Set<Integer> leftOut = part.leftOut();
    Set<Linear> required = required(config);
    List<AdapterPrimitive> primitives = new ArrayList<>();
    BaseModule.all(part.base())
        .forEach(
            (path, module) -> {
              String prefix = path + ".loras." + part.name() + ".";
              boolean expected = module.module().linears().stream().anyMatch(required::contains);
              if (part.anyBelow(prefix) || expected && !leftOut.contains(module.layer())) {
                primitives.addAll(read(module, prefix, rank, scale, gated));
              }
            });
    return primitives;
  }

  private static Set<Linear> required(AdapterConfigFields config) {
    Set<Linear> linears = new LinkedHashSet<>();
    for (String name : config.texts("attn_matrices")) {
      Linear linear = ATTENTION.get(name);
      if (linear == null) {
        throw AdapterConfigFields.refuse("attn_matrices names " + name + "; write q, k or v");
      }
      linears.add(linear);
    }
    return linears;
  }

  private List<AdapterPrimitive> read(
      BaseModule module, String prefix, int rank, float scale, boolean gated) {
    ModelSpec spec = part.base();
    int in = module.inputSize(spec);
    StoredMatrix a = part.tensors().storedMatrix(prefix + "lora_A", rank, in, "[r, inputs]");
    StoredMatrix b =
        part.tensors()
            .storedMatrix(prefix + "lora_B", module.outputSize(spec), rank, "[outputs, r]");
    List<AdapterPrimitive> primitives = new ArrayList<>();
    SequenceGate gate =
        gated
            ? part.gate(prefix + "gate.", 1, in)
            : new SequenceGate(0, new float[0], new float[0]);
    int first = 0;
    for (Linear linear : module.module().linears()) {
      int end = first + spec.outputSize(linear);
      LowRankDelta delta =
          new LowRankDelta(
              module.layer(),
              linear,
              rank,
              scale,
              a.values(),
              b.values().slice((long) first * rank, (long) end * rank));
      primitives.add(gated ? new GatedLowRank(delta, gate) : delta);
      first = end;
    }
    return primitives;
  }
}
