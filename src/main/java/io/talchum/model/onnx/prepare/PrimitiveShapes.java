package io.talchum.model.onnx.prepare;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.GatedLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;

/** Compares the sizes of primitives with the base; readers have checked names and numbers. */
public final class PrimitiveShapes {
  private final ModelSpec spec;
  private final int hidden;
  private final Fit fit;

  private PrimitiveShapes(ModelSpec spec, AdapterPrimitive primitive) {
    this.spec = spec;
    this.hidden = spec.hiddenSize();
    this.fit = new Fit(spec, primitive.getClass().getSimpleName());
  }

  /**
   * @throws ServeException INVALID_ADAPTER saying what does not fit
   */
  public static void check(ModelSpec spec, AdapterPrimitive primitive) {
    new PrimitiveShapes(spec, primitive).check(primitive);
  }

  private void check(AdapterPrimitive primitive) {
    switch (primitive) {
      case LowRankDelta d -> lowRank(d);
      case GatedLowRank g -> {
        lowRank(g.delta());
        fit.gate(g.gate(), 1, spec.inputSize(g.delta().linear()));
      }
      case DenseDelta d ->
          fit.linear(d.layer(), d.linear())
              .size("D", d.delta(), spec.outputSize(d.linear()), spec.inputSize(d.linear()));
      case InputScale s ->
          fit.linear(s.layer(), s.linear()).size("u", s.u(), 1, spec.inputSize(s.linear()));
      case OutputScale s ->
          fit.linear(s.layer(), s.linear()).size("g", s.g(), 1, spec.outputSize(s.linear()));
      case BiasDelta b ->
          fit.linear(b.layer(), b.linear()).size("db", b.db(), 1, spec.outputSize(b.linear()));
      case NormWeight n ->
          fit.norm(n.layer(), n.norm()).size("the weight", n.weight(), 1, spec.size(n.norm()));
      case FinalNormWeight n -> fit.size("the weight", n.weight(), 1, hidden);
      case EmbeddingRows e ->
          fit.tokens(e.tokenIds())
              .distinct(e.tokenIds())
              .size("rows", e.rows(), e.tokenIds().length, hidden);
      case HeadRows h ->
          fit.tokens(h.tokenIds())
              .distinct(h.tokenIds())
              .size("rows", h.rows(), h.tokenIds().length, hidden);
      case EmbeddingLowRank e ->
          fit.size("A", e.a(), e.rank(), spec.vocabSize()).size("B", e.b(), hidden, e.rank());
      case HeadLowRank h ->
          fit.size("A", h.a(), h.rank(), hidden).size("B", h.b(), spec.vocabSize(), h.rank());
      case SoftPrompt p ->
          fit.count(p.tokens()).size("embeddings", p.embeddings(), p.tokens(), hidden);
      case VirtualKeyValues v -> virtual(v);
      case Invocation sequence -> fit.tokens(sequence.tokenIds());
      case GatedAttention a -> {
        int width = spec.kvHeads() * spec.headDim();
        fit.layer(a.layer())
            .count(a.tokens())
            .size("keys", a.keys(), a.tokens(), width)
            .size("values", a.values(), a.tokens(), width);
      }
      case Bottleneck b -> bottleneck(b);
      case AdapterFusion f -> fusion(f);
      case LadderSideNetwork network -> ladder(network);
    }
  }

  private void lowRank(LowRankDelta d) {
    fit.linear(d.layer(), d.linear())
        .size("A", d.a(), d.rank(), spec.inputSize(d.linear()))
        .size("B", d.b(), spec.outputSize(d.linear()), d.rank());
  }

  private void virtual(VirtualKeyValues v) {
    fit.count(v.tokens());
    fit.require(
        v.keys().size() == spec.layers() && v.values().size() == spec.layers(),
        "it is for %d layers, the base has %d".formatted(v.keys().size(), spec.layers()));
    int width = spec.kvHeads() * spec.headDim();
    v.keys().forEach(keys -> fit.size("keys", keys, v.tokens(), width));
    v.values().forEach(values -> fit.size("values", values, v.tokens(), width));
    fit.require(
        v.gates().isEmpty() || v.gates().size() == spec.layers(),
        "it has gates of %d layers, the base has %d".formatted(v.gates().size(), spec.layers()));
    for (SequenceGate gate : v.gates()) {
      fit.require(gate.outputs() == 1 || gate.outputs() == 2, "a gate has 1 or 2 outputs");
      fit.gate(gate, gate.outputs(), hidden);
    }
  }

  private void bottleneck(Bottleneck b) {
    Fit named = fit.layer(b.layer());
    int width = b.down().outputs();
    named.projection("down", b.down(), width, hidden).projection("up", b.up(), hidden, width);
    if (b.gate() != null) {
      named.gate(b.gate(), 1, hidden);
    }
  }

  private void fusion(AdapterFusion f) {
    Fit named = fit.layer(f.layer());
    for (Bottleneck member : f.members()) {
      bottleneck(member);
      named.require(
          member.layer() == f.layer() && member.sublayer() == f.sublayer() && member.gate() == null,
          "a member is at another place, or has a gate");
    }
    named.require(!f.members().isEmpty(), "it has no members");
    int inner = f.query().outputs();
    named
        .projection("query", f.query(), inner, hidden)
        .projection("key", f.key(), inner, hidden)
        .projection("value", f.value(), hidden, hidden);
  }

  private void ladder(LadderSideNetwork network) {
    fit.require(
        network.rungs().size() == spec.layers(),
        "it has %d rungs, the base %d layers".formatted(network.rungs().size(), spec.layers()));
    int side = network.entry().outputs();
    fit.projection("entry", network.entry(), side, hidden)
        .projection("exit", network.exit(), hidden, side);
    for (LadderSideNetwork.Rung rung : network.rungs()) {
      int inner = rung.expand().outputs();
      fit.projection("down", rung.down(), side, hidden)
          .size("norm", rung.norm(), 1, side)
          .projection("expand", rung.expand(), inner, side)
          .projection("contract", rung.contract(), side, inner);
    }
  }
}
