package io.talchum.model.onnx.adapter;

import io.talchum.core.NormSpec;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenGroup;
import io.talchum.model.onnx.math.VectorLoops;
import java.lang.foreign.MemorySegment;

/**
 * Another weight of a norm.
 *
 * @param weight f32 [size]
 * @param bias f32 [size] of the base, or empty
 */
public record NormAdapter(NormSpec norms, MemorySegment weight, MemorySegment bias)
    implements TokenwiseAdapter {
  @Override
  public void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    TokenGroup x = call.seen(tokens);
    TokenGroup y = call.changed(tokens);
    int size = (int) (weight.byteSize() / Float.BYTES);
    for (int t = 0; t < tokens.count(); t++) {
      for (int first = 0; first < call.width(); first += size) {
        norm(x, y, t, first, size);
      }
    }
  }

  private void norm(TokenGroup x, TokenGroup y, int token, int first, int size) {
    double mean = 0;
    for (int i = 0; norms.hasBias() && i < size; i++) {
      mean += x.get(token, first + i);
    }
    mean /= size;
    double square = 0;
    for (int i = 0; i < size; i++) {
      double from = x.get(token, first + i) - mean;
      square += from * from;
    }
    double factor = 1 / Math.sqrt(square / size + norms.epsilon());
    for (int i = 0; i < size; i++) {
      long at = (long) i * Float.BYTES;
      double normed = (x.get(token, first + i) - mean) * factor * VectorLoops.get(weight, at);
      float b = bias.byteSize() == 0 ? 0 : VectorLoops.get(bias, at);
      y.set(token, first + i, (float) normed + b);
    }
  }
}
