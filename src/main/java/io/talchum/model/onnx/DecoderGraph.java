package io.talchum.model.onnx;

import io.talchum.core.AttentionSpec;
import io.talchum.core.KvFormat;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.core.ScaleSpec;
import io.talchum.model.onnx.OnnxGraph.Attribute;
import io.talchum.weights.Encoding;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.PackedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes the decoder of a model package as an ONNX graph.
 *
 * <p>Activations are [B, S, width] throughout: a decode step has S = 1 and one row per slot, a
 * prefill has B = 1, so that no node only changes a shape. Names of inputs and outputs are
 * constants of this class or made by its static methods.
 */
final class DecoderGraph {
  static final String EMBEDDINGS = "embeddings";
  static final String PAST_LENGTHS = "seqlens_k";
  static final String TOTAL_LENGTH = "total_length";
  static final String LOGIT_POSITIONS = "logit_positions";
  static final String LOGITS = "logits";

  /** i64 [B, S]: each token's row in the rotary tables, where that is not its position. */
  static final String ROTARY_POSITIONS = "rotary_positions";

  private static final int KEY_SCALE_INPUT = 12;

  private final ModelPackage weights;
  private final ModelSpec spec;
  private final ExecutorOptions options;
  private final OnnxGraph graph;
  private final NormNodes norms;
  private final HookNodes hooks;

  private DecoderGraph(ModelPackage weights, ExecutorOptions options, boolean hooked) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.options = options;
    this.graph = new OnnxGraph(weights.weightsFile().getFileName().toString());
    this.hooks = new HookNodes(graph, spec, hooked);
    this.norms = new NormNodes(graph, spec, hooks);
  }

  static OnnxGraph build(ModelPackage weights, ExecutorOptions options) {
    return build(weights, options, false);
  }

  /**
   * The graph with hooks where adapters can change more than linears; without such an adapter its
   * numbers are the base's.
   */
  static OnnxGraph buildHooked(ModelPackage weights, ExecutorOptions options) {
    return build(weights, options, true);
  }

  private static OnnxGraph build(ModelPackage weights, ExecutorOptions options, boolean hooked) {
    DecoderGraph decoder = new DecoderGraph(weights, options, hooked);
    decoder.decoder();
    return decoder.graph;
  }

  static String pastKey(int layer) {
    return "past_key." + layer;
  }

  static String pastValue(int layer) {
    return "past_value." + layer;
  }

  static String presentKey(int layer) {
    return "present_key." + layer;
  }

  static String presentValue(int layer) {
    return "present_value." + layer;
  }

  private void decoder() {
    graph.input(EMBEDDINGS, ElementType.FLOAT, "B", "S", spec.hiddenSize());
    graph.input(PAST_LENGTHS, ElementType.INT32, "B");
    graph.input(TOTAL_LENGTH, ElementType.INT32);
    graph.input(LOGIT_POSITIONS, ElementType.INT64, "N");
    if (RotaryTables.areReadByOwnNodes(spec)) {
      graph.input(ROTARY_POSITIONS, ElementType.INT64, "B", "S");
    }
    NormNodes.Stream stream = norms.begin(EMBEDDINGS);
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      String output =
          hooks.after(
              HookSite.of(layer, HookSite.Kind.ATTENTION_OUTPUT),
              stream.residual(),
              attention(layer, stream.input()));
      String attended = norms.change(output, layer, Norm.ATTENTION_OUTPUT);
      stream =
          norms.add(
              stream,
              attended,
              layer,
              Norm.MLP_INPUT,
              prefix + "residual_attention",
              prefix + "mlp_input");
      output =
          hooks.after(
              HookSite.of(layer, HookSite.Kind.MLP_OUTPUT),
              stream.residual(),
              mlp(layer, stream.input()));
      String mlp =
          hooks.after(
              HookSite.of(layer, HookSite.Kind.STREAM),
              stream.residual(),
              norms.change(output, layer, Norm.MLP_OUTPUT));
      int next = layer + 1;
      if (next < spec.layers()) {
        stream =
            norms.add(stream, mlp, next, Norm.INPUT, prefix + "residual_mlp", "normed." + next);
      } else {
        head(stream.residual(), mlp);
      }
    }
  }

  private String attention(int layer, String input) {
    AttentionSpec attention = spec.attention();
    List<String> in = new ArrayList<>(queryKeyValue(layer, input));
    ElementType number = KvSlots.elementType(options.kv().format());
    Object[] cache = {"B", spec.kvHeads(), options.contextTokens(), spec.headDim()};
    in.add(graph.input(pastKey(layer), number, cache));
    in.add(graph.input(pastValue(layer), number, cache));
    in.addAll(List.of(PAST_LENGTHS, TOTAL_LENGTH));
    boolean rotates = !RotaryTables.areReadByOwnNodes(spec);
    if (rotates) {
      in.add(rotaryTable(RotaryTables.cos(attention, layer), layer));
      in.add(rotaryTable(RotaryTables.sin(attention, layer), layer));
    }
    graph.output(presentKey(layer), number, cache);
    graph.output(presentValue(layer), number, cache);
    String attended = "layers." + layer + ".attended";
    int window = attention.windowOf(layer);
    List<Attribute> attributes =
        new ArrayList<>(
            List.of(
                Attribute.of("num_heads", spec.heads()),
                Attribute.of("kv_num_heads", spec.kvHeads()),
                Attribute.of("scale", attention.scale()),
                Attribute.of("softcap", attention.softcap()),
                Attribute.of("do_rotary", rotates ? 1 : 0),
                Attribute.of("rotary_interleaved", 0),
                Attribute.of("local_window_size", window == 0 ? -1 : window)));
    if (options.kv().format() == KvFormat.INT8) {
      quantize(layer, in, attributes);
    }
    graph.contributed(
        "GroupQueryAttention",
        in,
        List.of(attended, presentKey(layer), presentValue(layer)),
        attributes.toArray(Attribute[]::new));
    String hooked =
        hooks.after(HookSite.of(layer, HookSite.Kind.ATTENDED), in.getFirst(), attended);
    return group(layer, LinearGroup.O, hooked).getFirst();
  }

  /** The operator takes the scales as its inputs 12 and 13. */
  private void quantize(int layer, List<String> in, List<Attribute> attributes) {
    while (in.size() < KEY_SCALE_INPUT) {
      in.add("");
    }
    in.add(graph.weight(keyScale(layer), ElementType.FLOAT, scaleShape(spec)));
    in.add(graph.weight(valueScale(layer), ElementType.FLOAT, scaleShape(spec)));
    attributes.add(Attribute.of("k_quant_type", "PER_CHANNEL"));
    attributes.add(Attribute.of("v_quant_type", "PER_CHANNEL"));
    attributes.add(Attribute.of("kv_cache_bit_width", Byte.SIZE));
  }

  static String keyScale(int layer) {
    return "key_scale." + layer;
  }

  static String valueScale(int layer) {
    return "value_scale." + layer;
  }

  static long[] scaleShape(ModelSpec spec) {
    return new long[] {1, spec.kvHeads(), 1, spec.headDim()};
  }

  private String rotaryTable(String name, int layer) {
    AttentionSpec attention = spec.attention();
    return graph.weight(
        name,
        ElementType.FLOAT,
        RotaryTables.rows(attention, options.contextTokens()),
        attention.ropeOf(layer).inverseFrequencies().size());
  }

  /** Queries, keys and values; all three in the first if nothing has to be done to them. */
  private List<String> queryKeyValue(int layer, String input) {
    List<String> projected = group(layer, LinearGroup.QKV, input);
    boolean rotated = RotaryTables.areReadByOwnNodes(spec);
    if (!spec.norms().has(Norm.QUERY) && !rotated) {
      return projected.size() == 1 ? List.of(projected.getFirst(), "", "") : projected;
    }
    String prefix = "layers." + layer + ".";
    List<String> parts =
        parts(
            projected,
            List.of(prefix + "q_part", prefix + "k_part", prefix + "v_part"),
            List.of(Linear.Q, Linear.K, Linear.V));
    String query = norms.heads(parts.get(0), layer, Norm.QUERY, spec.heads());
    String key = norms.heads(parts.get(1), layer, Norm.KEY, spec.kvHeads());
    return List.of(
        rotated ? rotated(query, layer, spec.heads()) : query,
        rotated ? rotated(key, layer, spec.kvHeads()) : key,
        parts.get(2));
  }

  /** Rotary embedding as a node of its own. */
  private String rotated(String x, int layer, int heads) {
    AttentionSpec attention = spec.attention();
    String out = x + ".rotated";
    graph.contributed(
        "RotaryEmbedding",
        List.of(
            x,
            ROTARY_POSITIONS,
            rotaryTable(RotaryTables.cos(attention, layer), layer),
            rotaryTable(RotaryTables.sin(attention, layer), layer)),
        List.of(out),
        Attribute.of("interleaved", 0),
        Attribute.of("num_heads", heads),
        Attribute.of(
            "rotary_embedding_dim", 2 * attention.ropeOf(layer).inverseFrequencies().size()));
    return out;
  }

  /** The outputs of a group, one by one. */
  private List<String> parts(List<String> projected, List<String> names, List<Linear> members) {
    if (projected.size() > 1) {
      return projected;
    }
    long[] sizes = members.stream().mapToLong(spec::outputSize).toArray();
    graph.node(
        "Split",
        List.of(projected.getFirst(), graph.constant("parts." + members.size(), sizes)),
        names,
        Attribute.of("axis", 2));
    return names;
  }

  private String mlp(int layer, String input) {
    String prefix = "layers." + layer + ".";
    List<String> projected = group(layer, LinearGroup.GATE_UP, input);
    if (!spec.mlp().gated()) {
      return group(layer, LinearGroup.DOWN, activated(layer, projected.getFirst())).getFirst();
    }
    List<String> parts =
        parts(
            projected,
            List.of(prefix + "gate_out", prefix + "up_out"),
            List.of(Linear.GATE, Linear.UP));
    String gated =
        graph.node("Mul", List.of(activated(layer, parts.get(0)), parts.get(1)), prefix + "gated");
    return group(layer, LinearGroup.DOWN, gated).getFirst();
  }

  private String activated(int layer, String x) {
    String out = "layers." + layer + ".activated";
    switch (spec.mlp().activation()) {
      case SILU ->
          graph.contributed("QuickGelu", List.of(x), List.of(out), Attribute.of("alpha", 1f));
      case GELU_TANH -> graph.contributed("FastGelu", List.of(x), List.of(out));
    }
    return out;
  }

  private void head(String residual, String mlp) {
    String a = graph.node("Gather", List.of(residual, LOGIT_POSITIONS), "last_residual", axis(1));
    String b = graph.node("Gather", List.of(mlp, LOGIT_POSITIONS), "last_mlp", axis(1));
    PackedTensor table = weights.find("head").orElseGet(() -> weights.tensor("embed"));
    ScaleSpec scales = spec.scales();
    boolean plain = scales.logitDivisor() == 1 && scales.logitSoftcap() == 0;
    String product = headProduct(table, norms.last(a, b), plain ? LOGITS : "head_out");
    if (!plain) {
      capped(product, scales);
    }
    graph.output(LOGITS, ElementType.FLOAT, "B", "N", spec.vocabSize());
  }

  /** LOGITS = c tanh(logits / c) or logits / divisor. */
  private void capped(String logits, ScaleSpec scales) {
    float cap = scales.logitSoftcap();
    if (cap == 0) {
      String divisor = graph.scalar("logit_divisor", scales.logitDivisor());
      graph.node("Div", List.of(logits, divisor), LOGITS);
      return;
    }
    String divisor = graph.scalar("logit_divisor", scales.logitDivisor() * cap);
    String divided = graph.node("Div", List.of(logits, divisor), "logits_divided");
    String tanh = graph.node("Tanh", List.of(divided), "logits_tanh");
    graph.node("Mul", List.of(tanh, graph.scalar("logit_softcap", cap)), LOGITS);
  }

  private static Attribute axis(int axis) {
    return Attribute.of("axis", axis);
  }

  /** Runs a group of linears: one value if they are stored as one matrix, else one per member. */
  private List<String> group(int layer, LinearGroup group, String input) {
    String prefix = "layers." + layer + ".";
    Optional<PackedTensor> fused = weights.find(prefix + group.tensor());
    List<Linear> members = group.members().stream().filter(spec::has).toList();
    if (fused.isPresent()) {
      return List.of(project(fused.get(), AdapterSite.of(layer, group), input));
    }
    List<String> outputs = new ArrayList<>();
    for (Linear linear : members) {
      PackedTensor matrix = weights.tensor(prefix + linear.name().toLowerCase(Locale.ROOT));
      outputs.add(project(matrix, AdapterSite.of(layer, linear), input));
    }
    return outputs;
  }

  /**
   * y = x W^T + b + what the rows' adapters add: by {@link LinearKernel}, which leaves the product
   * with fp32 matrices to ONNX Runtime.
   */
  private String project(PackedTensor matrix, AdapterSite site, String input) {
    String output = matrix.name() + "_out";
    graph.shape(output, ElementType.FLOAT, "B", "S", matrix.rows());
    Attribute number = Attribute.of(CustomOperator.NODE, site.number());
    if (matrix.encoding() != Encoding.F32) {
      return graph.custom(LinearKernel.LINEAR, List.of(input), output, number);
    }
    String product = floatProduct(matrix, input, output + ".product");
    return graph.custom(LinearKernel.ADAPT, List.of(input, product), output, number);
  }

  private String headProduct(PackedTensor matrix, String input, String output) {
    Attribute number = Attribute.of(CustomOperator.NODE, AdapterSite.head(spec.layers()).number());
    if (matrix.encoding() != Encoding.F32) {
      return graph.custom(LinearKernel.LINEAR, List.of(input), output, number);
    }
    String product = floatProduct(matrix, input, "head.product");
    return graph.custom(LinearKernel.ADAPT, List.of(input, product), output, number);
  }

  private String floatProduct(PackedTensor matrix, String input, String output) {
    graph.contributed(
        "FusedMatMul",
        List.of(
            input, graph.weight(matrix.name(), ElementType.FLOAT, matrix.rows(), matrix.columns())),
        List.of(output),
        Attribute.of("transB", 1));
    return output;
  }
}
