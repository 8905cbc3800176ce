package io.talchum.model.onnx.adapter;

import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.NonLinearity;
import io.talchum.model.onnx.math.AdapterProjection;
import io.talchum.model.onnx.math.NonLinear;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenGroup;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/** x += gate * scale * up(act(down(i))). */
public record BottleneckAdapter(
    Bottleneck.Input input,
    AdapterProjection down,
    NonLinearity nonLinearity,
    AdapterProjection up,
    float scale,
    @Nullable AdapterGate gate)
    implements TokenwiseAdapter {

  public static BottleneckAdapter of(
      SegmentAllocator memory, Bottleneck bottleneck, @Nullable AdapterGate gate) {
    return new BottleneckAdapter(
        bottleneck.input(),
        AdapterProjection.of(memory, bottleneck.down()),
        bottleneck.nonLinearity(),
        AdapterProjection.of(memory, bottleneck.up()),
        bottleneck.scale(),
        gate);
  }

  @Override
  public void begin(HiddenStateCall call, int row, BoundAdapter bound) {
    int position = call.firstPositions()[row];
    if (gate == null || position >= bound.promptEnd()) {
      return;
    }
    long first = (long) row * call.tokens();
    GateMean mean = bound.gate(gate.number());
    mean.begin(position - bound.adapter().virtualTokens());
    for (int token = 0; token < call.tokens(); token++) {
      if (position + token < bound.promptEnd()) {
        long at = (first + token) * call.width() * Float.BYTES;
        float dot = input == Bottleneck.Input.RESIDUAL ? 0 : gate.dot(0, call.changed(), at);
        dot += input == Bottleneck.Input.OUTPUT ? 0 : gate.dot(0, call.seen(), at);
        mean.add(0, dot + gate.bias(0));
        mean.next();
      }
    }
  }

  @Override
  public boolean isGated() {
    return gate != null;
  }

  @Override
  public void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    TokenGroup x = call.changed(tokens);
    TokenGroup result = unscaled(call, tokens, scratch);
    for (int t = 0; t < tokens.count(); t++) {
      float factor = gate == null ? 1 : tokens.bound(t).gate(gate.number()).mean(0);
      x.add(t, factor * scale, result, call.width());
    }
  }

  /** What is added to x, without the gate. */
  TokenGroup result(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    TokenGroup y = unscaled(call, tokens, scratch);
    y.add(scale - 1, y, call.width());
    return y;
  }

  private TokenGroup unscaled(
      HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    TokenGroup i = input(call, tokens, scratch);
    TokenGroup z = down.apply(i, scratch);
    for (int t = 0; t < tokens.count(); t++) {
      for (int k = 0; k < down.outputs(); k++) {
        z.set(t, k, NonLinear.apply(nonLinearity, z.get(t, k)));
      }
    }
    return up.apply(z, scratch);
  }

  private TokenGroup input(
      HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    return switch (input) {
      case OUTPUT -> call.changed(tokens);
      case RESIDUAL -> call.seen(tokens);
      case OUTPUT_AND_RESIDUAL -> {
        TokenGroup both = scratch.group(call.width(), tokens.count());
        both.sum(call.changed(tokens), call.seen(tokens), call.width());
        yield both;
      }
    };
  }
}
