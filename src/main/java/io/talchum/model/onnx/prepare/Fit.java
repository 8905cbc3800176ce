package io.talchum.model.onnx.prepare;

import io.talchum.adapter.FloatValues;
import io.talchum.adapter.Projection;
import io.talchum.adapter.SequenceGate;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.core.ServeException;
import java.util.Arrays;

/**
 * Sizes of one primitive against the base's; each method throws INVALID_ADAPTER saying what does
 * not fit.
 *
 * @param what the primitive's kind, and its place if it has one
 */
record Fit(ModelSpec spec, String what) {
  Fit layer(int layer) {
    Fit named = new Fit(spec, what + " of layer " + layer);
    named.require(layer >= 0 && layer < spec.layers(), "the base has " + spec.layers() + " layers");
    return named;
  }

  Fit linear(int layer, Linear linear) {
    Fit named = new Fit(spec, layer(layer).what + " " + linear.path());
    named.require(spec.has(linear), "the base has no such linear");
    return named;
  }

  Fit norm(int layer, Norm norm) {
    Fit named = new Fit(spec, layer(layer).what + " " + norm.tensor());
    named.require(spec.norms().has(norm), "the base has no such norm");
    return named;
  }

  Fit tokens(int[] ids) {
    require(ids.length > 0, "it names no tokens");
    int[] sorted = ids.clone();
    Arrays.sort(sorted);
    int worst = sorted[0] < 0 ? sorted[0] : sorted[sorted.length - 1];
    require(
        worst >= 0 && worst < spec.vocabSize(),
        "token %d is not in 0..%d".formatted(worst, spec.vocabSize() - 1));
    return this;
  }

  Fit distinct(int[] ids) {
    require(Arrays.stream(ids).distinct().count() == ids.length, "it names a token twice");
    return this;
  }

  Fit count(int tokens) {
    require(tokens > 0, "it has no tokens");
    return this;
  }

  Fit size(String name, float[] values, int rows, int columns) {
    return size(name, FloatValues.of(values), rows, columns);
  }

  Fit size(String name, FloatValues values, int rows, int columns) {
    require(
        values.size() == (long) rows * columns,
        "%s has %d values, %d x %d are needed".formatted(name, values.size(), rows, columns));
    return this;
  }

  Fit projection(String name, Projection projection, int outputs, int inputs) {
    size(name, projection.weight(), outputs, inputs);
    if (projection.bias().length > 0) {
      size("the bias of " + name, projection.bias(), 1, outputs);
    }
    return this;
  }

  Fit gate(SequenceGate gate, int outputs, int inputs) {
    size("the gate", gate.weight(), outputs, inputs);
    return size("the bias of the gate", gate.bias(), 1, outputs);
  }

  void require(boolean holds, String problem) {
    if (!holds) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "%s does not fit the base: %s".formatted(what, problem));
    }
  }
}
