package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.Linear;
import io.talchum.core.MlpSpec;
import io.talchum.core.ModelSpec;
import io.talchum.core.ScaleSpec;
import io.talchum.weights.Limits;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.Family;
import io.talchum.weights.checkpoint.Family.Trait;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads the architecture from the metadata and tensors of a GGUF file; what llama.cpp implies for
 * an architecture without writing it down is stated here.
 *
 * @param spec the decoder
 * @param family what it was read as
 */
record GgufConfig(ModelSpec spec, Family family) {
  private static final Pattern OTHERS = Pattern.compile("(general|tokenizer|quantize)\\..*");
  private static final Set<String> HARMLESS =
      Set.of(GgufSplit.NUMBER, GgufSplit.COUNT, GgufSplit.TENSORS); // read before

  /**
   * @throws io.talchum.core.ServeException INVALID_MODEL, naming the key and its value
   */
  static GgufConfig read(GgufFile file) {
    Family family = family(file);
    return new GgufConfig(new Reader(file, ownKeys(file), family).spec(), family);
  }

  private static ConfigFields ownKeys(GgufFile file) {
    ObjectNode own = file.metadata().objectNode();
    file.metadata()
        .properties()
        .forEach(
            entry -> {
              if (!OTHERS.matcher(entry.getKey()).matches()) {
                own.set(entry.getKey(), entry.getValue());
              }
            });
    return new ConfigFields(file.name(), own);
  }

  private static Family family(GgufFile file) {
    ConfigFields general = new ConfigFields(file.name(), file.metadata());
    String architecture =
        general
            .text("general.architecture")
            .orElseThrow(() -> general.missing("general.architecture"));
    String type = general.text("general.type").orElse("model");
    if (!type.equals("model")) {
      throw general.refused("general.type is " + type + "; only a model can be imported");
    }
    return Arrays.stream(Family.values())
        .filter(family -> family.ggufName().equals(architecture))
        .findFirst()
        .orElseThrow(
            () ->
                general.refused(
                    "general.architecture %s is not supported; supported: %s"
                        .formatted(architecture, supported())));
  }

  private static String supported() {
    return Arrays.stream(Family.values())
        .map(Family::ggufName)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** Reads the keys of one file; all begin with the architecture's name. */
  private record Reader(GgufFile file, ConfigFields fields, Family family) {

    ModelSpec spec() {
      refuseUnsupported();
      int hidden = fields.requireInt(key("embedding_length"), 1, Limits.MAX_WIDTH);
      int heads = fields.requireInt(key("attention.head_count"), 1, Limits.MAX_HEADS);
      int headDim = headDim(hidden, heads);
      int kvHeads = fields.intOr(key("attention.head_count_kv"), heads, 1, heads);
      if (heads % kvHeads != 0) {
        throw fields.refused(
            "%s %d does not divide %s %d"
                .formatted(
                    key("attention.head_count_kv"), kvHeads, key("attention.head_count"), heads));
      }
      int layers = fields.requireInt(key("block_count"), 1, Limits.MAX_LAYERS);
      int context = fields.requireInt(key("context_length"), 1, Limits.MAX_CONTEXT);
      GgufAttention attention = new GgufAttention(file, fields, family);
      ModelSpec spec =
          new ModelSpec(
              family.architecture(),
              vocabSize(),
              hidden,
              layers,
              heads,
              kvHeads,
              headDim,
              fields.requireInt(key("feed_forward_length"), 1, Limits.MAX_WIDTH),
              context,
              family.norms(epsilon()),
              attention.read(hidden, heads, headDim, layers, context),
              new MlpSpec(family.activation(), family.gated()),
              scales(hidden),
              family.modules(),
              biases(),
              !file.tensors().containsKey("output.weight"));
      fields.ignore(HARMLESS);
      fields.ignore(Set.of(key("rope.scaling.finetuned")));
      fields.refuseUnread();
      return spec;
    }

    private String key(String name) {
      return family.ggufName() + "." + name;
    }

    private void refuseUnsupported() {
      if (fields.intOr(key("expert_count"), 0, 0, 1 << 16) > 0) {
        throw fields.refused(
            key("expert_count") + " is above 0; mixtures of experts are not supported");
      }
      fields.intOr(key("expert_used_count"), 0, 0, 1 << 16);
      if (!fields.booleanOr(key("attention.causal"), true)) {
        throw fields.refused(key("attention.causal") + " false is not supported");
      }
      String layout = fields.text(key("tensor_data_layout")).orElse("Meta AI original pth");
      if (!layout.equals("Meta AI original pth")) {
        throw fields.refused(key("tensor_data_layout") + " " + layout + " is not supported");
      }
    }

    private int headDim(int hidden, int heads) {
      String lengthKey = key("attention.key_length");
      if (!fields.has(lengthKey) && hidden % heads != 0) {
        throw fields.refused(
            "%s %d does not divide %s %d"
                .formatted(key("attention.head_count"), heads, key("embedding_length"), hidden));
      }
      int headDim = fields.intOr(lengthKey, hidden / heads, 2, Limits.MAX_HEAD_DIM);
      int valueDim = fields.intOr(key("attention.value_length"), headDim, 2, Limits.MAX_HEAD_DIM);
      if (headDim % 2 != 0 || valueDim != headDim) {
        throw fields.refused(
            "key length %d and value length %d must be one even number"
                .formatted(headDim, valueDim));
      }
      return headDim;
    }

    private float epsilon() {
      String name = family.has(Trait.LAYER_NORM) ? "layer_norm_epsilon" : "layer_norm_rms_epsilon";
      return (float) fields.requireDouble(key("attention." + name), 0, 1);
    }

    private ScaleSpec scales(int hidden) {
      if (family.has(Trait.MULTIPLIERS)) {
        return new ScaleSpec(
            (float) fields.doubleOr(key("embedding_scale"), 1, 0, 1e6),
            (float) fields.doubleOr(key("residual_scale"), 1, 0, 1e6),
            (float) fields.doubleOr(key("logit_scale"), 1, 0, 1e6),
            0);
      }
      if (family.has(Trait.GEMMA)) {
        double otherwise = family == Family.GEMMA2 ? 30 : 0;
        return new ScaleSpec(
            (float) Math.sqrt(hidden),
            1,
            1,
            (float) fields.doubleOr(key("final_logit_softcapping"), otherwise, 0, 1e6));
      }
      return ScaleSpec.NONE;
    }

    /** Rows of the embedding table. */
    private int vocabSize() {
      GgufFile.GgufTensor table = file.tensors().get("token_embd.weight");
      if (table == null || table.dimensions().size() != 2) {
        throw fields.refused("tensor token_embd.weight is missing or no matrix");
      }
      long rows = table.dimensions().get(1);
      if (rows > Limits.MAX_VOCABULARY) {
        throw fields.refused("tensor token_embd.weight has " + rows + " rows");
      }
      int stated = fields.intOr(key("vocab_size"), (int) rows, 1, Limits.MAX_VOCABULARY);
      if (stated != rows) {
        throw fields.refused(
            "%s is %d, tensor token_embd.weight has %d rows"
                .formatted(key("vocab_size"), stated, rows));
      }
      return stated;
    }

    private Set<Linear> biases() {
      EnumSet<Linear> biases = EnumSet.noneOf(Linear.class);
      for (var module : family.modules()) {
        if (file.tensors().containsKey("blk.0." + GgufNames.module(module.linears()) + ".bias")) {
          biases.addAll(List.copyOf(module.linears()));
        }
      }
      return biases;
    }
  }
}
