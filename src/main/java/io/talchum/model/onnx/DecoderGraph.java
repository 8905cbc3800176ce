package io.talchum.model.onnx;

import io.talchum.core.AttentionSpec;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.core.ScaleSpec;
import io.talchum.model.onnx.OnnxGraph.Attribute;
import io.talchum.weights.Encoding;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.PackedTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes the decoder of a model package as an ONNX graph for a set of features.
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

  private static final long ACCURACY_FLOAT32 = 1;
  private static final long ACCURACY_INT8 = 4;

  private final ModelPackage weights;
  private final ModelSpec spec;
  private final Set<GraphFeature> features;
  private final ExecutorOptions options;
  private final OnnxGraph graph;
  private final NormNodes norms;
  private final Map<String, String> blockSums = new HashMap<>();

  private DecoderGraph(ModelPackage weights, Set<GraphFeature> features, ExecutorOptions options) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.features = features;
    this.options = options;
    this.graph = new OnnxGraph(weights.weightsFile().getFileName().toString());
    this.norms = new NormNodes(graph, spec);
  }

  static OnnxGraph build(
      ModelPackage weights, Set<GraphFeature> features, ExecutorOptions options) {
    DecoderGraph decoder = new DecoderGraph(weights, features, options);
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
      String attended =
          norms.change(attention(layer, stream.input()), layer, Norm.ATTENTION_OUTPUT);
      stream =
          norms.add(
              stream,
              attended,
              layer,
              Norm.MLP_INPUT,
              prefix + "residual_attention",
              prefix + "mlp_input");
      String mlp = norms.change(mlp(layer, stream.input()), layer, Norm.MLP_OUTPUT);
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
    Object[] cache = {"B", spec.kvHeads(), options.contextTokens(), spec.headDim()};
    in.add(graph.input(pastKey(layer), ElementType.FLOAT, cache));
    in.add(graph.input(pastValue(layer), ElementType.FLOAT, cache));
    in.addAll(List.of(PAST_LENGTHS, TOTAL_LENGTH));
    boolean rotates = !RotaryTables.areReadByOwnNodes(spec);
    if (rotates) {
      in.add(rotaryTable(RotaryTables.cos(attention, layer), layer));
      in.add(rotaryTable(RotaryTables.sin(attention, layer), layer));
    }
    graph.output(presentKey(layer), ElementType.FLOAT, cache);
    graph.output(presentValue(layer), ElementType.FLOAT, cache);
    String attended = "layers." + layer + ".attended";
    int window = attention.windowOf(layer);
    graph.contributed(
        "GroupQueryAttention",
        in,
        List.of(attended, presentKey(layer), presentValue(layer)),
        Attribute.of("num_heads", spec.heads()),
        Attribute.of("kv_num_heads", spec.kvHeads()),
        Attribute.of("scale", attention.scale()),
        Attribute.of("softcap", attention.softcap()),
        Attribute.of("do_rotary", rotates ? 1 : 0),
        Attribute.of("rotary_interleaved", 0),
        Attribute.of("local_window_size", window == 0 ? -1 : window));
    return group(layer, LinearGroup.O, attended).getFirst();
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
    String product = linear(table, Optional.empty(), norms.last(a, b), plain ? LOGITS : "head_out");
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
    List<String> base = new ArrayList<>();
    if (fused.isPresent()) {
      base.add(projected(prefix + group.tensor(), fused.get(), input));
    } else {
      for (Linear linear : group.members().stream().filter(spec::has).toList()) {
        String name = prefix + linear.name().toLowerCase(java.util.Locale.ROOT);
        base.add(projected(name, weights.tensor(name), input));
      }
    }
    return features.contains(GraphFeature.ADAPTERS) ? adapted(layer, group, input, base) : base;
  }

  private String projected(String name, PackedTensor matrix, String input) {
    return linear(matrix, weights.find(name + ".bias"), input, name + "_out");
  }

  /**
   * Hands the group's input and output to {@link AdapterKernel}, which adds what the rows' adapters
   * change.
   */
  private List<String> adapted(int layer, LinearGroup group, String input, List<String> base) {
    List<String> result = new ArrayList<>();
    List<Linear> members = group.members().stream().filter(spec::has).toList();
    for (int i = 0; i < base.size(); i++) {
      boolean whole = base.size() == 1;
      AdapterSite site =
          whole ? AdapterSite.of(layer, group) : AdapterSite.of(layer, members.get(i));
      List<Linear> inside = whole ? members : List.of(members.get(i));
      String out = base.get(i) + ".adapted";
      graph.shape(
          out, ElementType.FLOAT, "B", "S", inside.stream().mapToInt(spec::outputSize).sum());
      result.add(
          graph.custom(
              AdapterKernel.OPERATOR,
              List.of(input, base.get(i)),
              out,
              Attribute.of(CustomOperator.NODE, site.number())));
    }
    return result;
  }

  /** y = x W^T + b for a matrix in any encoding. */
  private String linear(
      PackedTensor matrix, Optional<PackedTensor> bias, String input, String output) {
    return switch (matrix.encoding()) {
      case F32 -> {
        String product = bias.isPresent() ? output + ".product" : output;
        graph.contributed(
            "FusedMatMul",
            List.of(
                input,
                graph.weight(matrix.name(), ElementType.FLOAT, matrix.rows(), matrix.columns())),
            List.of(product),
            Attribute.of("transB", 1));
        yield bias.isEmpty()
            ? product
            : graph.node("Add", List.of(product, vector(bias.get().name())), output);
      }
      case INT8, INT4 -> quantized(matrix, bias, input, output);
      case INT4_OFFSET -> {
        String product = quantized(matrix, bias, input, output + ".product");
        String offsets =
            graph.weight(
                matrix.name() + ".offsets",
                ElementType.FLOAT,
                matrix.blocksPerRow(),
                matrix.rows());
        String shift =
            graph.node("MatMul", List.of(blockSums(input, matrix), offsets), output + ".shift");
        yield graph.node("Add", List.of(product, shift), output);
      }
    };
  }

  private String quantized(
      PackedTensor matrix, Optional<PackedTensor> bias, String input, String output) {
    int bits = matrix.encoding() == Encoding.INT8 ? 8 : 4;
    List<String> in = new ArrayList<>();
    in.add(input);
    in.add(
        graph.weight(
            matrix.name() + ".quants",
            ElementType.UINT8,
            matrix.rows(),
            matrix.blocksPerRow(),
            matrix.blockSize() * bits / 8));
    in.add(
        graph.weight(
            matrix.name() + ".scales", ElementType.FLOAT, matrix.rows(), matrix.blocksPerRow()));
    bias.ifPresent(b -> in.addAll(List.of("", "", vector(b.name()))));
    graph.contributed(
        "MatMulNBits",
        in,
        List.of(output),
        Attribute.of("K", matrix.columns()),
        Attribute.of("N", matrix.rows()),
        Attribute.of("bits", bits),
        Attribute.of("block_size", matrix.blockSize()),
        Attribute.of(
            "accuracy_level", options.int8Activations() ? ACCURACY_INT8 : ACCURACY_FLOAT32));
    return output;
  }

  /**
   * [B, S, blocks]: the input summed over each block; linears that read the same input in blocks of
   * one size share it.
   */
  private String blockSums(String input, PackedTensor matrix) {
    return blockSums.computeIfAbsent(
        input + ".by" + matrix.blockSize(),
        x -> {
          String blocks =
              graph.node(
                  "Reshape",
                  List.of(
                      input,
                      graph.constant(
                          "blocks." + matrix.columns() + "." + matrix.blockSize(),
                          0,
                          0,
                          matrix.blocksPerRow(),
                          matrix.blockSize())),
                  x + ".blocks");
          return lastAxisSum(blocks, x, matrix.blocksPerRow(), input.equals(NormNodes.LAST));
        });
  }

  /**
   * [B, S, size]: the sum of a [B, S, size, n] over n.
   *
   * @param mayBeEmpty whether S may be 0: ReduceSum gives no output shape then that MatMul takes
   */
  private String lastAxisSum(String value, String name, int size, boolean mayBeEmpty) {
    List<String> in = List.of(value, graph.constant("last_axis", -1));
    if (!mayBeEmpty) {
      return graph.node("ReduceSum", in, name + ".block_sums", Attribute.of("keepdims", 0));
    }
    String kept = graph.node("ReduceSum", in, name + ".kept", Attribute.of("keepdims", 1));
    return graph.node(
        "Reshape", List.of(kept, graph.constant("sums." + size, 0, 0, size)), name + ".block_sums");
  }

  private String vector(String name) {
    return graph.weight(name, ElementType.FLOAT, weights.tensor(name).rows());
  }
}
