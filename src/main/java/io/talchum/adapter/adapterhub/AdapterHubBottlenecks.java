package io.talchum.adapter.adapterhub;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.NonLinearity;
import io.talchum.adapter.Projection;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bottlenecks: Houlsby (arXiv:1902.00751), Pfeiffer (arXiv:2005.00247), parallel
 * (arXiv:2110.04366), compacter (arXiv:2106.04647).
 */
record AdapterHubBottlenecks(
    AdapterHubPart part, Bottleneck.Input input, NonLinearity nonLinearity) {
  private static final Map<Sublayer, String> SITES =
      Map.of(
          Sublayer.ATTENTION, "attention_adapters.adapters.",
          Sublayer.MLP, "output_adapters.adapters.");

  private static final int MAX_PHM = 64;

  static AdapterHubBottlenecks read(AdapterHubPart part) {
    AdapterConfigFields config = part.config();
    AdapterHubOptions.BOTTLENECK.check(config);
    requireNormsBefore(part.base());
    Bottleneck.Input input =
        config.flag("is_parallel")
            ? Bottleneck.Input.RESIDUAL
            : config.flag("original_ln_before")
                ? Bottleneck.Input.OUTPUT_AND_RESIDUAL
                : Bottleneck.Input.OUTPUT;
    return new AdapterHubBottlenecks(
        part, input, nonLinearity(config.text("non_linearity", "relu")));
  }

  /** The library adds the residual stream before a norm; elsewhere it is not recorded. */
  static void requireNormsBefore(ModelSpec base) {
    if (base.norms().has(Norm.ATTENTION_OUTPUT) || base.norms().has(Norm.MLP_OUTPUT)) {
      throw AdapterConfigFields.refuse(
          "bottlenecks are not served on a base that norms sublayer outputs");
    }
  }

  static NonLinearity nonLinearity(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "linear" -> NonLinearity.IDENTITY;
      case "relu" -> NonLinearity.RELU;
      case "leakyrelu" -> NonLinearity.LEAKY_RELU;
      case "swish", "silu" -> NonLinearity.SILU;
      case "gelu" -> NonLinearity.GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> NonLinearity.GELU_TANH;
      case "tanh" -> NonLinearity.TANH;
      case "sigmoid" -> NonLinearity.SIGMOID;
      default ->
          throw AdapterConfigFields.refuse("non_linearity is '" + name + "', which is not served");
    };
  }

  /** In the order in which they run. */
  List<Bottleneck> all() {
    List<Bottleneck> all = new ArrayList<>();
    Set<Integer> leftOut = part.leftOut();
    Map<Integer, Matrix> rule = part.config().flag("phm_layer") ? rule() : Map.of();
    for (int layer = 0; layer < part.base().layers(); layer++) {
      for (Sublayer sublayer : Sublayer.values()) {
        if (!leftOut.contains(layer) && isUsed(sublayer)) {
          all.add(at(layer, sublayer, rule));
        }
      }
    }
    return all;
  }

  private boolean isUsed(Sublayer sublayer) {
    return part.config().flag(sublayer == Sublayer.ATTENTION ? "mh_adapter" : "output_adapter");
  }

  private Bottleneck at(int layer, Sublayer sublayer, Map<Integer, Matrix> rule) {
    String prefix = "model.layers." + layer + "." + SITES.get(sublayer) + part.name() + ".";
    int hidden = part.base().hiddenSize();
    Projection down;
    Projection up;
    if (rule.isEmpty()) {
      int width = Projections.size(part.tensors(), prefix + "adapter_down.0.weight", 0);
      down = Projections.of(part.tensors(), prefix + "adapter_down.0.", width, hidden);
      up = Projections.of(part.tensors(), prefix + "adapter_up.", hidden, width);
    } else {
      int width = Projections.size(part.tensors(), prefix + "adapter_down.0.b", 0);
      down = product(prefix + "adapter_down.0.", width, hidden, rule);
      up = product(prefix + "adapter_up.", hidden, width, rule);
    }
    return new Bottleneck(
        layer, sublayer, input, down, nonLinearity, up, scale(prefix), gate(prefix));
  }

  private float scale(String prefix) {
    JsonNode scaling = part.config().get("scaling");
    if (scaling.isTextual() && scaling.textValue().equals("learned")) {
      return part.tensors().values(prefix + "scaling", "[1]", 1)[0];
    }
    float scale = (float) part.config().number("scaling", 1);
    part.tensors().count(scale);
    return scale;
  }

  private @Nullable SequenceGate gate(String prefix) {
    return part.config().flag("use_gating")
        ? part.gate(prefix + "gate.", 1, part.base().hiddenSize())
        : null;
  }

  /** By index, [dim, dim] each; shared by all layers. */
  private Map<Integer, Matrix> rule() {
    int dim = part.config().whole("phm_dim", 4, 1, MAX_PHM);
    float[] values =
        part.tensors()
            .values(
                "model.shared_parameters." + part.name() + ".phm_rule",
                "[phm_dim, phm_dim, phm_dim]",
                dim,
                dim,
                dim);
    Map<Integer, Matrix> rule = new java.util.TreeMap<>();
    Matrix rows = new Matrix(dim * dim, dim, values);
    for (int i = 0; i < dim; i++) {
      rule.put(i, rows.rows(i * dim, (i + 1) * dim));
    }
    return rule;
  }

  /** H = sum_i kron(rule_i, left_i right_i), used as x H + b. */
  private Projection product(String prefix, int outputs, int inputs, Map<Integer, Matrix> rule) {
    int dim = rule.size();
    if (outputs % dim != 0 || inputs % dim != 0) {
      throw AdapterConfigFields.refuse(
          "phm_dim " + dim + " does not divide " + inputs + " and " + outputs);
    }
    int rank = Projections.size(part.tensors(), prefix + "W_left", 2);
    int rows = inputs / dim;
    int columns = outputs / dim;
    float[] left =
        part.tensors()
            .values(prefix + "W_left", "[phm_dim, inputs / phm_dim, rank]", dim, rows, rank);
    float[] right =
        part.tensors()
            .values(prefix + "W_right", "[phm_dim, rank, outputs / phm_dim]", dim, rank, columns);
    Matrix allLeft = new Matrix(dim * rows, rank, left);
    Matrix allRight = new Matrix(dim * rank, columns, right);
    FloatValues weight =
        FloatValues.computed((long) outputs * inputs, () -> product(rule, allLeft, allRight));
    return new Projection(
        outputs, inputs, weight, part.tensors().values(prefix + "b", "[outputs]", outputs));
  }

  private static float[] product(Map<Integer, Matrix> rule, Matrix allLeft, Matrix allRight) {
    int dim = rule.size();
    int rank = allLeft.columns();
    int rows = allLeft.rows() / dim;
    int columns = allRight.columns();
    int inputs = rows * dim;
    int outputs = columns * dim;
    float[] weight = new float[outputs * inputs];
    rule.forEach(
        (i, small) -> {
          Matrix block =
              allLeft.rows(i * rows, (i + 1) * rows).times(allRight.rows(i * rank, (i + 1) * rank));
          for (int out = 0; out < outputs; out++) {
            for (int in = 0; in < inputs; in++) {
              weight[out * inputs + in] +=
                  small.at(in / rows, out / columns) * block.at(in % rows, out % columns);
            }
          }
        });
    return weight;
  }
}
