package io.talchum.adapter.adapterhub;

import io.talchum.adapter.NonLinearity;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Prefix tuning (arXiv:2101.00190): rows of all layers' keys and values, as they are or made by a
 * small network. The prompt's positions are not shifted.
 */
record AdapterHubPrefix(AdapterHubPart part) {
  private static final int MAX_TOKENS = 1 << 16;
  private static final String BASE = "self_prefix.";

  VirtualKeyValues read() {
    AdapterConfigFields config = part.config();
    AdapterHubOptions.PREFIX.check(config);
    int tokens = config.whole("prefix_length", 30, 1, MAX_TOKENS);
    ModelSpec spec = part.base();
    int width = spec.kvHeads() * spec.headDim();
    Matrix rows = rows("model.prefix_tuning.prefix_tunings.", tokens, 2 * spec.layers() * width);
    dropCopies(tokens, rows);
    List<float[]> keys = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      keys.add(slice(rows, 2 * layer * width, width));
      values.add(slice(rows, (2 * layer + 1) * width, width));
    }
    return new VirtualKeyValues(tokens, keys, values, false, gates());
  }

  private Matrix rows(String place, int tokens, int width) {
    String prefix = place + part.name() + "." + BASE;
    if (part.config().flag("flat")) {
      return new Matrix(
          tokens,
          width,
          part.tensors()
              .values(
                  prefix + "control_trans", "[prefix_length * all layers]", (long) tokens * width));
    }
    int inner = part.config().whole("bottleneck_size", 512, 1, MAX_TOKENS);
    int hidden = part.base().hiddenSize();
    Matrix start =
        part.tensors().matrix(prefix + "wte.weight", tokens, hidden, "[prefix_length, hidden]");
    Matrix between =
        linear(prefix + "control_trans.0.", inner, hidden, start, "[bottleneck_size, hidden]");
    Matrix active = Matrix.of(tokens, inner, (row, i) -> activation().apply(between.at(row, i)));
    return linear(
        prefix + "control_trans.2.", width, inner, active, "[all layers, bottleneck_size]");
  }

  private interface Activation {
    double apply(double x);
  }

  private Activation activation() {
    NonLinearity kind =
        AdapterHubBottlenecks.nonLinearity(part.config().text("non_linearity", "tanh"));
    return switch (kind) {
      case TANH -> Math::tanh;
      case RELU -> x -> Math.max(x, 0);
      case IDENTITY -> x -> x;
      case SILU -> x -> x / (1 + Math.exp(-x));
      case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
      case LEAKY_RELU -> x -> x < 0 ? 0.01 * x : x;
      case GELU, GELU_TANH ->
          throw AdapterConfigFields.refuse("non_linearity of a prefix is " + kind + ", not served");
    };
  }

  private Matrix linear(String prefix, int outputs, int inputs, Matrix x, String meaning) {
    Matrix weight = part.tensors().matrix(prefix + "weight", outputs, inputs, meaning);
    float[] bias = part.tensors().values(prefix + "bias", "[outputs]", outputs);
    Matrix product = x.times(weight.transposed());
    return Matrix.of(x.rows(), outputs, (row, i) -> (double) product.at(row, i) + bias[i]);
  }

  /** The library saves the shared network once more with every layer. */
  private void dropCopies(int tokens, Matrix rows) {
    for (int layer = 0; layer < part.base().layers(); layer++) {
      String place = layer(layer) + "pool.prefix_tunings.";
      if (part.anyBelow(place + part.name() + "." + BASE)
          && !Arrays.equals(rows(place, tokens, rows.columns()).values(), rows.values())) {
        throw part.tensors()
            .refuse("tensors " + place + part.name() + " differ from those of all layers");
      }
    }
  }

  private List<SequenceGate> gates() {
    if (!part.config().flag("use_gating")) {
      return List.of();
    }
    boolean shared = !part.config().has("shared_gating") || part.config().flag("shared_gating");
    List<SequenceGate> gates = new ArrayList<>();
    for (int layer = 0; layer < part.base().layers(); layer++) {
      gates.add(
          part.gate(
              layer(layer) + "prefix_gates." + part.name() + ".",
              shared ? 1 : 2,
              part.base().hiddenSize()));
    }
    return gates;
  }

  private static String layer(int layer) {
    return "model.layers." + layer + ".self_attn.prefix_tuning.";
  }

  private static float[] slice(Matrix rows, int from, int width) {
    return Matrix.of(rows.rows(), width, (row, i) -> rows.at(row, from + i)).values();
  }
}
