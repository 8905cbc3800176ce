package io.talchum.model.onnx.adapter;

import io.talchum.adapter.LadderSideNetwork;
import io.talchum.model.onnx.math.AdapterProjection;
import io.talchum.model.onnx.math.NonLinear;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenGroup;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One rung of a side network, at the end of its layer.
 *
 * @param entry of the first rung, else null
 * @param mix sigmoid of the rung's gate
 * @param exit of the last rung, else null
 */
public record LadderAdapter(
    @Nullable AdapterProjection entry,
    AdapterProjection down,
    float mix,
    float[] norm,
    AdapterProjection expand,
    AdapterProjection contract,
    @Nullable AdapterProjection exit,
    float epsilon)
    implements TokenwiseAdapter {

  /** The rung beside a layer. */
  public static LadderAdapter of(SegmentAllocator memory, LadderSideNetwork network, int layer) {
    LadderSideNetwork.Rung rung = network.rungs().get(layer);
    boolean isLast = layer == network.rungs().size() - 1;
    return new LadderAdapter(
        layer == 0 ? AdapterProjection.of(memory, network.entry()) : null,
        AdapterProjection.of(memory, rung.down()),
        NonLinear.sigmoid(rung.gate()),
        rung.norm(),
        AdapterProjection.of(memory, rung.expand()),
        AdapterProjection.of(memory, rung.contract()),
        isLast ? AdapterProjection.of(memory, network.exit()) : null,
        network.epsilon());
  }

  int side() {
    return norm.length;
  }

  @Override
  public void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    TokenGroup kept = call.ladder(tokens, side());
    TokenGroup before = entry == null ? kept : entry.apply(call.embeddings(tokens), scratch);
    TokenGroup h = scratch.group(call.width(), tokens.count());
    h.sum(call.changed(tokens), call.seen(tokens), call.width());
    TokenGroup i = down.apply(h, scratch);
    TokenGroup normed = scratch.group(side(), tokens.count());
    for (int t = 0; t < tokens.count(); t++) {
      for (int n = 0; n < side(); n++) {
        i.set(t, n, mix * i.get(t, n) + (1 - mix) * before.get(t, n));
      }
      norm(i, normed, t);
    }
    TokenGroup inner = expand.apply(normed, scratch);
    for (int t = 0; t < tokens.count(); t++) {
      for (int n = 0; n < expand.outputs(); n++) {
        float x = inner.get(t, n);
        inner.set(t, n, x * NonLinear.sigmoid(x));
      }
    }
    i.add(1, contract.apply(inner, scratch), side());
    for (int t = 0; t < tokens.count(); t++) {
      for (int n = 0; n < side(); n++) {
        kept.set(t, n, i.get(t, n));
      }
    }
    if (exit != null) {
      call.changed(tokens).add(1, exit.apply(i, scratch), call.width());
    }
  }

  private void norm(TokenGroup x, TokenGroup y, int token) {
    double square = 0;
    for (int n = 0; n < side(); n++) {
      square += (double) x.get(token, n) * x.get(token, n);
    }
    double factor = 1 / Math.sqrt(square / side() + epsilon);
    for (int n = 0; n < side(); n++) {
      y.set(token, n, (float) (x.get(token, n) * factor * norm[n]));
    }
  }
}
