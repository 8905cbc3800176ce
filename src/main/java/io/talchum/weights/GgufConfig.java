package io.talchum.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the architecture from the metadata and tensors of a GGUF file of architecture llama. */
final class GgufConfig {
  private static final Pattern OTHERS = Pattern.compile("(general|tokenizer|quantize)\\..*");
  private static final Set<String> HARMLESS =
      Set.of("llama.rope.scaling.finetuned", "split.no", "split.tensors.count");

  private final GgufFile file;
  private final ConfigFields fields;

  private GgufConfig(GgufFile file) {
    this.file = file;
    ObjectNode own = file.metadata().objectNode();
    file.metadata()
        .properties()
        .forEach(
            entry -> {
              if (!OTHERS.matcher(entry.getKey()).matches()) {
                own.set(entry.getKey(), entry.getValue());
              }
            });
    this.fields = new ConfigFields(file.name(), own);
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_MODEL, naming the key and its value
   */
  static ModelSpec read(GgufFile file) {
    return new GgufConfig(file).read();
  }

  private ModelSpec read() {
    requireLlama();
    int hidden = fields.requireInt("llama.embedding_length", 1, Limits.MAX_WIDTH);
    int heads = fields.requireInt("llama.attention.head_count", 1, Limits.MAX_HEADS);
    int headDim = headDim(hidden, heads);
    int kvHeads = fields.intOr("llama.attention.head_count_kv", heads, 1, heads);
    if (heads % kvHeads != 0) {
      throw fields.refused(
          "llama.attention.head_count_kv %d does not divide llama.attention.head_count %d"
              .formatted(kvHeads, heads));
    }
    ModelSpec spec =
        new ModelSpec(
            "LlamaForCausalLM",
            vocabSize(),
            hidden,
            fields.requireInt("llama.block_count", 1, Limits.MAX_LAYERS),
            heads,
            kvHeads,
            headDim,
            fields.requireInt("llama.feed_forward_length", 1, Limits.MAX_WIDTH),
            fields.requireInt("llama.context_length", 1, Limits.MAX_CONTEXT),
            (float) fields.requireDouble("llama.attention.layer_norm_rms_epsilon", 0, 1),
            rope(headDim).resolve(fields.doubleOr("llama.rope.freq_base", 10000, 1, 1e12), headDim),
            biases(),
            !file.tensors().containsKey("output.weight"));
    fields.ignore(HARMLESS);
    fields.refuseUnread();
    return spec;
  }

  private void requireLlama() {
    ConfigFields general = new ConfigFields(file.name(), file.metadata());
    String architecture =
        general
            .text("general.architecture")
            .orElseThrow(() -> general.missing("general.architecture"));
    if (!architecture.equals("llama")) {
      throw general.refused(
          "general.architecture " + architecture + " is not supported; supported: llama");
    }
    String type = general.text("general.type").orElse("model");
    if (!type.equals("model")) {
      throw general.refused("general.type is " + type + "; only a model can be imported");
    }
    if (fields.intOr("split.count", 1, 0, 1 << 16) > 1) {
      throw fields.refused("split.count is above 1; join the parts to one file first");
    }
    if (fields.intOr("llama.expert_count", 0, 0, 1 << 16) > 0) {
      throw fields.refused("llama.expert_count is above 0; mixtures of experts are not supported");
    }
    fields.intOr("llama.expert_used_count", 0, 0, 1 << 16);
    if (!fields.booleanOr("llama.attention.causal", true)) {
      throw fields.refused("llama.attention.causal false is not supported");
    }
    String layout = fields.text("llama.tensor_data_layout").orElse("Meta AI original pth");
    if (!layout.equals("Meta AI original pth")) {
      throw fields.refused("llama.tensor_data_layout " + layout + " is not supported");
    }
  }

  private int headDim(int hidden, int heads) {
    if (!fields.has("llama.attention.key_length") && hidden % heads != 0) {
      throw fields.refused(
          "llama.attention.head_count %d does not divide llama.embedding_length %d"
              .formatted(heads, hidden));
    }
    int headDim =
        fields.intOr("llama.attention.key_length", hidden / heads, 2, Limits.MAX_HEAD_DIM);
    int valueDim = fields.intOr("llama.attention.value_length", headDim, 2, Limits.MAX_HEAD_DIM);
    int rotary = fields.intOr("llama.rope.dimension_count", headDim, 2, Limits.MAX_HEAD_DIM);
    if (headDim % 2 != 0 || valueDim != headDim || rotary != headDim) {
      throw fields.refused(
          "key length %d, value length %d and llama.rope.dimension_count %d must be one even number"
              .formatted(headDim, valueDim, rotary));
    }
    return headDim;
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
    int stated = fields.intOr("llama.vocab_size", (int) rows, 1, Limits.MAX_VOCABULARY);
    if (stated != rows) {
      throw fields.refused(
          "llama.vocab_size is %d, tensor token_embd.weight has %d rows".formatted(stated, rows));
    }
    return stated;
  }

  private RopeRules rope(int headDim) {
    String type = fields.text("llama.rope.scaling.type").orElse("none");
    double factor =
        fields
            .findDouble("llama.rope.scaling.factor", 0, 1e6)
            .orElse(fields.doubleOr("llama.rope.scale_linear", 1, 0, 1e6));
    int context = fields.requireInt("llama.context_length", 1, Limits.MAX_CONTEXT);
    int trained =
        fields.intOr("llama.rope.scaling.original_context_length", context, 1, Limits.MAX_CONTEXT);
    RopeRules rule =
        switch (type) {
          case "none" -> new RopeRules.Default();
          case "linear" -> new RopeRules.LinearScaling(factor);
          case "yarn" ->
              new RopeRules.Yarn(
                  factor, trained, 32, 1, true, java.util.OptionalDouble.empty(), 0, 0);
          default ->
              throw fields.refused(
                  "llama.rope.scaling.type "
                      + type
                      + " is not supported; supported: none, linear, yarn");
        };
    return withDivisors(rule, headDim);
  }

  private RopeRules withDivisors(RopeRules rule, int headDim) {
    GgufFile.GgufTensor tensor = file.tensors().get("rope_freqs.weight");
    if (tensor == null) {
      return rule;
    }
    long count = tensor.dimensions().getFirst();
    if (tensor.type() != BlockType.F32 || tensor.dimensions().size() != 1 || count != headDim / 2) {
      throw fields.refused("tensor rope_freqs.weight is no F32 vector of length " + headDim / 2);
    }
    float[] values = new float[(int) count];
    tensor.type().dequantize(file.data(tensor), 0, values, 0, values.length);
    List<Double> divisors = new ArrayList<>();
    for (float value : values) {
      if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
        throw fields.refused("tensor rope_freqs.weight holds " + value);
      }
      divisors.add((double) value);
    }
    return new RopeRules.Divided(rule, divisors);
  }

  private Set<Linear> biases() {
    Set<Linear> biases = EnumSet.noneOf(Linear.class);
    for (Linear linear : Linear.values()) {
      if (file.tensors().containsKey(GgufTensors.module(0, linear) + ".bias")) {
        biases.add(linear);
      }
    }
    return biases;
  }
}
