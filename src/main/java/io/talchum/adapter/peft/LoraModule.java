package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One linear of a LoRA, with its variants. */
final class LoraModule {
  /** What the initial values did to the base. */
  private enum Start {
    /** Nothing. */
    PLAIN,
    /** Its largest singular values were taken out, arXiv:2404.02948. */
    PISSA,
    /** The first columns of its QR decomposition were taken out, arXiv:2406.01775. */
    OLORA
  }

  private static final Set<String> PLAIN_STARTS = Set.of("gaussian", "orthogonal", "eva");

  private final PeftSource source;
  private final LoraScale scales;
  private final boolean dora;
  private final boolean biased;
  private final int group;
  private final Start start;

  private LoraModule(
      PeftSource source, LoraScale scales, boolean dora, boolean biased, int group, Start start) {
    this.source = source;
    this.scales = scales;
    this.dora = dora;
    this.biased = biased;
    this.group = group;
    this.start = start;
  }

  static LoraModule begin(PeftSource source, LoraScale scales) {
    AdapterConfigFields config = source.config();
    boolean dora = config.flag("use_dora");
    boolean biased = config.flag("lora_bias");
    int group = config.whole("qalora_group_size", 16, 1, Integer.MAX_VALUE);
    if (dora && biased) {
      throw AdapterConfigFields.refuse(
          "lora_bias and use_dora are both true; PEFT has no such adapter");
    }
    return new LoraModule(
        source, scales, dora, biased, config.flag("use_qalora") ? group : 1, start(config));
  }

  private static Start start(AdapterConfigFields config) {
    JsonNode init = config.get("init_lora_weights");
    if (AdapterConfigFields.isOff(init)
        || init.isBoolean()
        || init.isTextual() && PLAIN_STARTS.contains(init.textValue())) {
      return Start.PLAIN;
    }
    return switch (init.asText()) {
      case "pissa" -> Start.PISSA;
      case "olora" -> Start.OLORA;
      default ->
          throw AdapterConfigFields.refuse(
              "init_lora_weights is "
                  + AdapterConfigFields.show(init)
                  + ", which changes the base in a way that cannot be rebuilt; save the adapter"
                  + " with path_initial_model_for_weight_conversion, that makes a plain LoRA of"
                  + " it");
    };
  }

  List<AdapterPrimitive> read(AdaptedModule module) {
    int rank = scales.rankOf(module.path());
    float scale = scales.scaleOf(module.path());
    source.tensors().count(scale);
    FloatValues a = readA(module, rank);
    StoredMatrix b = source.stored(module, "lora_B.weight", module.out(), rank, "[outputs, r]");
    requireFinite(module, b, scale);
    List<AdapterPrimitive> primitives = new ArrayList<>(module.lowRank(rank, a, b.values(), scale));
    primitives.addAll(startOf(module, rank, scale));
    if (dora) {
      primitives.addAll(dora(module, new Matrix(rank, module.in(), a.toArray()), b, scale));
    }
    if (biased) {
      float[] bias = source.values(module, "lora_B.bias", "[outputs]", module.out());
      primitives.addAll(module.biasDelta(new Matrix(1, bias.length, bias).times(scale).values()));
    }
    return primitives;
  }

  /** With QA-LoRA (arXiv:2309.14717) A sees the mean of each group of inputs, times in / group. */
  private FloatValues readA(AdaptedModule module, int rank) {
    int in = module.in();
    if (in % group != 0) {
      throw AdapterConfigFields.refuse(
          "qalora_group_size "
              + group
              + " does not divide the "
              + in
              + " inputs of "
              + module.path());
    }
    StoredMatrix a = source.stored(module, "lora_A.weight", rank, in / group, "[r, inputs]");
    return group == 1 ? a.values() : AdaptedModule.computed(rank, in, () -> spread(a.read(), in));
  }

  private Matrix spread(Matrix a, int in) {
    return Matrix.of(
        a.rows(), in, (row, i) -> (double) a.at(row, i / group) * in / ((double) group * group));
  }

  private void requireFinite(AdaptedModule module, StoredMatrix b, float scale) {
    if (!Float.isFinite(b.values().magnitude() * scale)) {
      throw source
          .tensors()
          .refuse(
              "tensor "
                  + PeftSource.name(module.path(), "lora_B.weight")
                  + " is not finite after scaling by "
                  + scale);
    }
  }

  /** What PEFT takes out of the base again when it loads the file: known from the base alone. */
  private List<AdapterPrimitive> startOf(AdaptedModule module, int rank, float scale) {
    if (start != Start.PLAIN) {
      source.tensors().count(start.name());
    }
    return switch (start) {
      case PLAIN -> List.of();
      case PISSA -> {
        Decompositions.Product top = Decompositions.largestSingular(module.weight(), rank);
        yield held(module, top, -1);
      }
      case OLORA -> {
        Decompositions.Product first = Decompositions.firstOfQr(module.weight(), rank);
        yield held(module, first, -scale);
      }
    };
  }

  /** Not computed twice: that takes long. */
  private List<AdapterPrimitive> held(
      AdaptedModule module, Decompositions.Product product, float scale) {
    float[] a = product.right().values();
    float[] b = product.left().values();
    source.tensors().passHeap((long) Float.BYTES * (a.length + b.length), module.path());
    return module.lowRank(product.right().rows(), FloatValues.of(a), FloatValues.of(b), scale);
  }

  /**
   * DoRA (arXiv:2402.09353): every row of W + sBA has the length that the file says. The bias is
   * not scaled.
   */
  private List<AdapterPrimitive> dora(AdaptedModule module, Matrix a, StoredMatrix b, float scale) {
    float[] magnitude = source.values(module, "lora_magnitude_vector", "[outputs]", module.out());
    float[] g = new float[module.out()];
    Matrix delta = b.read().times(a);
    module.forEachRow(
        (row, weights) -> {
          double sum = 0;
          for (int i = 0; i < weights.length; i++) {
            double value = weights[i] + (double) scale * delta.at(row, i);
            sum += value * value;
          }
          g[row] = (float) (magnitude[row] / Math.sqrt(sum));
        });
    List<AdapterPrimitive> primitives = new ArrayList<>(Scaled.withoutBias(source, module, g));
    return primitives;
  }
}
